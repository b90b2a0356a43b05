#include "core/store/rows.h"

#include "core/profile/metrictable.h"
#include "core/profile/operation.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::store {

namespace {

QVariant orNull(std::optional<double> value)
{
    return value ? QVariant(*value) : QVariant();
}

QVariant metric(const char *id, const profile::RunRecord &record)
{
    const profile::Metric *row = profile::metricById(id);
    return row ? orNull(row->compute(record)) : QVariant();
}

QString optionsOf(const Conversation &row)
{
    QJsonObject options = llm::toJson(row.options);
    if (!row.systemPrompt.isEmpty())
        options.insert("system"_L1, row.systemPrompt);
    if (row.cachePolicy)
        options.insert("cache"_L1, profile::cachePolicyName(*row.cachePolicy));
    if (!row.pinned.isEmpty())
        options.insert("pinned"_L1, QJsonArray::fromStringList(row.pinned));
    if (const QJsonObject validation = llm::toJson(row.validation); !validation.isEmpty())
        options.insert("validation"_L1, validation);
    if (!row.quality.isEmpty())
        options.insert("quality"_L1, row.quality);
    if (!row.tags.isEmpty())
        options.insert("tags"_L1, QJsonArray::fromStringList(row.tags));
    return QString::fromUtf8(QJsonDocument(options).toJson(QJsonDocument::Compact));
}

QSqlError writeRow(QSqlDatabase &database, const Conversation &row)
{
    return run(database,
               u"INSERT INTO conversations (id, title, provider_id, model, created_ms, updated_ms, options) "
               "VALUES (?,?,?,?,?,?,?) "
               "ON CONFLICT(id) DO UPDATE SET title = excluded.title, provider_id = excluded.provider_id, "
               "model = excluded.model, created_ms = excluded.created_ms, updated_ms = excluded.updated_ms, "
               "options = excluded.options"_s,
               { text(row.id), text(row.title), text(row.providerId), text(row.model), row.createdMs, row.updatedMs,
                 optionsOf(row) });
}

QSqlError writeRow(QSqlDatabase &database, const StoredMessage &row)
{
    const QByteArray body = QJsonDocument(llm::toJson(row.message)).toJson(QJsonDocument::Compact);
    return run(
        database,
        u"INSERT INTO messages (id, conversation_id, parent_id, role, body, provider_id, model, run_id, created_ms) "
        "VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET conversation_id = excluded.conversation_id, "
        "parent_id = excluded.parent_id, role = excluded.role, body = excluded.body, "
        "provider_id = excluded.provider_id, model = excluded.model, run_id = excluded.run_id, "
        "created_ms = excluded.created_ms"_s,
        { text(row.id), text(row.conversationId), row.parentId.isEmpty() ? QVariant() : QVariant(row.parentId),
          llm::roleName(row.message.role), QString::fromUtf8(body), text(row.providerId), text(row.model),
          text(row.runId), row.createdMs });
}

QSqlError writePaidElsewhere(QSqlDatabase &database, const profile::RunRecord &row)
{
    if (auto error = run(database, u"DELETE FROM paid_elsewhere WHERE run_id = ?"_s, { text(row.id) }); error.isValid())
        return error;
    const QMap<QString, double> costs = profile::usdByProvider(row);
    if (costs.size() < 2)
        return {};
    for (auto cost = costs.cbegin(); cost != costs.cend(); ++cost) {
        const double usd = cost.key() == row.providerId ? cost.value() - *row.costUsd : cost.value();
        const auto error =
            run(database,
                u"INSERT INTO paid_elsewhere (run_id, provider_id, conversation_id, started_ms, cost_usd) "
                "VALUES (?,?,?,?,?)"_s,
                { text(row.id), text(cost.key()), text(row.conversationId), row.startedWallMs, usd });
        if (error.isValid())
            return error;
    }
    return {};
}

QSqlError writeRow(QSqlDatabase &database, const profile::RunRecord &row)
{
    const auto &error = row.answer.error;
    const auto &usage = row.answer.usage;
    const auto failure = run(
        database,
        u"INSERT INTO runs (id, conversation_id, message_id, provider_id, model, started_ms, ok, error_kind, ttft_ms, "
        "response_ms, input_tokens, output_tokens, cost_usd, record) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
        "ON CONFLICT(id) DO UPDATE SET conversation_id = excluded.conversation_id, message_id = excluded.message_id, "
        "provider_id = excluded.provider_id, model = excluded.model, started_ms = excluded.started_ms, "
        "ok = excluded.ok, error_kind = excluded.error_kind, ttft_ms = excluded.ttft_ms, "
        "response_ms = excluded.response_ms, input_tokens = excluded.input_tokens, "
        "output_tokens = excluded.output_tokens, cost_usd = excluded.cost_usd, record = excluded.record"_s,
        { text(row.id), text(row.conversationId), text(row.messageId), text(row.providerId), text(row.model),
          row.startedWallMs, row.ok(), error ? QVariant(base::errorKindName(error->kind)) : QVariant(),
          metric("ttft_ms", row), metric("response_ms", row), usage ? QVariant(usage->inputTotal()) : QVariant(),
          usage ? QVariant(usage->outputTotal()) : QVariant(), row.cached ? QVariant(0.0) : orNull(row.costUsd),
          packed(profile::toJson(row)) });
    if (failure.isValid())
        return failure;
    if (auto unpaid = writePaidElsewhere(database, row); unpaid.isValid())
        return unpaid;
    return run(database, u"DELETE FROM begun_runs WHERE id = ?"_s, { text(row.id) });
}

QSqlError writeRow(QSqlDatabase &database, const Draft &row)
{
    if (row.text.isEmpty())
        return run(database, u"DELETE FROM drafts WHERE conversation_id = ?"_s, { text(row.conversationId) });
    return run(database,
               u"INSERT INTO drafts (conversation_id, text) VALUES (?,?) "
               "ON CONFLICT(conversation_id) DO UPDATE SET text = excluded.text"_s,
               { text(row.conversationId), text(row.text) });
}

profile::RunRecord withoutWords(profile::RunRecord record)
{
    record.conversationId.clear();
    record.messageId.clear();
    record.answer.text.clear();
    record.answer.reasoning.clear();
    record.answer.refusal.clear();
    record.answer.toolCalls.clear();
    if (record.answer.error)
        record.answer.error->detail.clear();
    for (profile::Verdict &verdict : record.validation)
        verdict = { {}, verdict.outcome, {} };
    for (auto *attempts : { &record.earlierAttempts, &record.judgements }) {
        for (profile::Attempt &attempt : *attempts) {
            if (attempt.error)
                attempt.error->detail.clear();
            attempt.text.clear();
            attempt.validation.clear();
        }
    }
    return record;
}

QSqlError writeRow(QSqlDatabase &database, const Removal &removal)
{
    const auto runs = readRuns(database, { .conversationId = removal.conversationId });
    if (runs.error.isValid())
        return runs.error;
    for (const profile::RunRecord &record : runs.rows) {
        if (auto error = writeRow(database, withoutWords(record)); error.isValid())
            return error;
    }
    if (auto error = writeRow(database, Draft { removal.conversationId, {} }); error.isValid())
        return error;
    return run(database, u"DELETE FROM conversations WHERE id = ?"_s, { text(removal.conversationId) });
}

QSqlError writeRow(QSqlDatabase &database, const ModelList &row)
{
    QJsonArray models;
    for (const llm::ModelInfo &model : row.models)
        models.append(llm::toJson(model));
    return run(database,
               u"INSERT INTO model_lists (provider_id, fetched_ms, models) VALUES (?,?,?) "
               "ON CONFLICT(provider_id) DO UPDATE SET fetched_ms = excluded.fetched_ms, models = excluded.models"_s,
               { text(row.providerId), row.fetchedMs, packed({ { u"models"_s, models } }) });
}

QSqlError writeRow(QSqlDatabase &, const Barrier &)
{
    return {};
}

const QString &keyOf(const ModelList &row)
{
    return row.providerId;
}

template <typename T>
const QString &keyOf(const T &row)
{
    return row.id;
}

/// In place where the key is known, else at the end.
template <typename T>
void put(const T &row, QList<T> *rows)
{
    const auto known =
        std::find_if(rows->begin(), rows->end(), [&](const T &other) { return keyOf(other) == keyOf(row); });
    if (known == rows->end())
        rows->append(row);
    else
        *known = row;
}

} // namespace

QSqlError write(QSqlDatabase &database, const Change &change)
{
    return std::visit([&](const auto &row) { return writeRow(database, row); }, change);
}

Rows<Conversation> readConversations(QSqlDatabase &database)
{
    const auto fromRow = [](const QSqlQuery &query) {
        const QJsonObject options = QJsonDocument::fromJson(query.value(6).toString().toUtf8()).object();
        return Conversation { .id = query.value(0).toString(),
                              .title = query.value(1).toString(),
                              .providerId = query.value(2).toString(),
                              .model = query.value(3).toString(),
                              .createdMs = query.value(4).toLongLong(),
                              .updatedMs = query.value(5).toLongLong(),
                              .systemPrompt = options["system"_L1].toString(),
                              .options = llm::chatOptionsFromJson(options),
                              .cachePolicy = profile::cachePolicyFromName(options["cache"_L1].toString()),
                              .pinned = options["pinned"_L1].toVariant().toStringList(),
                              .validation = llm::validationFromJson(options["validation"_L1].toObject()),
                              .quality = options["quality"_L1].toString(),
                              .tags = options["tags"_L1].toVariant().toStringList() };
    };
    return read<Conversation>(
        database,
        u"SELECT id, title, provider_id, model, created_ms, updated_ms, options FROM conversations "
        "ORDER BY updated_ms DESC, seq DESC"_s,
        {}, fromRow);
}

Rows<Draft> readDrafts(QSqlDatabase &database)
{
    return read<Draft>(database, u"SELECT conversation_id, text FROM drafts"_s, {}, [](const QSqlQuery &query) {
        return Draft { query.value(0).toString(), query.value(1).toString() };
    });
}

Rows<StoredMessage> readMessages(QSqlDatabase &database, const QString &conversationId)
{
    const auto fromRow = [&](const QSqlQuery &query) {
        const QJsonObject body = QJsonDocument::fromJson(query.value(2).toString().toUtf8()).object();
        return StoredMessage { .id = query.value(0).toString(),
                               .conversationId = conversationId,
                               .parentId = query.value(1).toString(),
                               .message = llm::messageFromJson(body),
                               .providerId = query.value(3).toString(),
                               .model = query.value(4).toString(),
                               .runId = query.value(5).toString(),
                               .createdMs = query.value(6).toLongLong() };
    };
    return read<StoredMessage>(database,
                               u"SELECT id, parent_id, body, provider_id, model, run_id, created_ms FROM messages "
                               "WHERE conversation_id = ? ORDER BY seq"_s,
                               { text(conversationId) }, fromRow);
}

Rows<profile::RunRecord> readRuns(QSqlDatabase &database, const RunQuery &query)
{
    const auto fromRow = [](const QSqlQuery &row) { return profile::runRecordFromJson(unpacked(row.value(0))); };
    QStringList conditions { u"1"_s };
    QVariantList values;
    if (query.sinceMs > 0) {
        conditions.append(u"started_ms >= ?"_s);
        values.append(query.sinceMs);
    }
    if (!query.conversationId.isEmpty()) {
        conditions.append(u"conversation_id = ?"_s);
        values.append(query.conversationId);
    }
    if (!query.id.isEmpty()) {
        conditions.append(u"id = ?"_s);
        values.append(query.id);
    }
    values.append(query.limit > 0 ? query.limit : -1);
    return read<profile::RunRecord>(
        database,
        u"SELECT record FROM runs WHERE %1 ORDER BY started_ms DESC, seq DESC LIMIT ?"_s.arg(
            conditions.join(u" AND "_s)),
        values, fromRow);
}

Rows<PlacedRun> readRunsAfter(QSqlDatabase &database, const RunPlace &place, int limit, const RunFilter &filter)
{
    const auto fromRow = [](const QSqlQuery &query) {
        return PlacedRun { { query.value(0).toLongLong(), query.value(1).toLongLong() },
                           profile::runRecordFromJson(unpacked(query.value(2))) };
    };
    const RunPlace from = std::max(place, RunPlace { filter.fromMs, 0 });
    return read<PlacedRun>(
        database,
        u"SELECT started_ms, seq, record FROM runs WHERE (started_ms, seq) > (?, ?) AND started_ms < ? "
        "AND (? = '' OR model = ?) ORDER BY started_ms, seq LIMIT ?"_s,
        { from.startedMs, from.number, filter.untilMs, text(filter.model), text(filter.model), limit }, fromRow);
}

Rows<Spending> readSpending(QSqlDatabase &database, const SpendingQuery &query)
{
    const auto fromRow = [](const QSqlQuery &row) {
        return Spending { row.value(0).toString(), row.value(1).toDouble(), row.value(2).toDouble(),
                          row.value(3).toDouble() };
    };
    const QVariant conversation = query.conversationId.isEmpty() ? QVariant() : QVariant(query.conversationId);
    return read<Spending>(
        database,
        u"SELECT provider_id, TOTAL(talk), TOTAL(day), TOTAL(month) FROM ("
        "SELECT provider_id, NULL AS talk, TOTAL(CASE WHEN started_ms >= ? THEN cost_usd END) AS day, "
        "TOTAL(cost_usd) AS month FROM runs WHERE started_ms >= ? GROUP BY provider_id "
        "UNION ALL SELECT provider_id, cost_usd, NULL, NULL FROM runs WHERE conversation_id = ? "
        "UNION ALL SELECT provider_id, NULL, TOTAL(CASE WHEN started_ms >= ? THEN cost_usd END), TOTAL(cost_usd) "
        "FROM paid_elsewhere WHERE started_ms >= ? GROUP BY provider_id "
        "UNION ALL SELECT provider_id, cost_usd, NULL, NULL FROM paid_elsewhere WHERE conversation_id = ?"
        ") GROUP BY provider_id"_s,
        { query.dayStartMs, query.monthStartMs, conversation, query.dayStartMs, query.monthStartMs, conversation },
        fromRow);
}

Rows<ModelList> readModelLists(QSqlDatabase &database)
{
    const auto fromRow = [](const QSqlQuery &query) {
        ModelList list { query.value(0).toString(), query.value(1).toLongLong(), {} };
        const QJsonArray models = unpacked(query.value(2))[u"models"_s].toArray();
        for (const auto &model : models)
            list.models.append(llm::modelInfoFromJson(model.toObject()));
        return list;
    };
    return read<ModelList>(database, u"SELECT provider_id, fetched_ms, models FROM model_lists"_s, {}, fromRow);
}

void apply(const Change &change, QList<Conversation> *rows)
{
    if (const auto *conversation = std::get_if<Conversation>(&change))
        put(*conversation, rows);
    else if (const auto *removal = std::get_if<Removal>(&change))
        rows->removeIf([&](const Conversation &row) { return row.id == removal->conversationId; });
}

void apply(const Change &change, QList<Draft> *rows)
{
    const auto *draft = std::get_if<Draft>(&change);
    const auto *removal = std::get_if<Removal>(&change);
    if (!draft && !removal)
        return;
    const QString id = draft ? draft->conversationId : removal->conversationId;
    rows->removeIf([&](const Draft &row) { return row.conversationId == id; });
    if (draft && !draft->text.isEmpty())
        rows->append(*draft);
}

void apply(const Change &change, const QString &conversationId, QList<StoredMessage> *rows)
{
    const auto *message = std::get_if<StoredMessage>(&change);
    if (message && message->conversationId == conversationId)
        put(*message, rows);
    const auto *removal = std::get_if<Removal>(&change);
    if (removal && removal->conversationId == conversationId)
        rows->clear();
}

void apply(const Change &change, const RunQuery &query, QList<profile::RunRecord> *rows)
{
    const auto *record = std::get_if<profile::RunRecord>(&change);
    if (record && (query.conversationId.isEmpty() || record->conversationId == query.conversationId)
        && (query.sinceMs == 0 || record->startedWallMs >= query.sinceMs)
        && (query.id.isEmpty() || record->id == query.id))
        put(*record, rows);
    const auto *removal = std::get_if<Removal>(&change);
    if (!removal)
        return;
    if (query.conversationId == removal->conversationId)
        rows->clear();
    for (profile::RunRecord &row : *rows) {
        if (row.conversationId == removal->conversationId)
            row = withoutWords(row);
    }
}

void apply(const Change &change, const SpendingQuery &query, QList<Spending> *rows)
{
    const auto *record = std::get_if<profile::RunRecord>(&change);
    if (!record)
        return;
    const bool talked = !query.conversationId.isEmpty() && record->conversationId == query.conversationId;
    const QMap<QString, double> costs = profile::usdByProvider(*record);
    for (auto cost = costs.cbegin(); cost != costs.cend(); ++cost) {
        auto row = std::find_if(rows->begin(), rows->end(),
                                [&](const Spending &other) { return other.providerId == cost.key(); });
        if (row == rows->end())
            row = rows->insert(rows->end(), Spending { .providerId = cost.key() });
        row->conversationUsd += talked ? cost.value() : 0;
        row->dayUsd += record->startedWallMs >= query.dayStartMs ? cost.value() : 0;
        row->monthUsd += record->startedWallMs >= query.monthStartMs ? cost.value() : 0;
    }
}

void apply(const Change &change, QList<ModelList> *rows)
{
    if (const auto *list = std::get_if<ModelList>(&change))
        put(*list, rows);
}

void sortNewestFirst(QList<Conversation> *rows)
{
    std::stable_sort(rows->begin(), rows->end(),
                     [](const auto &left, const auto &right) { return left.updatedMs > right.updatedMs; });
}

void sortNewestFirst(QList<profile::RunRecord> *rows)
{
    std::stable_sort(rows->begin(), rows->end(),
                     [](const auto &left, const auto &right) { return left.startedWallMs > right.startedWallMs; });
}

} // namespace talkbench::store
