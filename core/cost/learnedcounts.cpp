#include "core/cost/learnedcounts.h"

#include <QJsonArray>

#include <algorithm>
#include <cmath>

namespace talkbench::cost {

namespace {

using Sample = LearnedCounts::Sample;

constexpr qsizetype fewestSamples = 3;
/// Of short prompts, and of others.
constexpr qsizetype mostSamples = 24;
constexpr qint64 shortPrompt = 64;
constexpr qint64 mostTokens = 100'000'000;

constexpr double leastSlope = 0.5;
constexpr double mostSlope = 3;
/// No template at all where ours has that of one message.
constexpr double leastOverhead = -7;
constexpr double mostOverhead = 8'192;
constexpr double usualOverhead = 100; ///< its deviation before anything was learned

/// Of a count, before any was seen: an exact one differs by a template's few tokens, an estimated one the more the longer it is.
constexpr double templateVariance = 16;
constexpr double varianceOfToken = 4;
constexpr double farOff = 2; ///< deviations from which on a sample weighs less
constexpr int rounds = 8;

bool isShort(const Sample &sample)
{
    return sample.counted <= shortPrompt;
}

bool canBe(const Sample &sample)
{
    return sample.counted > 0 && sample.reported > 0 && sample.counted <= mostTokens && sample.reported <= mostTokens;
}

/// Keeps the latest of each kind.
void append(QList<Sample> &samples, const Sample &sample)
{
    const auto alike = [&](const Sample &other) { return isShort(other) == isShort(sample); };
    if (std::count_if(samples.cbegin(), samples.cend(), alike) >= mostSamples)
        samples.erase(std::find_if(samples.cbegin(), samples.cend(), alike));
    samples.append(sample);
}

/// Bayes' linear regression with Huber's weights, by iteration.
class Regression {
public:
    Regression(const QList<Sample> &samples, const SlopePrior &prior) : m_samples(samples), m_prior(prior)
    {
        m_line.slope = prior.slope;
        m_line.samples = static_cast<int>(samples.size());
        m_line.noise = fixedSlope() ? 0 : varianceOfToken;
    }

    CountLine line()
    {
        for (int round = 0; round < rounds; ++round)
            improve();
        const double scale = misfit();
        m_line.slopeVariance *= scale;
        m_line.overheadVariance *= scale;
        m_line.covariance *= scale;
        m_line.noise *= scale;
        return m_line;
    }

private:
    struct Sums {
        double one = 0;
        double x = 0;
        double xx = 0;
        double y = 0;
        double xy = 0;
    };

    bool fixedSlope() const { return m_prior.deviation <= 0; }
    double variance(const Sample &sample) const
    {
        return templateVariance + m_line.noise * static_cast<double>(sample.counted);
    }
    double deviations(const Sample &sample) const
    {
        const double off = static_cast<double>(sample.reported) - m_line.at(static_cast<double>(sample.counted));
        return std::abs(off) / std::sqrt(variance(sample));
    }

    /// The slope's part of what teaches the overhead alone is taken off before.
    Sums sums() const
    {
        Sums sums { 1 / (usualOverhead * usualOverhead) };
        for (const Sample &sample : m_samples) {
            const double weight = std::min(1.0, farOff / deviations(sample)) / variance(sample);
            const bool overheadOnly = fixedSlope() || isShort(sample);
            const auto counted = static_cast<double>(sample.counted);
            const double x = overheadOnly ? 0 : counted;
            const double y = static_cast<double>(sample.reported) - (overheadOnly ? m_line.slope * counted : 0);
            sums.one += weight;
            sums.x += weight * x;
            sums.xx += weight * x * x;
            sums.y += weight * y;
            sums.xy += weight * x * y;
        }
        return sums;
    }

    void improve()
    {
        Sums s = sums();
        if (!fixedSlope()) {
            const double precision = 1 / (m_prior.deviation * m_prior.deviation);
            s.xx += precision;
            s.xy += precision * m_prior.slope;
            const double determinant = s.xx * s.one - s.x * s.x;
            m_line.slope = std::clamp((s.xy * s.one - s.x * s.y) / determinant, leastSlope, mostSlope);
            m_line.slopeVariance = s.one / determinant;
            m_line.covariance = -s.x / determinant;
            m_line.overheadVariance = s.xx / determinant;
        } else {
            m_line.overheadVariance = 1 / s.one;
        }
        m_line.overhead = std::clamp((s.y - m_line.slope * s.x) / s.one, leastOverhead, mostOverhead);
    }

    /// How much wider the samples scatter than was assumed; nearly 1 while there are few.
    double misfit() const
    {
        constexpr double assumed = 2;
        double sum = assumed;
        for (const Sample &sample : m_samples)
            sum += deviations(sample) * std::min(deviations(sample), farOff);
        return sum / (assumed + static_cast<double>(m_samples.size()));
    }

    const QList<Sample> &m_samples;
    const SlopePrior m_prior;
    CountLine m_line;
};

} // namespace

double CountLine::error(double counted) const
{
    const double variance =
        overheadVariance + 2 * counted * covariance + counted * counted * slopeVariance + counted * noise;
    return 2 * std::sqrt(std::max(0.0, variance));
}

LearnedCounts LearnedCounts::fromJson(const QJsonObject &json)
{
    LearnedCounts learned;
    for (auto provider = json.begin(); provider != json.end(); ++provider) {
        const QJsonObject models = provider.value().toObject();
        for (auto model = models.begin(); model != models.end(); ++model) {
            const QJsonArray pairs = model.value().toArray();
            for (const auto &value : pairs) {
                const QJsonArray pair = value.toArray();
                learned.learn(provider.key(), model.key(), pair.at(0).toInteger(), pair.at(1).toInteger());
            }
        }
    }
    return learned;
}

QJsonObject LearnedCounts::toJson() const
{
    QJsonObject json;
    for (auto provider = m_samples.begin(); provider != m_samples.end(); ++provider) {
        QJsonObject models;
        for (auto model = provider->begin(); model != provider->end(); ++model) {
            QJsonArray pairs;
            for (const Sample &sample : *model)
                pairs.append(QJsonArray { sample.counted, sample.reported });
            models.insert(model.key(), pairs);
        }
        json.insert(provider.key(), models);
    }
    return json;
}

void LearnedCounts::learn(const QString &providerId, const QString &model, qint64 counted, qint64 reported)
{
    const Sample sample { counted, reported };
    if (canBe(sample))
        append(m_samples[providerId][model], sample);
}

std::optional<CountLine> LearnedCounts::find(const QString &providerId, const QString &model,
                                             const SlopePrior &prior) const
{
    const QList<Sample> samples = m_samples.value(providerId).value(model);
    return samples.size() >= fewestSamples ? std::optional(Regression(samples, prior).line()) : std::nullopt;
}

} // namespace talkbench::cost
