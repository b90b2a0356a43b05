#include "core/cost/tokencounter.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <cmath>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

constexpr double leastError = 0.02;

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

/// `name` says what is multiplied and added.
TokenCount estimated(double tokens, double error, bool ownVocabulary, const QString &name, const QString &source)
{
    const int percent = tokens > 0 ? qRound(100 * error / tokens) : 0;
    return { qRound64(std::max(0.0, tokens)),
             qRound64(std::max(0.0, tokens - error)),
             qRound64(std::max(0.0, tokens + error)),
             false,
             ownVocabulary,
             0,
             u"%1 ± %2 %: %3"_s.arg(name).arg(percent).arg(source),
             0 };
}

base::Error bad(const QString &detail)
{
    return { base::ErrorKind::Config, u"The table of tokenizers can't be read."_s, detail, 0, std::nullopt };
}

} // namespace

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

TokenCount TokenCounter::assumed(const Row &row, qint64 counted)
{
    const double tokens = static_cast<double>(counted) * row.factor;
    return estimated(tokens, tokens * std::max(row.error, leastError), row.encoding.has_value(),
                     u"%1 × %2"_s.arg(row.factor, 0, 'g', 3).arg(encodingName(row.encoding.value_or(Encoding::O200k))),
                     row.source.isEmpty() ? u"the template around the messages is estimated"_s : row.source);
}

TokenCount TokenCounter::learned(const Row &row, const CountLine &line, qint64 counted)
{
    const double tokens = line.at(static_cast<double>(counted));
    const qint64 overhead = qRound64(line.overhead);
    const QString plus = overhead == 0
        ? QString()
        : u" %1 %2"_s.arg(overhead < 0 ? u'−' : u'+').arg(overhead < 0 ? -overhead : overhead);
    return estimated(
        tokens, std::max(line.error(static_cast<double>(counted)), leastError * tokens), row.encoding.has_value(),
        u"%1 × %2%3"_s.arg(line.slope, 0, 'g', 3).arg(encodingName(row.encoding.value_or(Encoding::O200k)), plus),
        u"learned from %1 answers"_s.arg(line.samples));
}

std::optional<CountLine> TokenCounter::lineFor(const Row &row, const QString &providerId, const QString &model) const
{
    return m_learned.find(providerId, model, { row.factor, row.encoding ? 0 : row.factor * row.error });
}

TokenCount TokenCounter::countText(const QString &providerId, const QString &model, QStringView text) const
{
    return textOf(providerId, model, base(rowFor(model), text));
}

TokenCount TokenCounter::countPrompt(const QString &providerId, const QString &model,
                                     const QList<llm::Message> &messages, const QList<llm::Tool> &tools,
                                     const CountText &count) const
{
    TokenCount prompt = ofTemplated(providerId, model, countTemplated(model, messages, tools, count));
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
    if (row.encoding)
        return exact(row, counted);
    auto line = lineFor(row, providerId, model);
    if (line) // what a server adds to a prompt is not in a text
        line->overhead = line->overheadVariance = line->covariance = 0;
    TokenCount text = line ? learned(row, *line, counted) : assumed(row, counted);
    text.counted = counted;
    return text;
}

TokenCount TokenCounter::promptOf(const QString &providerId, const QString &model, qint64 counted,
                                  qsizetype messages) const
{
    return ofTemplated(providerId, model, counted + tokensBeforeAnswer + tokensAroundMessage * messages);
}

qint64 TokenCounter::countTemplated(const QString &model, const QList<llm::Message> &messages,
                                    const QList<llm::Tool> &tools, const CountText &count) const
{
    const Row &row = rowFor(model);
    const auto tokensOf = [&](const QString &text) { return count ? count(text) : base(row, text); };
    qint64 counted = tokensBeforeAnswer + tokensAroundMessage * messages.size();
    for (const llm::Message &message : messages)
        counted += tokensOf(textToCount(message));
    for (const llm::Tool &tool : tools)
        counted += tokensOf(definition(tool));
    return counted;
}

TokenCount TokenCounter::ofTemplated(const QString &providerId, const QString &model, qint64 counted) const
{
    const Row &row = rowFor(model);
    const auto line = lineFor(row, providerId, model);
    TokenCount prompt = line ? learned(row, *line, counted) : assumed(row, counted);
    prompt.counted = counted;
    return prompt;
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
