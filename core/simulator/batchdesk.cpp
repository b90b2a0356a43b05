#include "core/simulator/batchdesk.h"

#include "core/simulator/models.h"
#include "core/simulator/routes.h"
#include "core/simulator/script.h"
#include "core/simulator/wirejson.h"

#include <QDateTime>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

constexpr double validated = 0.1; ///< of a batch's time, OpenAI's check of its file
constexpr double finalized = 0.9; ///< from then on its files are written
constexpr int mostListed = 100;
/// The connection ends without an answer.
const ApiError noAnswer { 0, {}, {}, {}, {} };

ApiError wrong(int status, const QString &message, const QString &code = {})
{
    return { status, message, {}, code, {} };
}

/// The part of a form that holds the file.
QByteArray fileOf(const HttpIn &in)
{
    const QByteArray type = base::headerValue(in.headers, "content-type");
    const qsizetype at = type.indexOf("boundary=");
    if (!type.startsWith("multipart/form-data") || at < 0)
        return {};
    const QByteArray boundary = "--" + type.sliced(at + 9);
    const qsizetype name = in.body.indexOf("name=\"file\"");
    const qsizetype begin = name < 0 ? -1 : in.body.indexOf("\r\n\r\n", name);
    const qsizetype end = begin < 0 ? -1 : in.body.indexOf("\r\n" + boundary, begin);
    return end < 0 ? QByteArray() : in.body.sliced(begin + 4, end - begin - 4);
}

QString isoTime(qint64 ms)
{
    return QDateTime::fromMSecsSinceEpoch(ms).toUTC().toString(Qt::ISODateWithMs);
}

/// What is wrong with the ids of a batch's requests; empty where nothing is.
QString idProblem(const QString &id, std::set<QString> &seen)
{
    static const QRegularExpression plain(u"\\A[a-zA-Z0-9_-]{1,64}\\z"_s);
    if (!plain.match(id).hasMatch())
        return u"custom_id: 1 to 64 of the letters, digits, '_' and '-' are wanted."_s;
    return seen.insert(id).second ? QString() : u"custom_id: '%1' is there twice."_s.arg(id);
}

} // namespace

Told BatchDesk::takeFile(const Asked &asked, const Knobs &)
{
    const QByteArray file = fileOf(asked.http);
    if (file.isEmpty())
        return wrong(400, u"A form with a purpose and a file is wanted."_s);
    const std::scoped_lock lock(m_mutex);
    const QByteArray id = "file-sim" + QByteArray::number(++m_filesTaken);
    m_files[id] = file;
    return toBytes({ { u"id"_s, QString::fromLatin1(id) },
                     { u"object"_s, u"file"_s },
                     { u"bytes"_s, file.size() },
                     { u"created_at"_s, m_clock.wallMs() / 1000 },
                     { u"filename"_s, u"batch.jsonl"_s },
                     { u"purpose"_s, u"batch"_s } });
}

Told BatchDesk::fileContent(const Asked &asked, const Knobs &)
{
    const std::scoped_lock lock(m_mutex);
    if (const auto file = m_files.find(asked.name); file != m_files.end())
        return file->second;
    const bool errors = asked.name.startsWith("file-err-");
    if (errors || asked.name.startsWith("file-out-")) {
        const Batch *batch = find(asked.name.sliced(9));
        if (batch && ended(*batch))
            return openAiLines(*batch, errors);
    }
    return wrong(404, u"No such File object: %1"_s.arg(QString::fromUtf8(asked.name)));
}

Told BatchDesk::deleteFile(const Asked &asked, const Knobs &knobs)
{
    if (knobs.filesStay)
        return wrong(403, u"You may not delete files."_s);
    const std::scoped_lock lock(m_mutex);
    if (m_files.erase(asked.name) == 0)
        return wrong(404, u"No such File object: %1"_s.arg(QString::fromUtf8(asked.name)));
    return toBytes({ { u"id"_s, QString::fromUtf8(asked.name) }, { u"object"_s, u"file"_s }, { u"deleted"_s, true } });
}

/// What a batch's file says, or why it is no use.
void BatchDesk::readLines(Batch &batch, const QByteArray &lines) const
{
    std::set<QString> seen;
    const QList<QByteArray> rows = lines.split('\n');
    for (const QByteArray &row : rows) {
        if (row.trimmed().isEmpty())
            continue;
        const QJsonObject line = QJsonDocument::fromJson(row).object();
        batch.problem = idProblem(line[u"custom_id"_s].toString(), seen);
        if (line[u"url"_s].toString() != batch.endpoint)
            batch.problem = u"The URL provided for this request does not match the batch endpoint."_s;
        if (!line[u"body"_s].isObject())
            batch.problem = u"This line is not parseable as valid JSON."_s;
        batch.problemLine = static_cast<int>(batch.requests.size()) + 1;
        if (!batch.problem.isEmpty())
            break;
        batch.requests.push_back({ line[u"custom_id"_s].toString(), toBytes(line[u"body"_s].toObject()), 0 });
    }
    if (batch.requests.empty() && batch.problem.isEmpty())
        batch.problem = u"The input file is empty."_s;
    if (!batch.problem.isEmpty())
        batch.requests.clear();
}

Told BatchDesk::createOpenAi(const Asked &asked, const Knobs &knobs)
{
    const auto parsed = parseObject(asked.http.body);
    if (const auto *error = std::get_if<ApiError>(&parsed))
        return *error;
    const auto &body = std::get<QJsonObject>(parsed);
    Batch batch;
    batch.knobs = knobs;
    batch.endpoint = body[u"endpoint"_s].toString();
    batch.inputFile = body[u"input_file_id"_s].toString();
    batch.metadata = body[u"metadata"_s].toObject();
    if (batch.endpoint != u"/v1/chat/completions" && batch.endpoint != u"/v1/responses")
        return wrong(400, u"The simulator's batches are for /v1/chat/completions and /v1/responses."_s);
    if (body[u"completion_window"_s].toString() != u"24h")
        return wrong(400, u"Invalid value for 'completion_window': '24h' is wanted."_s);
    batch.wire = batch.endpoint == u"/v1/responses" ? m_wires.responses.get() : m_wires.openAi.get();
    const std::scoped_lock lock(m_mutex);
    const auto file = m_files.find(batch.inputFile.toLatin1());
    if (file == m_files.end())
        return wrong(404, u"No such File object: %1"_s.arg(batch.inputFile));
    readLines(batch, file->second);
    return made(std::move(batch));
}

Told BatchDesk::createAnthropic(const Asked &asked, const Knobs &knobs)
{
    const auto parsed = parseObject(asked.http.body);
    if (const auto *error = std::get_if<ApiError>(&parsed))
        return *error;
    Batch batch;
    batch.anthropic = true;
    batch.wire = m_wires.anthropic.get();
    batch.knobs = knobs;
    std::set<QString> seen;
    const QJsonArray requests = std::get<QJsonObject>(parsed)[u"requests"_s].toArray();
    for (const auto &request : requests) {
        const QString id = request[u"custom_id"_s].toString();
        if (const QString problem = idProblem(id, seen); !problem.isEmpty())
            return wrong(400, problem);
        batch.requests.push_back({ id, toBytes(request[u"params"_s].toObject()), 0 });
    }
    if (batch.requests.empty())
        return wrong(400, u"requests: at least one is wanted."_s);
    const std::scoped_lock lock(m_mutex);
    return made(std::move(batch));
}

/// With the lock held.
Told BatchDesk::made(Batch batch)
{
    const QByteArray number = QByteArray::number(static_cast<qint64>(m_batches.size() + 1));
    batch.id = (batch.anthropic ? "msgbatch_sim" : "batch_sim") + number;
    batch.createdNs = m_clock.nowNs();
    batch.createdMs = m_clock.wallMs();
    for (Request &request : batch.requests) {
        request.number = ++m_requests;
        request.fails = answerTo(batch, request).status >= 400;
    }
    m_batches.push_back(std::move(batch));
    if (m_lost < m_batches.back().knobs.batchLost) {
        ++m_lost;
        return noAnswer;
    }
    return toBytes(describe(m_batches.back()));
}

BatchDesk::Batch *BatchDesk::find(const QByteArray &id)
{
    const auto found = std::find_if(m_batches.begin(), m_batches.end(), [&id](const Batch &b) { return b.id == id; });
    return found == m_batches.end() ? nullptr : &*found;
}

Told BatchDesk::state(const Asked &asked, const Knobs &)
{
    const std::scoped_lock lock(m_mutex);
    if (const Batch *batch = find(asked.name))
        return toBytes(describe(*batch));
    return wrong(404, u"No batch found with id '%1'."_s.arg(QString::fromUtf8(asked.name)));
}

Told BatchDesk::cancel(const Asked &asked, const Knobs &)
{
    const std::scoped_lock lock(m_mutex);
    Batch *batch = find(asked.name);
    if (!batch)
        return wrong(404, u"No batch found with id '%1'."_s.arg(QString::fromUtf8(asked.name)));
    if (ended(*batch))
        return wrong(409, u"Cannot cancel a batch with status '%1'."_s.arg(standing(*batch).status));
    if (batch->cancelledNs == 0)
        batch->cancelledNs = m_clock.nowNs();
    return toBytes(describe(*batch));
}

Told BatchDesk::results(const Asked &asked, const Knobs &)
{
    const std::scoped_lock lock(m_mutex);
    const Batch *batch = find(asked.name);
    if (!batch || !ended(*batch))
        return wrong(404, u"There are no results of '%1'."_s.arg(QString::fromUtf8(asked.name)));
    return anthropicLines(*batch);
}

Told BatchDesk::listOpenAi(const Asked &asked, const Knobs &)
{
    return list(asked, false);
}

Told BatchDesk::listAnthropic(const Asked &asked, const Knobs &)
{
    return list(asked, true);
}

Told BatchDesk::list(const Asked &asked, bool anthropic)
{
    const QByteArray after = queryValue(asked.http, anthropic ? "after_id" : "after");
    const int limit = std::clamp(queryValue(asked.http, "limit").toInt(), 1, mostListed);
    bool begun = after.isEmpty();
    bool more = false;
    QJsonArray data;
    const std::scoped_lock lock(m_mutex);
    for (auto batch = m_batches.rbegin(); batch != m_batches.rend() && !more; ++batch) {
        more = begun && batch->anthropic == anthropic && data.size() == limit;
        if (begun && batch->anthropic == anthropic && !more)
            data.append(describe(*batch));
        begun = begun || batch->id == after;
    }
    return toBytes({ { u"object"_s, u"list"_s },
                     { u"data"_s, data },
                     { u"first_id"_s, data.first()[u"id"_s] },
                     { u"last_id"_s, data.last()[u"id"_s] },
                     { u"has_more"_s, more } });
}

/// `share`: of its time that is over.
QString BatchDesk::status(const Batch &batch, double share, bool ended)
{
    const bool cancelled = batch.cancelledNs != 0;
    if (batch.anthropic)
        return ended ? u"ended"_s : cancelled ? u"canceling"_s : u"in_progress"_s;
    if (!batch.problem.isEmpty())
        return u"failed"_s;
    if (cancelled)
        return ended ? u"cancelled"_s : u"cancelling"_s;
    if (ended)
        return batch.knobs.batchExpire > 0 ? u"expired"_s : u"completed"_s;
    return share < validated ? u"validating"_s : share < finalized ? u"in_progress"_s : u"finalizing"_s;
}

BatchDesk::Standing BatchDesk::standing(const Batch &batch) const
{
    const auto share = [&batch](qint64 ns) {
        const double ms = static_cast<double>(ns - batch.createdNs) / 1e6;
        return batch.knobs.batchMs <= 0 ? 1 : std::min(ms / batch.knobs.batchMs, 1.0);
    };
    const qint64 nowNs = m_clock.nowNs();
    const bool cancelled = batch.cancelledNs != 0;
    const double now = share(nowNs);
    const double worked = cancelled ? share(batch.cancelledNs) : now;
    const auto all = static_cast<double>(batch.requests.size());
    const double done = std::clamp((worked - validated) / (finalized - validated), 0.0, 1.0) * all;
    Standing standing;
    standing.answered = static_cast<int>(std::min(std::floor(done), std::max(all - batch.knobs.batchExpire, 0.0)));
    standing.ended = !batch.problem.isEmpty() || now >= 1 || (cancelled && now - worked >= validated);
    standing.status = status(batch, now, standing.ended);
    return standing;
}

QJsonObject BatchDesk::describe(const Batch &batch) const
{
    return batch.anthropic ? describeAnthropic(batch) : describeOpenAi(batch);
}

QJsonObject BatchDesk::describeOpenAi(const Batch &batch) const
{
    const auto [done, ended, status] = standing(batch);
    int failed = 0;
    for (int i = 0; i < done; ++i)
        failed += outcome(batch, static_cast<std::size_t>(i), done, nullptr) == Outcome::Errored ? 1 : 0;
    const bool all = ended && batch.problem.isEmpty();
    const QString id = QString::fromLatin1(batch.id);
    const bool expired = batch.cancelledNs == 0 && done < static_cast<int>(batch.requests.size());
    QJsonObject object {
        { u"id"_s, id },
        { u"object"_s, u"batch"_s },
        { u"endpoint"_s, batch.endpoint },
        { u"errors"_s, QJsonValue() },
        { u"input_file_id"_s, batch.inputFile },
        { u"completion_window"_s, u"24h"_s },
        { u"status"_s, status },
        { u"output_file_id"_s, all && done > failed ? QJsonValue(u"file-out-"_s + id) : QJsonValue() },
        { u"error_file_id"_s, all && (failed > 0 || expired) ? QJsonValue(u"file-err-"_s + id) : QJsonValue() },
        { u"created_at"_s, batch.createdMs / 1000 },
        { u"expires_at"_s, batch.createdMs / 1000 + 86'400 },
        { u"request_counts"_s,
          QJsonObject { { u"total"_s, static_cast<qint64>(batch.requests.size()) },
                        { u"completed"_s, done - failed },
                        { u"failed"_s, failed } } },
        { u"metadata"_s, batch.metadata },
    };
    if (!batch.problem.isEmpty()) {
        const QJsonObject problem { { u"code"_s, u"invalid_json_line"_s },
                                    { u"message"_s, batch.problem },
                                    { u"line"_s, batch.problemLine } };
        object[u"errors"_s] = QJsonObject { { u"object"_s, u"list"_s }, { u"data"_s, QJsonArray { problem } } };
    }
    return object;
}

QJsonObject BatchDesk::describeAnthropic(const Batch &batch) const
{
    const auto [done, all, status] = standing(batch);
    std::map<Outcome, int> counts;
    for (std::size_t i = 0; all && i < batch.requests.size(); ++i)
        ++counts[outcome(batch, i, done, nullptr)];
    const QString id = QString::fromLatin1(batch.id);
    const QString url = u"http://127.0.0.1/v1/messages/batches/%1/results"_s.arg(id);
    return {
        { u"id"_s, id },
        { u"type"_s, u"message_batch"_s },
        { u"processing_status"_s, status },
        { u"request_counts"_s,
          QJsonObject { { u"processing"_s, all ? 0 : static_cast<qint64>(batch.requests.size()) },
                        { u"succeeded"_s, counts[Outcome::Answered] },
                        { u"errored"_s, counts[Outcome::Errored] },
                        { u"canceled"_s, counts[Outcome::Cancelled] },
                        { u"expired"_s, counts[Outcome::Expired] } } },
        { u"created_at"_s, isoTime(batch.createdMs) },
        { u"expires_at"_s, isoTime(batch.createdMs + 86'400'000) },
        { u"ended_at"_s, all ? QJsonValue(isoTime(m_clock.wallMs())) : QJsonValue() },
        { u"results_url"_s, all ? QJsonValue(url) : QJsonValue() },
    };
}

/// Of an ended batch, or of what it has answered; fills `answer` unless it is null.
BatchDesk::Outcome BatchDesk::outcome(const Batch &batch, std::size_t index, int answered, Answered *answer) const
{
    if (static_cast<int>(index) >= answered)
        return batch.cancelledNs != 0 ? Outcome::Cancelled : Outcome::Expired;
    const Request &request = batch.requests[index];
    if (answer)
        *answer = answerTo(batch, request);
    return request.fails ? Outcome::Errored : Outcome::Answered;
}

BatchDesk::Answered BatchDesk::answerTo(const Batch &batch, const Request &request) const
{
    const Wire &wire = *batch.wire;
    const auto refused = [&wire](const ApiError &error) { return Answered { error.status, wire.errorBody(error) }; };
    if (drawError(batch.knobs, request.number)) {
        const int status = batch.knobs.errorStatus == 0 ? 500 : batch.knobs.errorStatus;
        return refused(wrong(status, u"The simulator was asked to fail with status %1."_s.arg(status)));
    }
    HttpIn in;
    in.method = "POST";
    in.body = request.body;
    const auto parsed = wire.parse({ in, {} });
    if (const auto *error = std::get_if<ApiError>(&parsed))
        return refused(*error);
    const auto &input = std::get<ChatInput>(parsed);
    const Script script = writeScript(input, *modelByName(input.model), batch.knobs, request.number);
    const Reply reply { wire.idPrefix() + QByteArray::number(request.number), input.model, batch.createdMs / 1000,
                        false, !batch.knobs.noUsage };
    return { 200, wire.framer(reply, input, script)->whole({}) };
}

QByteArray BatchDesk::openAiLines(const Batch &batch, bool errors) const
{
    QByteArray lines;
    const int done = standing(batch).answered;
    for (std::size_t i = 0; i < batch.requests.size(); ++i) {
        Answered answered;
        const Outcome how = outcome(batch, i, done, &answered);
        if (errors == (how == Outcome::Answered) || how == Outcome::Cancelled)
            continue;
        const QJsonObject response { { u"status_code"_s, answered.status },
                                     { u"request_id"_s, u"req_%1"_s.arg(batch.requests[i].number) },
                                     { u"body"_s, QJsonDocument::fromJson(answered.body).object() } };
        const QJsonObject expired { { u"code"_s, u"batch_expired"_s },
                                    { u"message"_s,
                                      u"This request could not be executed before the completion window expired."_s } };
        const bool none = how == Outcome::Expired;
        lines += toBytes({ { u"id"_s, u"batch_req_%1"_s.arg(batch.requests[i].number) },
                           { u"custom_id"_s, batch.requests[i].customId },
                           { u"response"_s, none ? QJsonValue() : QJsonValue(response) },
                           { u"error"_s, none ? QJsonValue(expired) : QJsonValue() } })
            + '\n';
    }
    return lines;
}

QByteArray BatchDesk::anthropicLines(const Batch &batch) const
{
    QByteArray lines;
    const int done = standing(batch).answered;
    for (std::size_t i = 0; i < batch.requests.size(); ++i) {
        Answered answered;
        const Outcome how = outcome(batch, i, done, &answered);
        const QJsonObject body = QJsonDocument::fromJson(answered.body).object();
        QJsonObject result;
        switch (how) {
        case Outcome::Answered:
            result = { { u"type"_s, u"succeeded"_s }, { u"message"_s, body } };
            break;
        case Outcome::Errored:
            result = { { u"type"_s, u"errored"_s }, { u"error"_s, body } };
            break;
        case Outcome::Expired:
            result = { { u"type"_s, u"expired"_s } };
            break;
        case Outcome::Cancelled:
            result = { { u"type"_s, u"canceled"_s } };
            break;
        }
        lines += toBytes({ { u"custom_id"_s, batch.requests[i].customId }, { u"result"_s, result } }) + '\n';
    }
    return lines;
}

} // namespace talkbench::simulator
