#include "core/simulator/openaiwire.h"

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

constexpr qint64 tokensPerRequest = 1000; ///< of the limits that headers tell

QString typeOf(int status)
{
    if (status == 429)
        return u"rate_limit_error"_s;
    return status >= 500 ? u"server_error"_s : u"invalid_request_error"_s;
}

QString codeOf(const ApiError &error)
{
    if (!error.code.isEmpty())
        return error.code;
    return error.status == 401 ? u"invalid_api_key"_s : error.status == 429 ? u"rate_limit_exceeded"_s : QString();
}

QJsonObject modelObject(const QString &name)
{
    return { { u"id"_s, name },
             { u"object"_s, u"model"_s },
             { u"created"_s, 1'700'000'000 },
             { u"owned_by"_s, u"talkbench"_s },
             { u"context_length"_s, contextTokens } };
}

} // namespace

base::HttpHeaders OpenAiFamily::headers(const QByteArray &id, const std::optional<RateLimit> &limit) const
{
    base::HttpHeaders headers { { "x-request-id", id } };
    if (!limit)
        return headers;
    const QByteArray reset = QByteArray::number(limit->resetS, 'f', 3) + 's';
    headers.append({ { "x-ratelimit-limit-requests", QByteArray::number(limit->limit) },
                     { "x-ratelimit-remaining-requests", QByteArray::number(limit->remaining) },
                     { "x-ratelimit-reset-requests", reset },
                     { "x-ratelimit-limit-tokens", QByteArray::number(limit->limit * tokensPerRequest) },
                     { "x-ratelimit-remaining-tokens", QByteArray::number(limit->remaining * tokensPerRequest) },
                     { "x-ratelimit-reset-tokens", reset } });
    return headers;
}

QByteArray OpenAiFamily::errorBody(const ApiError &error) const
{
    return toBytes({ { u"error"_s,
                       QJsonObject { { u"message"_s, error.message },
                                     { u"type"_s, typeOf(error.status) },
                                     { u"param"_s, orNull(error.param) },
                                     { u"code"_s, orNull(codeOf(error)) } } } });
}

QByteArray OpenAiFamily::key(const HttpIn &in) const
{
    const QByteArray azure = base::headerValue(in.headers, "api-key");
    return azure.isEmpty() ? bearer(in) : azure;
}

ApiError OpenAiFamily::badKey() const
{
    return { 401,
             u"Incorrect API key provided. The simulator wants the one of --require-key."_s,
             {},
             u"invalid_api_key"_s,
             {} };
}

ApiError OpenAiFamily::noModel(const QString &name) const
{
    return { 404,
             u"The model '%1' does not exist or you do not have access to it."_s.arg(name),
             u"model"_s,
             u"model_not_found"_s,
             {} };
}

ApiError OpenAiFamily::tooLong(int tokens, int most) const
{
    return { 400,
             u"This model's maximum context length is %1 tokens. However, your messages resulted in %2 tokens. Please "
             "reduce the length of the messages."_s.arg(most)
                 .arg(tokens),
             u"messages"_s,
             u"context_length_exceeded"_s,
             {} };
}

std::optional<ApiError> OpenAiFamily::filtered() const
{
    return ApiError { 400,
                      u"The response was filtered due to the prompt triggering the content management policy. Please "
                      "modify your prompt and retry."_s,
                      u"prompt"_s,
                      u"content_filter"_s,
                      {} };
}

bool OpenAiFamily::readContent(const QJsonObject &message, Turn &turn)
{
    const QJsonValue content = message[u"content"_s];
    if (content.isString()) {
        turn.text = content.toString();
        return true;
    }
    if (content.isNull() || content.isUndefined())
        return turn.role == u"assistant";
    if (!content.isArray())
        return false;
    const QJsonArray parts = content.toArray();
    for (const auto &part : parts) {
        const QString type = part[u"type"_s].toString();
        if (type == u"image_url" || type == u"input_image")
            ++turn.images;
        else if (type.isEmpty())
            return false;
        else
            turn.text += part[u"text"_s].toString();
    }
    return true;
}

Told openAiModels(const Wire &, const Asked &)
{
    QJsonArray list;
    for (const Model &model : models())
        list.append(modelObject(QString::fromLatin1(model.name)));
    return toBytes({ { u"object"_s, u"list"_s }, { u"data"_s, list } });
}

Told openAiModel(const Wire &wire, const Asked &asked)
{
    const QString name = QString::fromUtf8(asked.name);
    if (const auto error = checkModel(wire, name))
        return *error;
    return toBytes(modelObject(name));
}

} // namespace talkbench::simulator
