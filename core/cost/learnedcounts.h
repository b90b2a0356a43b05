#pragma once

#include <QHash>
#include <QJsonObject>
#include <QList>
#include <QString>

#include <optional>

namespace talkbench::cost {

/// What a server makes of a prompt of ours: slope × tokens in our vocabulary + overhead, which is what it adds unseen: its
/// template, a hidden system prompt.
struct CountLine {
    double slope = 1;
    double overhead = 0;
    int samples = 0;

    double at(double counted) const { return slope * counted + overhead; }
    /// How far off a prompt of so many tokens is expected to be at most.
    double error(double counted) const;

    // Of the covariance of slope and overhead, and what of a prompt's count the line doesn't explain.
    double slopeVariance = 0;
    double overheadVariance = 0;
    double covariance = 0;
    double noise = 0; ///< variance of a token
};

/// What a model's slope is before anything was learned. Without any deviation it stays: the vocabulary is the model's own.
struct SlopePrior {
    double slope = 1;
    double deviation = 0;
};

/// What the usage that servers report has taught: per provider and model the latest pairs of tokens that we counted and that
/// were reported. A value, kept as JSON.
class LearnedCounts {
public:
    struct Sample {
        qint64 counted = 0;
        qint64 reported = 0;

        bool operator==(const Sample &) const = default;
    };

    /// {provider: {model: [[counted, reported], …]}}, the oldest first; what can't be is left out.
    static LearnedCounts fromJson(const QJsonObject &json);
    QJsonObject toJson() const;

    /// `counted` in tokens of the model's row without its factor, `reported` by the server; both above 0, or nothing
    /// is learned. The latest of short prompts and the latest of others are kept.
    void learn(const QString &providerId, const QString &model, qint64 counted, qint64 reported);
    /// After a few samples: the likeliest line, by least squares in which tokens weigh, not calls, and what is far off counts
    /// little. Short prompts teach the overhead alone.
    std::optional<CountLine> find(const QString &providerId, const QString &model, const SlopePrior &prior) const;

    bool operator==(const LearnedCounts &) const = default;

private:
    QHash<QString, QHash<QString, QList<Sample>>> m_samples; ///< provider, model
};

} // namespace talkbench::cost
