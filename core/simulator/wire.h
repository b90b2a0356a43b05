#pragma once

#include "core/simulator/httpserver.h"
#include "core/simulator/script.h"

#include <QByteArray>

#include <memory>
#include <variant>

namespace talkbench::simulator {

/// A refusal, before each protocol gives it its own shape.
struct ApiError {
    int status = 400; ///< 0: the connection ends without an answer
    QString message;
    QString param;
    QString code;
    QString retryAfter; ///< seconds; empty: not said
};

/// A request whose path is known.
struct Asked {
    const HttpIn &http;
    QByteArray name; ///< the model or the deployment in its path
};

/// What the frames of one answer have in common.
struct Reply {
    QByteArray id;
    QString model;
    qint64 createdS = 0; ///< Unix time
    bool crlf = false;
    bool usage = false;
};

/// When it really happened, for the protocols that tell.
struct ServerTimes {
    qint64 totalNs = 0;
    qint64 promptNs = 0;
    qint64 answerNs = 0;
};

/// What is left of a minute's requests.
struct RateLimit {
    qint64 limit = 0;
    qint64 remaining = 0;
    double resetS = 0; ///< until all are there again
};

/// Writes one answer in a protocol's words. Each frame is whole, with its line ends; an empty one is not sent. It is called in the
/// order of its functions, and refers to what it was made from.
class Framer {
public:
    Framer(const Reply &reply, const ChatInput &input, const Script &script)
        : m_reply(reply), m_input(input), m_script(script)
    {
    }
    virtual ~Framer() = default;
    Q_DISABLE_COPY_MOVE(Framer)

    /// The stream's content type.
    virtual QByteArray type() const { return "text/event-stream; charset=utf-8"; }

    virtual QByteArray opening() = 0;
    virtual QByteArray piece(const Piece &piece) = 0;
    virtual QByteArray comment() { return ": keep-alive" + end() + end(); }
    virtual QByteArray ping() { return comment(); }
    /// The finish reason and the usage.
    virtual QByteArray ending(const ServerTimes &times) = 0;
    /// The stream's last event, which no-done leaves out.
    virtual QByteArray done(const ServerTimes &times) = 0;
    /// An error in the stream, in place of all that would follow.
    virtual QByteArray streamError() = 0;

    /// The answer when it is not streamed; called alone.
    virtual QByteArray whole(const ServerTimes &times) = 0;

protected:
    virtual QByteArray end() const { return m_reply.crlf ? "\r\n" : "\n"; }
    QByteArray event(const QByteArray &data) const { return "data: " + data + end() + end(); }
    QByteArray event(const QByteArray &name, const QByteArray &data) const
    {
        return "event: " + name + end() + event(data);
    }

    const Reply &m_reply;
    const ChatInput &m_input;
    const Script &m_script;
};

/// One protocol's words: requests in, bodies out.
class Wire {
public:
    virtual ~Wire() = default;

    virtual std::variant<ChatInput, ApiError> parse(const Asked &asked) const = 0;
    virtual std::unique_ptr<Framer> framer(const Reply &reply, const ChatInput &input, const Script &script) const = 0;
    virtual QByteArray idPrefix() const = 0;
    /// Those that name the request and tell its rate limit, each if the protocol has one.
    virtual base::HttpHeaders headers(const QByteArray &id, const std::optional<RateLimit> &limit) const = 0;

    virtual QByteArray errorBody(const ApiError &error) const = 0;
    /// The key that a request brings.
    virtual QByteArray key(const HttpIn &in) const = 0;
    virtual ApiError badKey() const = 0;
    virtual ApiError noModel(const QString &name) const = 0;
    virtual ApiError tooLong(int tokens, int most) const = 0;
    /// What a filter says to a prompt; nothing where it says so in an ordinary answer.
    virtual std::optional<ApiError> filtered() const { return std::nullopt; }
};

std::unique_ptr<Wire> openAiWire();
std::unique_ptr<Wire> responsesWire();
std::unique_ptr<Wire> azureWire();
std::unique_ptr<Wire> anthropicWire();
std::unique_ptr<Wire> geminiWire();
std::unique_ptr<Wire> ollamaWire();

/// What a protocol tells beside chats: its models and token counts.
using Told = std::variant<QByteArray, ApiError>;
Told openAiModels(const Wire &wire, const Asked &asked);
Told openAiModel(const Wire &wire, const Asked &asked);
Told anthropicModels(const Wire &wire, const Asked &asked);
Told anthropicModel(const Wire &wire, const Asked &asked);
Told anthropicTokens(const Wire &wire, const Asked &asked);
Told geminiModels(const Wire &wire, const Asked &asked);
Told geminiModel(const Wire &wire, const Asked &asked);
Told geminiTokens(const Wire &wire, const Asked &asked);
Told ollamaTags(const Wire &wire, const Asked &asked);
Told ollamaShow(const Wire &wire, const Asked &asked);
Told ollamaVersion(const Wire &wire, const Asked &asked);

} // namespace talkbench::simulator
