#pragma once

#include "core/llm/provider.h"

#include <QJsonObject>

namespace talkbench::llm {

/// What every protocol's decoder shares: JSON out of frames, errors in all their shapes, "[DONE]", lines that fit no
/// framing, and the end of an answer. A protocol adds what its objects mean.
class JsonDecoder : public Decoder {
public:
    StreamEvents frame(const base::Frame &frame) final;
    StreamEvents document(const base::HttpHead &head, const QByteArray &body) final;
    StreamEvents end() final;
    int badFrames() const final { return m_badFrames; }

protected:
    /// One object of the stream, or the whole answer: the two differ little enough in every protocol.
    virtual void object(const QJsonObject &object, StreamEvents &events) = 0;

    /// What the next turn needs of a whole answer.
    virtual std::optional<Replay> replay() const { return std::nullopt; }

    void text(const QString &text, StreamEvents &events);
    void reasoning(const QString &text, StreamEvents &events);
    void refusal(const QString &text, StreamEvents &events);
    void toolCall(const ToolCallDelta &delta, StreamEvents &events);
    void served(const QString &responseId, const QString &model, StreamEvents &events);
    void timings(const QJsonObject &timings, StreamEvents &events);
    /// The terminal event. A plain stop after tool calls or a refusal is named for what it is.
    void finish(const QString &raw, StreamEvents &events);
    void finishAs(std::optional<FinishReason> reason, const QString &raw, StreamEvents &events);
    /// The server's words on a finish reason that means failure.
    void explain(const QString &why);
    void fail(const base::Error &error, StreamEvents &events);
    bool finished() const { return m_finished; }
    bool hasToolCalls() const { return m_toolCalls; }

private:
    void objects(const QList<QJsonObject> &list, const QByteArray &name, StreamEvents &events);
    void takeStray(StreamEvents &events);
    /// A finish reason that means failure, where no error object explained it.
    void failIfErrorWord(StreamEvents &events);
    void keepReplay(StreamEvents &events);

    QByteArray m_stray;
    QString m_responseId;
    QString m_model;
    QString m_errorWord;
    int m_badFrames = 0;
    bool m_understood = false;
    bool m_output = false;
    bool m_toolCalls = false;
    bool m_refused = false;
    bool m_finished = false;
    bool m_failed = false;
};

} // namespace talkbench::llm
