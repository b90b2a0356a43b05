#include "core/llm/providers/servererror.h"

#include "core/llm/providers/retryafter.h"
#include "core/llm/providers/wire.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>
#include <span>

namespace talkbench::llm {

using namespace Qt::StringLiterals;
using base::ErrorKind;

namespace {

/// More of a text than is kept of any: it is cut to that where its secrets are taken out.
constexpr qsizetype maxRead = 65'536;
constexpr qsizetype longestKey = 8192;

/// The start of a long text. A cut through a key would leave a part that is not known for one: the word there goes, too.
QString startOf(const QByteArray &text)
{
    QString start = QString::fromUtf8(text.left(maxRead));
    if (text.size() <= maxRead)
        return start;
    const auto space = std::find_if(start.crbegin(), start.crend(), [](QChar c) { return c.isSpace(); });
    start.chop(std::min<qsizetype>(space - start.crbegin(), longestKey));
    return start;
}

/// What an error says of itself, out of whichever shape it came in.
struct Said {
    QString message;
    /// Code, type, status word and reasons, joined: words to recognise the kind by.
    QString words;
    int status = 0;
    std::optional<qint64> retryMs;
};

int httpStatusOf(const QJsonValue &value)
{
    const int status = value.isString() ? value.toString().toInt() : value.toInt();
    return status >= 400 && status < 600 ? status : 0;
}

void addWord(Said &said, const QJsonValue &value)
{
    if (value.isString() && !value.toString().isEmpty())
        said.words += value.toString().left(200) + u' ';
    if (said.status == 0)
        said.status = httpStatusOf(value);
}

QString firstText(const QJsonObject &object, std::initializer_list<QLatin1StringView> keys)
{
    for (const QLatin1StringView key : keys) {
        const QJsonValue value = object[key];
        if (value.isString() && !value.toString().trimmed().isEmpty())
            return value.toString().trimmed();
    }
    return {};
}

/// FastAPI's list of complaints: [{"loc": ["body", "model"], "msg": "Field required"}].
QString complaints(const QJsonArray &array)
{
    QStringList lines;
    for (const auto &value : array) {
        const QJsonObject object = value.toObject();
        QStringList place;
        const QJsonArray loc = object["loc"_L1].toArray();
        for (const auto &step : loc)
            place.append(step.toVariant().toString());
        const QString text = value.isString() ? value.toString() : firstText(object, { "msg"_L1, "message"_L1 });
        if (!text.isEmpty())
            lines.append(place.isEmpty() ? text : place.join(u'.') + u": "_s + text);
    }
    return lines.join(u"; "_s);
}

/// Google's list of details: reasons, and how long to wait.
void readDetails(const QJsonArray &details, Said &said)
{
    for (const auto &detail : details) {
        addWord(said, detail["reason"_L1]);
        if (const QString delay = detail["retryDelay"_L1].toString(); !delay.isEmpty())
            said.retryMs = durationMs(delay.toLatin1());
    }
}

/// A gateway's "Provider returned error" hides the sentence that matters in its metadata.
void readMetadata(const QJsonObject &metadata, Said &said)
{
    const QString raw = firstText(metadata, { "raw"_L1 });
    if (!raw.isEmpty() && !said.message.contains(raw))
        said.message += u" ("_s + firstText(metadata, { "provider_name"_L1 }) + u": "_s + raw + u')';
    const QJsonObject headers = metadata["headers"_L1].toObject();
    base::HttpHeaders list;
    for (auto it = headers.begin(); it != headers.end(); ++it)
        list.append({ it.key().toLatin1(), it.value().toVariant().toString().toLatin1() });
    if (const std::optional<qint64> wait = retryAfterMs(list))
        said.retryMs = wait;
}

void readErrorObject(const QJsonObject &error, Said &said)
{
    said.message = firstText(error, { "message"_L1, "msg"_L1, "detail"_L1, "error"_L1, "error_message"_L1 });
    for (const QLatin1StringView key : { "code"_L1, "type"_L1, "status"_L1, "status_code"_L1, "http_code"_L1 })
        addWord(said, error[key]);
    addWord(said, error["innererror"_L1]["code"_L1]);
    readDetails(error["details"_L1].toArray(), said);
    readMetadata(error["metadata"_L1].toObject(), said);
}

/// MiniMax: errors of every kind come with HTTP 200 and a number of its own.
void readBaseResp(const QJsonObject &response, Said &said)
{
    said.message = firstText(response, { "status_msg"_L1 });
    switch (response["status_code"_L1].toInt()) {
    case 1002:
    case 1039:
    case 1041:
    case 2045:
    case 2056:
        said.status = 429;
        break;
    case 1004:
    case 2049:
        said.status = 401;
        break;
    case 1008:
        said.status = 402;
        break;
    case 1026:
    case 1027:
        said.words += u"content_filter "_s;
        break;
    case 1042:
    case 2013:
        said.status = 400;
        break;
    default:
        said.status = 500;
    }
}

Said read(const QJsonObject &root)
{
    Said said;
    const QJsonValue error = root["error"_L1];
    if (error.isObject())
        readErrorObject(error.toObject(), said);
    else if (error.isString())
        said.message = error.toString().trimmed();
    else if (const QJsonArray errors = root[error.isArray() ? "error"_L1 : "errors"_L1].toArray(); !errors.isEmpty())
        said.message = complaints(errors);
    else if (const QJsonObject baseResp = root["base_resp"_L1].toObject(); !baseResp.isEmpty())
        readBaseResp(baseResp, said);

    for (const QLatin1StringView key :
         { "code"_L1, "type"_L1, "raw_status_code"_L1, "status"_L1, "status_code"_L1, "error_code"_L1 })
        addWord(said, root[key]);
    if (said.message.isEmpty())
        said.message = firstText(
            root, { "message"_L1, "detail"_L1, "msg"_L1, "error_message"_L1, "error_msg"_L1, "error_description"_L1 });
    for (const QJsonValue &detail : { root["detail"_L1], root["message"_L1]["detail"_L1] }) {
        if (said.message.isEmpty() && detail.isArray())
            said.message = complaints(detail.toArray());
    }
    if (said.message.isEmpty() && root["detail"_L1].isObject())
        readErrorObject(root["detail"_L1].toObject(), said);
    return said;
}

enum class Where { Anywhere, NotWhenLimited, WithoutServerFault };

/// How a kind is known by its words. In order: the first row that fits wins.
struct Rule {
    ErrorKind kind;
    Where where;
    const char *pattern;
};

constexpr Rule rules[] = {
    { ErrorKind::RateLimited, Where::WithoutServerFault, "(?<!free )allocated quota exceeded" },
    { ErrorKind::Quota, Where::WithoutServerFault,
      "insufficient_(user_)?quota|exceeded_current_quota|free allocated quota|freetieronly|setlimitexceeded|"
      "billing_error|billing_not_active|billing_hard_limit|arrearage|overdue|insufficient[ _]balance|"
      "balance is insufficient|insufficient[ _]credits?|have any credits|credits are depleted|"
      "credit balance is too low|exceeded your current quota|spending limit|requires more credits|payment required|"
      "used all available credits|used up your daily|specified api usage limits|budget has been exceeded|"
      "欠费|余额不足|额度不足" },
    { ErrorKind::Auth, Where::NotWhenLimited,
      "invalid_api_key|api_key_invalid|authentication_error|unauthenticated|incorrect api key|invalid api key|"
      "api key not valid|invalid x-api-key|authentication fails|invalid_authentication|invalid access token|"
      "unregistered callers|api key was reported" },
    { ErrorKind::Filtered, Where::WithoutServerFault,
      "content_filter|content_policy|responsibleaipolicyviolation|data_?inspection_?failed|flagged (by|as)|"
      "requires moderation|moderation_blocked|blocked by content filter|violates usage guidelines|content exists risk|"
      "sensitive_?content|sensitive (information|content)|敏感" },
    { ErrorKind::ContextTooLong, Where::NotWhenLimited,
      "context_length_exceeded|exceed_context_size|context_window_exceeded|request_too_large|maximum context length|"
      "context (length|window|size)[^.]{0,60}(exceed|too)|exceeds?[^.]{0,60}context|prompt is too long|"
      "input (is|was) too long|maximum prompt length|exceeds the maximum number of tokens|too large for model with|"
      "reduce the length of the (messages|prompt|input)|longer than the (model|maximum)|out_?of_?context|"
      "max_new_tokens[^.]{0,3} must be|must have less than \\d+ tokens|range of input length|max_seq_len|"
      "exceed(s|ed)? (the )?model (token )?limit|token length too long|exceeds max length|larger context length|超长" },
    { ErrorKind::Overloaded, Where::Anywhere,
      "overloaded|unavailable_error|service[ _]?unavailable|engine_overloaded|no available (server|capacity)|"
      "\\bcapacity_exceeded|(at|over) capacity" },
    { ErrorKind::RateLimited, Where::WithoutServerFault,
      "rate_?limit|resource_exhausted|too_?many_?requests|rate limit|too many requests|throttl" },
    { ErrorKind::Forbidden, Where::WithoutServerFault, "location is not supported|unsupported_country" },
    { ErrorKind::NotFound, Where::WithoutServerFault,
      "model_not_found|not_found_error|deploymentnotfound|invalid_model|model_not_exist|model not (found|exist)|"
      "model_not_supported|requested model( '[^']*')? is not supported|decommissioned|no models loaded|模型不存在|"
      "invalid model:|not a valid model|unknown model|no such model|supported api model names|"
      "\\bmodel\\b[^.]{0,120}(not found|does not exist|doesn't exist|is not available)" },
};

bool applies(Where where, int status)
{
    switch (where) {
    case Where::Anywhere:
        return true;
    case Where::NotWhenLimited:
        return status != 429;
    case Where::WithoutServerFault:
        return status < 500;
    }
    return true;
}

ErrorKind kindByStatus(int status, const QString &words)
{
    switch (status) {
    case 401:
    case 407:
        return ErrorKind::Auth;
    case 402:
        return ErrorKind::Quota;
    case 403:
        return ErrorKind::Forbidden;
    case 404:
    case 410:
        return ErrorKind::NotFound;
    case 413:
        return ErrorKind::ContextTooLong;
    case 429:
        return ErrorKind::RateLimited;
    case 408:
    case 499:
        return ErrorKind::Server;
    case 503:
    case 529:
        return ErrorKind::Overloaded;
    default:
        break;
    }
    if (status >= 500)
        return ErrorKind::Server;
    if (status >= 400)
        return ErrorKind::InvalidRequest;
    if (status >= 300)
        return ErrorKind::Redirect;
    if (words.contains("invalid_request"_L1) || words.contains("invalid_argument"_L1, Qt::CaseInsensitive))
        return ErrorKind::InvalidRequest;
    if (words.contains("permission"_L1, Qt::CaseInsensitive))
        return ErrorKind::Forbidden;
    return ErrorKind::Server;
}

ErrorKind kindOf(int status, const Said &said)
{
    // A quota that names its own wait is a rate limit by another name.
    const bool waits = said.retryMs.has_value();
    if (status == 401 || status == 402 || status == 413)
        return kindByStatus(status, {});
    const QString text = said.words + said.message;
    for (const Rule &rule : rules) {
        if (!applies(rule.where, status) || (rule.kind == ErrorKind::Quota && waits))
            continue;
        const QRegularExpression pattern(QString::fromUtf8(rule.pattern), QRegularExpression::CaseInsensitiveOption);
        if (pattern.match(text).hasMatch())
            return rule.kind;
    }
    return kindByStatus(status, said.words);
}

const auto keyRefused = u"The server refused the key"_s;

QString leadOf(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::Auth:
        return keyRefused;
    case ErrorKind::Forbidden:
        return u"The server denies access"_s;
    case ErrorKind::NotFound:
        return u"The server does not know this model or address"_s;
    case ErrorKind::InvalidRequest:
        return u"The server did not accept the request"_s;
    case ErrorKind::ContextTooLong:
        return u"The conversation is too long for this model"_s;
    case ErrorKind::RateLimited:
        return u"The server's rate limit is reached"_s;
    case ErrorKind::Quota:
        return u"The account's quota or credit is used up"_s;
    case ErrorKind::Overloaded:
        return u"The server is overloaded"_s;
    case ErrorKind::Redirect:
        return u"The server redirects to another address"_s;
    case ErrorKind::Filtered:
        return u"The provider's content filter blocked the request"_s;
    default:
        return u"The server reported an error"_s;
    }
}

QString sentence(ErrorKind kind, int status, const QString &said)
{
    QString text = leadOf(kind);
    if (status != 0)
        text += u" (HTTP %1)"_s.arg(status);
    return said.isEmpty() ? text + u'.' : text + u": "_s + said;
}

/// Unset for what is no text: compressed, binary, or in an encoding that would be read wrong.
std::optional<QString> textOf(const QByteArray &body)
{
    const QString start = startOf(body);
    const bool binary = std::any_of(start.begin(), start.end(), [](QChar c) {
        return c < u' ' && c != u'\t' && c != u'\n' && c != u'\r' && c != u'\f' && c != u'\x1b';
    });
    return binary || start.count(QChar::ReplacementCharacter) * 4 > start.size() ? std::nullopt : std::optional(start);
}

QString notText(const QByteArray &body)
{
    return u"%1 bytes that are not text (compressed?)"_s.arg(body.size());
}

bool looksLikeHtml(const QByteArray &body)
{
    return body.trimmed().startsWith('<');
}

/// A page's title says what it is: "502 Bad Gateway", "Just a moment…".
QString titleOf(const QByteArray &html)
{
    static const QRegularExpression title(u"<title[^>]*>([^<]+)<"_s, QRegularExpression::CaseInsensitiveOption);
    return title.match(startOf(html)).captured(1).simplified();
}

QString page(const QByteArray &body)
{
    const QString title = titleOf(body);
    return title.isEmpty() ? u"a web page instead of JSON"_s : u"a web page instead of JSON, “%1”"_s.arg(title);
}

/// "Please try again in 1.2s", "Please retry after 6 seconds".
std::optional<qint64> waitInText(const QString &text)
{
    static const QRegularExpression wait(
        u"(?:try again (?:in|after)|retry after|retry in|please wait) ((?:\\d+(?:\\.\\d+)?\\s*(?:ms|milliseconds?|s|sec|seconds?|m|minutes?|h)\\s*)+)"_s,
        QRegularExpression::CaseInsensitiveOption);
    const QRegularExpressionMatch match = wait.match(text);
    return match.hasMatch() ? durationMs(match.captured(1).toLatin1()) : std::nullopt;
}

base::Error errorFrom(Said said, int httpStatus, const QString &detail)
{
    said.message = startOf(said.message.toUtf8());
    base::Error error;
    const int status = httpStatus >= 300 ? httpStatus : said.status;
    error.kind = kindOf(status, said);
    error.httpStatus = httpStatus;
    error.message = sentence(error.kind, httpStatus, said.message);
    error.detail = detail;
    error.retryAfterMs = said.retryMs;
    if (!error.retryAfterMs && error.kind == ErrorKind::RateLimited)
        error.retryAfterMs = waitInText(said.message);
    return error;
}

/// Some gateways put an error with empty members beside a good answer.
bool saysSomething(const QJsonValue &value)
{
    const QJsonObject members = value.toObject();
    return !value.toString().isEmpty() || value.toDouble() != 0 || value.toBool() || !value.toArray().isEmpty()
        || std::any_of(members.begin(), members.end(), saysSomething);
}

} // namespace

QString detailOf(const QByteArray &body)
{
    return textOf(body).value_or(notText(body));
}

base::Error httpError(const base::HttpHead &head, const QByteArray &body)
{
    Said said;
    const QList<QJsonObject> objects = jsonObjects(body);
    if (!objects.isEmpty())
        said = read(objects.first());
    else if (looksLikeHtml(body))
        said.message = u"it answered with "_s + page(body);
    else
        said.message = textOf(body).value_or(notText(body)).simplified();
    if (head.status >= 300 && head.status < 400)
        said.message = QString::fromUtf8(base::headerValue(head.headers, "location"));

    base::Error error = errorFrom(said, head.status, detailOf(body));
    const bool mayWait = head.status == 429 || head.status >= 500 || error.kind == ErrorKind::RateLimited;
    if (const std::optional<qint64> wait = mayWait ? retryAfterMs(head.headers) : std::nullopt)
        error.retryAfterMs = wait;
    return error;
}

base::Error withoutKey(base::Error error)
{
    if (error.kind == ErrorKind::Auth && error.message.startsWith(keyRefused))
        error.message.replace(0, keyRefused.size(), u"The server wants a key, and none was sent"_s);
    return error;
}

bool isServerError(const QJsonObject &object, QByteArrayView name)
{
    const QJsonValue error = object["error"_L1];
    if (!error.isBool() && saysSomething(error))
        return true;
    if (const QJsonValue success = object["success"_L1]; success.isBool() && !success.toBool())
        return true;
    if (name == QByteArrayView("error") || object["type"_L1].toString() == "error"_L1
        || object["object"_L1].toString() == "error"_L1)
        return true;
    return object["base_resp"_L1]["status_code"_L1].toInt() != 0;
}

base::Error serverError(const QJsonObject &object)
{
    return errorFrom(read(object), 0, detailOf(QJsonDocument(object).toJson(QJsonDocument::Compact)));
}

base::Error notJsonError(const QByteArray &body)
{
    base::Error error;
    error.kind = ErrorKind::NotJson;
    error.detail = detailOf(body);
    const std::optional<QString> text = textOf(body);
    if (looksLikeHtml(body))
        error.message = u"The server answered with %1. Is the base URL right?"_s.arg(page(body));
    else if (body.startsWith("\x1f\x8b"))
        error.message =
            u"The server compressed its answer, although it was asked not to. Is there a proxy in between?"_s;
    else if (text)
        error.message = u"The server answered with text that is not JSON: %1"_s.arg(text->simplified());
    else
        error.message = u"The server answered with %1."_s.arg(notText(body));
    return error;
}

} // namespace talkbench::llm
