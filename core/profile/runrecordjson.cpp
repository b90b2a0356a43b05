#include "core/profile/operation.h"
#include "core/profile/runrecord.h"

#include <QJsonArray>
#include <QJsonObject>

#include <algorithm>

namespace talkbench::profile {

using namespace Qt::StringLiterals;

namespace {

struct StampField {
    const char *name;
    qint64 Trace::*stamp;
};

constexpr StampField stampFields[] = {
    { "asked_ns", &Trace::askedNs },
    { "submitted_ns", &Trace::submittedNs },
    { "queued_ns", &Trace::queuedNs },
    { "dispatched_ns", &Trace::dispatchedNs },
    { "connect_started_ns", &Trace::connectStartedNs },
    { "encrypted_ns", &Trace::encryptedNs },
    { "sent_ns", &Trace::sentNs },
    { "headers_ns", &Trace::headersNs },
    { "first_byte_ns", &Trace::firstByteNs },
    { "first_content_ns", &Trace::firstContentNs },
    { "first_output_ns", &Trace::firstOutputNs },
    { "last_content_ns", &Trace::lastContentNs },
    { "end_ns", &Trace::endNs },
    { "bytes", &Trace::bytesReceived },
    { "bytes_sent", &Trace::bytesSent },
};

constexpr struct {
    ChunkKind kind;
    char16_t letter;
} kindLetters[] = { { ChunkKind::Text, u't' }, { ChunkKind::Reasoning, u'r' }, { ChunkKind::ToolCall, u'c' } };

/// In ns, 73 years: even of a damaged row, any two stamps have a difference.
constexpr qint64 latest = qint64(1) << 61;

qint64 stampFrom(qint64 ns)
{
    return std::clamp<qint64>(ns, 0, latest);
}

/// Three columns: the first stamp and then the steps, the characters, one letter a kind.
QJsonObject chunksToJson(const QList<ChunkStamp> &chunks)
{
    QJsonArray steps;
    QJsonArray characters;
    QString kinds;
    qint64 before = 0;
    for (const ChunkStamp &chunk : chunks) {
        steps.append(chunk.ns - before);
        before = chunk.ns;
        characters.append(static_cast<qint64>(chunk.characters));
        for (const auto &row : kindLetters) {
            if (row.kind == chunk.kind)
                kinds.append(QChar(row.letter));
        }
    }
    return { { u"ns"_s, steps }, { u"characters"_s, characters }, { u"kinds"_s, kinds } };
}

QList<ChunkStamp> chunksFromJson(const QJsonObject &object)
{
    const QJsonArray steps = object["ns"_L1].toArray();
    const QJsonArray characters = object["characters"_L1].toArray();
    const QString kinds = object["kinds"_L1].toString();
    QList<ChunkStamp> chunks;
    qint64 ns = 0;
    for (qsizetype i = 0; i < std::min({ steps.size(), characters.size(), kinds.size() }); ++i) {
        ns = stampFrom(ns + std::clamp(steps[i].toInteger(), -latest, latest));
        ChunkStamp chunk { ns, static_cast<quint32>(std::clamp<qint64>(characters[i].toInteger(), 0, UINT32_MAX)) };
        for (const auto &row : kindLetters) {
            if (QChar(row.letter) == kinds[i])
                chunk.kind = row.kind;
        }
        chunks.append(chunk);
    }
    return chunks;
}

QJsonObject decisionToJson(const Decision &decision)
{
    QJsonObject object { { u"stage"_s, decision.stage }, { u"reason"_s, decision.reason } };
    if (!decision.handover)
        return object;
    const Handover &handover = *decision.handover;
    object["from"_L1] = handover.from;
    object["to"_L1] = handover.to;
    if (handover.error)
        object["error"_L1] = base::errorKindName(*handover.error);
    else
        object["late_ms"_L1] = handover.lateMs;
    return object;
}

Decision decisionFromJson(const QJsonObject &object)
{
    Decision decision { object["stage"_L1].toString(), object["reason"_L1].toString() };
    if (object.contains("from"_L1))
        decision.handover =
            Handover { object["from"_L1].toString(), object["to"_L1].toString(),
                       base::errorKindFromName(object["error"_L1].toString()), object["late_ms"_L1].toInteger() };
    return decision;
}

QJsonObject traceToJson(const Trace &trace)
{
    QJsonObject object;
    for (const StampField &field : stampFields) {
        if (trace.*field.stamp != 0)
            object.insert(QLatin1String(field.name), trace.*field.stamp);
    }
    object["reused_connection"_L1] = trace.reusedConnection;
    object["http_status"_L1] = trace.httpStatus;
    object["chunks"_L1] = chunksToJson(trace.chunks);
    QJsonArray decisions;
    for (const Decision &decision : trace.decisions)
        decisions.append(decisionToJson(decision));
    object["decisions"_L1] = decisions;
    return object;
}

Trace traceFromJson(const QJsonObject &object)
{
    Trace trace;
    for (const StampField &field : stampFields)
        trace.*field.stamp = stampFrom(object[QLatin1String(field.name)].toInteger());
    trace.reusedConnection = object["reused_connection"_L1].toBool();
    trace.httpStatus = object["http_status"_L1].toInt();
    trace.chunks = chunksFromJson(object["chunks"_L1].toObject());
    const QJsonArray decisions = object["decisions"_L1].toArray();
    for (const auto &decision : decisions)
        trace.decisions.append(decisionFromJson(decision.toObject()));
    return trace;
}

constexpr struct {
    Verdict::Outcome outcome;
    const char *name;
} outcomeNames[] = { { Verdict::Outcome::Passed, "passed" },
                     { Verdict::Outcome::Failed, "failed" },
                     { Verdict::Outcome::NotChecked, "not_checked" } };

/// The trace's members and the rest beside them, where there is any.
QJsonObject attemptToJson(const Attempt &attempt)
{
    QJsonObject object = traceToJson(attempt.trace);
    if (attempt.error)
        object["error"_L1] = llm::toJson(*attempt.error);
    if (!attempt.model.isEmpty())
        object["model"_L1] = attempt.model;
    if (!attempt.text.isEmpty())
        object["text"_L1] = attempt.text;
    if (!attempt.validation.isEmpty())
        object["validation"_L1] = toJson(attempt.validation);
    if (attempt.usage)
        object["usage"_L1] = llm::toJson(*attempt.usage);
    if (attempt.costUsd)
        object["cost_usd"_L1] = *attempt.costUsd;
    if (!attempt.providerId.isEmpty())
        object["provider"_L1] = attempt.providerId;
    return object;
}

std::optional<double> costFromJson(const QJsonValue &value)
{
    const double cost = value.toDouble(-1);
    return cost >= 0 && cost < 1e9 ? std::optional(cost) : std::nullopt;
}

Attempt attemptFromJson(const QJsonObject &object)
{
    Attempt attempt;
    attempt.trace = traceFromJson(object);
    if (const QJsonValue error = object["error"_L1]; error.isObject())
        attempt.error = llm::errorFromJson(error.toObject());
    attempt.model = object["model"_L1].toString();
    attempt.text = object["text"_L1].toString();
    attempt.validation = verdictsFromJson(object["validation"_L1].toArray());
    if (const QJsonValue usage = object["usage"_L1]; usage.isObject())
        attempt.usage = llm::usageFromJson(usage.toObject());
    attempt.costUsd = costFromJson(object["cost_usd"_L1]);
    attempt.providerId = object["provider"_L1].toString();
    return attempt;
}

QJsonValue cacheHitToJson(const std::optional<CacheHit> &hit)
{
    if (!hit)
        return {};
    const auto orNull = [](const std::optional<double> &value) { return value ? QJsonValue(*value) : QJsonValue(); };
    return QJsonObject {
        { u"run_id"_s, hit->runId },
        { u"age_ms"_s, hit->ageMs },
        { u"saved_ms"_s, orNull(hit->savedMs) },
        { u"saved_usd"_s, orNull(hit->savedUsd) },
    };
}

std::optional<CacheHit> cacheHitFromJson(const QJsonValue &value)
{
    if (!value.isObject())
        return std::nullopt;
    const auto figure = [&value](QLatin1String key) {
        const double number = value[key].toDouble(-1);
        return number >= 0 && number < 1e15 ? std::optional(number) : std::nullopt;
    };
    return CacheHit { value["run_id"_L1].toString(), qMax<qint64>(value["age_ms"_L1].toInteger(), 0),
                      figure("saved_ms"_L1), figure("saved_usd"_L1) };
}

QJsonArray attemptsToJson(const QList<Attempt> &attempts)
{
    QJsonArray array;
    for (const Attempt &attempt : attempts)
        array.append(attemptToJson(attempt));
    return array;
}

QList<Attempt> attemptsFromJson(const QJsonArray &array)
{
    QList<Attempt> attempts;
    for (const auto &attempt : array)
        attempts.append(attemptFromJson(attempt.toObject()));
    return attempts;
}

} // namespace

bool RunRecord::missedCache() const
{
    const Decision miss { u"cache"_s, QString(profile::cacheMiss) };
    return !cached
        && (trace.decisions.contains(miss)
            || std::any_of(earlierAttempts.cbegin(), earlierAttempts.cend(),
                           [&miss](const Attempt &attempt) { return attempt.trace.decisions.contains(miss); }));
}

bool RunRecord::isUnpriced() const
{
    const auto usedTokens = [](const std::optional<llm::Usage> &usage) {
        return usage && usage->inputTotal() + usage->outputTotal() > 0;
    };
    const auto unpriced = [&](const Attempt &attempt) { return usedTokens(attempt.usage) && !attempt.costUsd; };
    return !cached && !costUsd
        && (usedTokens(answer.usage) || answer.hasOutput()
            || std::any_of(earlierAttempts.cbegin(), earlierAttempts.cend(), unpriced)
            || std::any_of(judgements.cbegin(), judgements.cend(), unpriced));
}

QList<Verdict> verdictsFromJson(const QJsonArray &array)
{
    QList<Verdict> verdicts;
    for (const auto &one : array) {
        Verdict verdict { one["validator"_L1].toString(), Verdict::Outcome::NotChecked, one["reason"_L1].toString() };
        for (const auto &row : outcomeNames) {
            if (one["outcome"_L1].toString() == QLatin1String(row.name))
                verdict.outcome = row.outcome;
        }
        verdicts.append(verdict);
    }
    return verdicts;
}

QJsonArray toJson(const QList<Verdict> &verdicts)
{
    QJsonArray array;
    for (const Verdict &verdict : verdicts) {
        QString name;
        for (const auto &row : outcomeNames) {
            if (row.outcome == verdict.outcome)
                name = QLatin1String(row.name);
        }
        array.append(QJsonObject {
            { u"validator"_s, verdict.validator }, { u"outcome"_s, name }, { u"reason"_s, verdict.reason } });
    }
    return array;
}

QJsonObject toJson(const RunRecord &record)
{
    QJsonObject object {
        { u"id"_s, record.id },
        { u"conversation_id"_s, record.conversationId },
        { u"message_id"_s, record.messageId },
        { u"provider_id"_s, record.providerId },
        { u"protocol"_s, record.protocol },
        { u"model"_s, record.model },
        { u"started_wall_ms"_s, record.startedWallMs },
        { u"streamed"_s, record.streamed },
        { u"cached"_s, record.cached },
        { u"batch"_s, record.batch },
        { u"cache_hit"_s, cacheHitToJson(record.cacheHit) },
        { u"answer"_s, llm::toJson(record.answer) },
        { u"trace"_s, traceToJson(record.trace) },
        { u"earlier_attempts"_s, attemptsToJson(record.earlierAttempts) },
        { u"validation"_s, toJson(record.validation) },
        { u"judgements"_s, attemptsToJson(record.judgements) },
        { u"cost_usd"_s, record.costUsd ? QJsonValue(*record.costUsd) : QJsonValue() },
        { u"price_version"_s, record.priceVersion },
        { u"price"_s, record.price },
    };
    if (record.operation != Operation::Unknown)
        object["operation"_L1] = operationName(record.operation);
    if (!record.decision.isEmpty())
        object["decision"_L1] = record.decision;
    if (record.promptCounted > 0)
        object["prompt_counted"_L1] = record.promptCounted;
    return object;
}

RunRecord runRecordFromJson(const QJsonObject &object)
{
    RunRecord record;
    record.id = object["id"_L1].toString();
    record.conversationId = object["conversation_id"_L1].toString();
    record.messageId = object["message_id"_L1].toString();
    record.providerId = object["provider_id"_L1].toString();
    record.protocol = object["protocol"_L1].toString();
    record.model = object["model"_L1].toString();
    record.startedWallMs = object["started_wall_ms"_L1].toInteger();
    record.streamed = object["streamed"_L1].toBool(true);
    record.cached = object["cached"_L1].toBool();
    record.batch = object["batch"_L1].toBool();
    record.operation = operationFromName(object["operation"_L1].toString()).value_or(Operation::Unknown);
    record.cacheHit = cacheHitFromJson(object["cache_hit"_L1]);
    record.answer = llm::answerFromJson(object["answer"_L1].toObject());
    record.trace = traceFromJson(object["trace"_L1].toObject());
    record.earlierAttempts = attemptsFromJson(object["earlier_attempts"_L1].toArray());
    record.validation = verdictsFromJson(object["validation"_L1].toArray());
    record.judgements = attemptsFromJson(object["judgements"_L1].toArray());
    record.costUsd = costFromJson(object["cost_usd"_L1]);
    record.priceVersion = object["price_version"_L1].toString();
    record.price = object["price"_L1].toObject();
    record.decision = object["decision"_L1].toObject();
    record.promptCounted = qMax<qint64>(object["prompt_counted"_L1].toInteger(), 0);
    return record;
}

} // namespace talkbench::profile
