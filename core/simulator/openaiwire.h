#pragma once

#include "core/simulator/wirejson.h"

namespace talkbench::simulator {

/// What OpenAI's protocols have in common: keys, errors, headers.
class OpenAiFamily : public Wire {
public:
    base::HttpHeaders headers(const QByteArray &id, const std::optional<RateLimit> &limit) const override;
    QByteArray errorBody(const ApiError &error) const override;
    QByteArray key(const HttpIn &in) const override;
    ApiError badKey() const override;
    ApiError noModel(const QString &name) const override;
    ApiError tooLong(int tokens, int most) const override;
    std::optional<ApiError> filtered() const override;

protected:
    /// `user`'s and others' content: text, or a list of parts.
    static bool readContent(const QJsonObject &message, Turn &turn);
};

/// Chat completions.
class OpenAiWire : public OpenAiFamily {
public:
    std::variant<ChatInput, ApiError> parse(const Asked &asked) const override;
    std::unique_ptr<Framer> framer(const Reply &reply, const ChatInput &input, const Script &script) const override;
    QByteArray idPrefix() const override { return "chatcmpl-sim-"; }

protected:
    static std::variant<ChatInput, ApiError> parseChat(const Wire &wire, const QByteArray &body, const QString &model);
};

/// The chunks of a chat completion.
class OpenAiFramer : public Framer {
public:
    using Framer::Framer;

    QByteArray opening() override;
    QByteArray piece(const Piece &piece) override;
    QByteArray ping() override { return event("ping", R"({"type":"ping"})"); }
    QByteArray ending(const ServerTimes &times) override;
    QByteArray done(const ServerTimes &times) override;
    QByteArray streamError() override;
    QByteArray whole(const ServerTimes &times) override;

protected:
    /// What stands in each choice beside the delta; begins with a comma.
    virtual QByteArray beside() const { return {}; }
    virtual QJsonObject choice() const;
    virtual QJsonObject completion() const;
    QByteArray chunk(const QByteArray &delta, const QByteArray &finish) const;

private:
    QByteArray head() const;
};

} // namespace talkbench::simulator
