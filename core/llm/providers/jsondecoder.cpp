#include "core/llm/providers/jsondecoder.h"

#include "core/llm/providers/servererror.h"
#include "core/llm/providers/wire.h"

#include <QJsonDocument>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype maxStray = 256 << 10;

/// A body that starts as JSON and stops before it is whole.
bool brokenOff(const QByteArray &body)
{
    const QByteArray text = body.trimmed();
    if (!text.startsWith('{') && !text.startsWith('['))
        return false;
    QJsonParseError error;
    QJsonDocument::fromJson(text, &error);
    return error.error != QJsonParseError::NoError && error.offset >= text.size() - 1;
}

} // namespace

StreamEvents JsonDecoder::frame(const base::Frame &frame)
{
    StreamEvents events;
    if (frame.kind == base::Frame::Kind::Comment)
        return events;
    const QByteArray data = frame.data.trimmed();
    if (frame.kind == base::Frame::Kind::Event) {
        if (data.isEmpty())
            return events;
        if (data == "[DONE]") {
            takeStray(events);
            if (!m_finished)
                finish({}, events);
            return events;
        }
        if (const QList<QJsonObject> list = jsonObjects(data); !list.isEmpty()) {
            takeStray(events);
            objects(list, frame.name, events);
            return events;
        }
        if (frame.name == "error")
            fail(serverError(QJsonObject { { u"error"_s, QString::fromUtf8(data) } }), events);
    }
    ++m_badFrames;
    // A line outside the framing may be a piece of a JSON error that was printed over many lines.
    if (m_stray.size() + data.size() < maxStray)
        m_stray += frame.data + '\n';
    return events;
}

StreamEvents JsonDecoder::document(const base::HttpHead &head, const QByteArray &body)
{
    StreamEvents events;
    if (head.status >= 300) {
        fail(httpError(head, body), events);
        return events;
    }
    const QList<QJsonObject> list = jsonObjects(body);
    objects(list, {}, events);
    failIfErrorWord(events);
    keepReplay(events);
    if (m_finished || m_failed || brokenOff(body))
        return events;
    if (list.isEmpty()) {
        fail(notJsonError(body), events);
    } else if (m_output) {
        finish({}, events);
    } else {
        base::Error error;
        error.kind = base::ErrorKind::BadEvent;
        error.message = u"The server answered with JSON that is no answer. Is the protocol right?"_s;
        error.detail = detailOf(body);
        fail(error, events);
    }
    return events;
}

StreamEvents JsonDecoder::end()
{
    StreamEvents events;
    const bool nothingElse = !m_understood && !m_finished && !m_failed;
    const QByteArray stray = m_stray;
    takeStray(events);
    if (nothingElse && events.isEmpty() && !stray.trimmed().isEmpty() && !brokenOff(stray))
        fail(notJsonError(stray), events);
    failIfErrorWord(events);
    keepReplay(events);
    return events;
}

void JsonDecoder::objects(const QList<QJsonObject> &list, const QByteArray &name, StreamEvents &events)
{
    for (const QJsonObject &one : list) {
        m_understood = true;
        object(one, events);
        if (isServerError(one, name))
            fail(serverError(one), events);
    }
}

void JsonDecoder::takeStray(StreamEvents &events)
{
    if (m_stray.isEmpty())
        return;
    QByteArray text = m_stray.trimmed();
    m_stray.clear();
    const bool isError = text.startsWith("error:");
    if (isError)
        text = text.mid(6);
    const QList<QJsonObject> list = jsonObjects(text);
    objects(list, isError ? "error"_ba : QByteArray(), events);
}

void JsonDecoder::failIfErrorWord(StreamEvents &events)
{
    if (m_errorWord.isEmpty() || m_failed)
        return;
    base::Error error;
    error.kind = base::ErrorKind::Server;
    error.message = u"The server ended the answer with an error: %1"_s.arg(m_errorWord);
    fail(error, events);
}

/// Half an answer has nothing that could be sent back.
void JsonDecoder::keepReplay(StreamEvents &events)
{
    if (!m_finished || m_failed)
        return;
    if (const std::optional<Replay> kept = replay())
        events.append(*kept);
}

void JsonDecoder::text(const QString &text, StreamEvents &events)
{
    if (text.isEmpty())
        return;
    m_output = true;
    events.append(TextDelta { text });
}

void JsonDecoder::reasoning(const QString &text, StreamEvents &events)
{
    if (text.isEmpty())
        return;
    m_output = true;
    events.append(ReasoningDelta { text });
}

void JsonDecoder::refusal(const QString &text, StreamEvents &events)
{
    if (text.isEmpty())
        return;
    m_output = m_refused = true;
    events.append(RefusalDelta { text });
}

void JsonDecoder::toolCall(const ToolCallDelta &delta, StreamEvents &events)
{
    m_output = m_toolCalls = true;
    events.append(delta);
}

void JsonDecoder::served(const QString &responseId, const QString &model, StreamEvents &events)
{
    ServerInfo info;
    if (m_responseId.isEmpty() && !responseId.isEmpty())
        info.responseId = m_responseId = responseId;
    if (!model.isEmpty() && model != m_model)
        info.model = m_model = model;
    if (!info.responseId.isEmpty() || !info.model.isEmpty())
        events.append(info);
}

void JsonDecoder::timings(const QJsonObject &timings, StreamEvents &events)
{
    if (!timings.isEmpty())
        events.append(ServerInfo { {}, {}, timings });
}

void JsonDecoder::finish(const QString &raw, StreamEvents &events)
{
    std::optional<FinishReason> reason = finishReasonOf(raw);
    if (reason == FinishReason::Stop && m_refused)
        reason = FinishReason::Refusal;
    else if (reason == FinishReason::Stop && m_toolCalls)
        reason = FinishReason::ToolCalls;
    finishAs(reason, raw, events);
}

void JsonDecoder::finishAs(std::optional<FinishReason> reason, const QString &raw, StreamEvents &events)
{
    m_finished = true;
    events.append(Finish { reason, raw });
    if (reason == FinishReason::Error)
        m_errorWord = raw;
}

void JsonDecoder::explain(const QString &why)
{
    if (!m_errorWord.isEmpty() && !why.isEmpty())
        m_errorWord += u" (%1)"_s.arg(why);
}

void JsonDecoder::fail(const base::Error &error, StreamEvents &events)
{
    m_failed = true;
    events.append(Failure { error });
}

} // namespace talkbench::llm
