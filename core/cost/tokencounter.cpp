#include "core/cost/tokencounter.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <cmath>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

constexpr int fewestSamples = 3;
/// What the newest sample counts at least: older ones fade.
constexpr double leastWeight = 0.1;
constexpr double leastError = 0.02;
constexpr double mostRatio = 20;

// OpenAI's template: <|start|>role<|message|>…<|end|>, and the answer's own beginning.
constexpr qint64 tokensAroundMessage = 4;
constexpr qint64 tokensBeforeAnswer = 3;

bool isImage(const llm::ContentPart &part)
{
    return part.kind == llm::ContentPart::Kind::Image;
}

qsizetype images(const QList<llm::Message> &messages)
{
    qsizetype found = 0;
    for (const llm::Message &message : messages)
        found += std::count_if(message.parts.begin(), message.parts.end(), isImage);
    return found;
}

bool hasToolCalls(const QList<llm::Message> &messages)
{
    return std::any_of(messages.begin(), messages.end(), [](const llm::Message &message) {
        return !message.toolCalls.isEmpty() || message.role == llm::Role::Tool;
    });
}

QString definition(const llm::Tool &tool)
{
    const QJsonObject json { { u"name"_s, tool.name },
                             { u"description"_s, tool.description },
                             { u"parameters"_s, tool.parameters } };
    return QString::fromUtf8(QJsonDocument(json).toJson(QJsonDocument::Compact));
}

/// All of a message that a template writes as text.
QString textToCount(const llm::Message &message)
{
    QString text = message.text();
    for (const llm::ToolCall &call : message.toolCalls)
        text += call.name + call.arguments;
    return text;
}

base::Error bad(const QString &detail)
{
    return { base::ErrorKind::Config, u"The table of tokenizers can't be read."_s, detail, 0, std::nullopt };
}

} // namespace

LearnedRatios LearnedRatios::fromJson(const QJsonObject &json)
{
    LearnedRatios ratios;
    for (auto provider = json.begin(); provider != json.end(); ++provider) {
        const QJsonObject models = provider.value().toObject();
        for (auto model = models.begin(); model != models.end(); ++model) {
            const QJsonObject object = model.value().toObject();
            const Ratio ratio { object["mean"_L1].toDouble(), object["variance"_L1].toDouble(-1),
                                object["samples"_L1].toInt() };
            if (ratio.mean > 0 && ratio.mean <= mostRatio && ratio.variance >= 0 && ratio.samples > 0)
                ratios.m_ratios[provider.key()][model.key()] = ratio;
        }
    }
    return ratios;
}

QJsonObject LearnedRatios::toJson() const
{
    QJsonObject json;
    for (auto provider = m_ratios.begin(); provider != m_ratios.end(); ++provider) {
        QJsonObject models;
        for (auto ratio = provider->begin(); ratio != provider->end(); ++ratio) {
            models.insert(ratio.key(),
                          QJsonObject { { u"mean"_s, ratio->mean },
                                        { u"variance"_s, ratio->variance },
                                        { u"samples"_s, ratio->samples } });
        }
        json.insert(provider.key(), models);
    }
    return json;
}

void LearnedRatios::learn(const QString &providerId, const QString &model, qint64 counted, qint64 reported)
{
    if (counted <= 0 || reported <= 0)
        return;
    Ratio &ratio = m_ratios[providerId][model];
    const double sample = std::min(static_cast<double>(reported) / static_cast<double>(counted), mostRatio);
    ++ratio.samples;
    const double weight = std::max(1.0 / ratio.samples, leastWeight);
    const double off = sample - ratio.mean;
    ratio.mean = ratio.samples == 1 ? sample : ratio.mean + weight * off;
    ratio.variance = ratio.samples == 1 ? 0 : (1 - weight) * (ratio.variance + weight * off * off);
}

std::optional<LearnedRatios::Ratio> LearnedRatios::find(const QString &providerId, const QString &model) const
{
    const Ratio ratio = m_ratios.value(providerId).value(model);
    return ratio.samples >= fewestSamples ? std::optional(ratio) : std::nullopt;
}

base::Result<TokenCounter> TokenCounter::fromJson(const QByteArray &json, std::shared_ptr<const Tokenizers> tokenizers)
{
    TokenCounter counter(std::move(tokenizers));
    const QJsonArray rows = QJsonDocument::fromJson(json).object()["models"_L1].toArray();
    for (const auto &value : rows) {
        const QJsonObject object = value.toObject();
        const Row row { QRegularExpression(object["match"_L1].toString()),
                        encodingFromName(object["encoding"_L1].toString()), object["factor"_L1].toDouble(1),
                        object["error"_L1].toDouble(), object["source"_L1].toString() };
        if (!row.match.isValid() || row.factor <= 0 || (!row.encoding && !object.contains("factor"_L1)))
            return bad(QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact)));
        row.match.optimize(); // before other threads match
        counter.m_rows.append(row);
    }
    if (counter.m_rows.isEmpty() || !counter.m_rows.last().match.pattern().isEmpty())
        return bad(u"Its last row has to fit every model."_s);
    return counter;
}

const TokenCounter::Row &TokenCounter::rowFor(const QString &model) const
{
    const QString name = model.sliced(model.lastIndexOf(u'/') + 1);
    const auto fits = [&](const Row &row) { return row.match.match(name).hasMatch(); };
    return *std::find_if(m_rows.begin(), m_rows.end() - 1, fits);
}

qint64 TokenCounter::base(const Row &row, QStringView text) const
{
    return m_tokenizers->get(row.encoding.value_or(Encoding::O200k)).count(text);
}

TokenCount TokenCounter::exact(const Row &row, qint64 counted)
{
    return { counted, counted, counted, true, true, 0, encodingName(*row.encoding), counted };
}

TokenCount TokenCounter::estimate(const Row &row, const QString &providerId, const QString &model, qint64 counted) const
{
    double factor = row.factor;
    double error = std::max(row.error, leastError);
    QString source = row.source.isEmpty() ? u"the template around the messages is estimated"_s : row.source;
    if (const auto learned = m_learned.find(providerId, model)) {
        factor = learned->mean;
        error = std::max(2 * std::sqrt(learned->variance) / learned->mean, leastError);
        source = u"learned from %1 answers"_s.arg(learned->samples);
    }
    const double tokens = static_cast<double>(counted) * factor;
    const QString name = encodingName(row.encoding.value_or(Encoding::O200k));
    return { qRound64(tokens),
             qRound64(tokens * std::max(0.0, 1 - error)),
             qRound64(tokens * (1 + error)),
             false,
             row.encoding.has_value(),
             0,
             u"%1 × %2 ± %3 %: %4"_s.arg(factor, 0, 'g', 3).arg(name).arg(qRound(error * 100)).arg(source),
             counted };
}

TokenCount TokenCounter::countText(const QString &providerId, const QString &model, QStringView text) const
{
    return textOf(providerId, model, base(rowFor(model), text));
}

TokenCount TokenCounter::countPrompt(const QString &providerId, const QString &model,
                                     const QList<llm::Message> &messages, const QList<llm::Tool> &tools,
                                     const CountText &count) const
{
    const Row &row = rowFor(model);
    const auto tokensOf = [&](const QString &text) { return count ? count(text) : base(row, text); };
    qint64 counted = 0;
    for (const llm::Message &message : messages)
        counted += tokensOf(textToCount(message));
    for (const llm::Tool &tool : tools)
        counted += tokensOf(definition(tool));
    TokenCount prompt = promptOf(providerId, model, counted, messages.size());
    prompt.imagesNotCounted = images(messages);
    if (prompt.imagesNotCounted > 0 || !tools.isEmpty() || hasToolCalls(messages))
        prompt.counted = 0;
    return prompt;
}

const Tokenizer &TokenCounter::tokenizerFor(const QString &model) const
{
    return m_tokenizers->get(rowFor(model).encoding.value_or(Encoding::O200k));
}

TokenCount TokenCounter::textOf(const QString &providerId, const QString &model, qint64 counted) const
{
    const Row &row = rowFor(model);
    return row.encoding ? exact(row, counted) : estimate(row, providerId, model, counted);
}

TokenCount TokenCounter::promptOf(const QString &providerId, const QString &model, qint64 counted,
                                  qsizetype messages) const
{
    return estimate(rowFor(model), providerId, model, counted + tokensBeforeAnswer + tokensAroundMessage * messages);
}

void TokenCounter::learn(const QString &providerId, const QString &model, qint64 counted, qint64 reported)
{
    m_learned.learn(providerId, model, counted, reported);
}

TokenCount countPrompt(const TokenCounter *counter, const QString &providerId, const llm::ChatRequest &request)
{
    return counter ? counter->countPrompt(providerId, request.model, request.messages, request.options.tools)
                   : roughCount(request.messages);
}

} // namespace talkbench::cost
