#pragma once

#include "core/simulator/script.h"

#include <QByteArray>

#include <memory>
#include <variant>

namespace talkbench::simulator {

/// A refusal, before each protocol gives it its own shape.
struct ApiError {
    int status = 400;
    QString message;
    QString param;
    QString code;
};

/// What the frames of one answer have in common.
struct Reply {
    QByteArray id;
    QString model;
    qint64 createdS = 0; ///< Unix time
    bool crlf = false;
    bool usage = false;
    bool nullUsage = false; ///< each chunk says `usage: null`
};

/// When it really happened, for the protocols that tell.
struct ServerTimes {
    qint64 totalNs = 0;
    qint64 promptNs = 0;
    qint64 answerNs = 0;
};

/// One protocol's words: requests in, bodies out. Each frame is whole, with its line ends.
class Wire {
public:
    virtual ~Wire() = default;

    virtual std::variant<ChatInput, ApiError> parse(const QByteArray &body) const = 0;
    virtual QByteArray errorBody(const ApiError &error) const = 0;

    virtual QByteArray streamType() const = 0;
    virtual QByteArray opening(const Reply &reply) const = 0;
    virtual QByteArray piece(const Reply &reply, const Piece &piece) const = 0;
    virtual QByteArray streamError(const Reply &reply) const = 0;
    virtual QByteArray comment(const Reply &reply) const = 0;
    virtual QByteArray ping(const Reply &reply) const = 0;
    /// The finish reason and the usage.
    virtual QByteArray ending(const Reply &reply, const Script &script, const ServerTimes &times) const = 0;
    /// What no-done leaves out.
    virtual QByteArray done(const Reply &reply, const Script &script, const ServerTimes &times) const = 0;

    virtual QByteArray whole(const Reply &reply, const Script &script, const ServerTimes &times) const = 0;
};

std::unique_ptr<Wire> openAiWire();
std::unique_ptr<Wire> ollamaWire();

/// The lists of models: /v1/models and /api/tags.
QByteArray openAiModels();
QByteArray ollamaTags();

} // namespace talkbench::simulator
