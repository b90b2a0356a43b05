#include "core/llm/providers/refusedparameter.h"

#include "core/llm/providers/wire.h"

#include <QRegularExpression>

#include <algorithm>
#include <array>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array dispensable {
    "temperature"_L1,    "top_p"_L1, "max_tokens"_L1, "max_completion_tokens"_L1,
    "stream_options"_L1, "seed"_L1,  "stop"_L1,       "reasoning_effort"_L1,
};

constexpr auto refusing =
    "unsupported|unrecogni[sz]ed|unknown|not (supported|permitted|allowed)|does(n't| not) support|"
    "deprecated|extra_forbidden"_L1;

bool isRefusal(const QString &words)
{
    static const QRegularExpression pattern(refusing, QRegularExpression::CaseInsensitiveOption);
    return pattern.match(words).hasMatch();
}

/// "Unrecognized request argument supplied: seed", "stream_options: Extra inputs are not permitted"
bool saysRefused(const QString &message, QLatin1StringView name)
{
    const QString word = u"(?<![\\w.])(?:body\\.)?%1(?!\\w)"_s.arg(name);
    const QRegularExpression pattern(u"(?:%1)[^.]{0,60}%2|%2[^.]{0,60}(?:%1)"_s.arg(QString(refusing), word),
                                     QRegularExpression::CaseInsensitiveOption);
    return pattern.match(message).hasMatch();
}

/// An error object that says which member it is about; a null object where none does.
QJsonObject objectOf(const base::Error &error)
{
    const QJsonObject root = jsonDocument(error.detail.toUtf8()).object();
    const QJsonObject inner = root["error"_L1].toObject();
    return inner.isEmpty() ? root : inner;
}

QString insteadOf(const QString &name)
{
    if (name == "max_tokens"_L1)
        return u"max_completion_tokens"_s;
    return name == "max_completion_tokens"_L1 ? u"max_tokens"_s : QString();
}

} // namespace

std::optional<RefusedParameter> refusedParameter(const base::Error &error)
{
    constexpr int badRequest = 400;
    constexpr int unprocessable = 422;
    if (error.httpStatus != badRequest && error.httpStatus != unprocessable)
        return std::nullopt;
    const QJsonObject object = objectOf(error);
    const QString param = object["param"_L1].toString();
    const QString code = object["code"_L1].toString();
    const bool named = isRefusal(code + u' ' + error.message);
    const auto *const refused = std::find_if(dispensable.begin(), dispensable.end(), [&](QLatin1StringView name) {
        return param.isEmpty() ? saysRefused(error.message, name) : named && param == name;
    });
    if (refused == dispensable.end())
        return std::nullopt;
    // Another effort may well be known: that is for a person to choose.
    const bool onlyThisValue =
        code == "unsupported_value"_L1 || error.message.contains("value"_L1, Qt::CaseInsensitive);
    if (*refused == "reasoning_effort"_L1 && onlyThisValue)
        return std::nullopt;
    return RefusedParameter { QString(*refused), insteadOf(QString(*refused)) };
}

} // namespace talkbench::llm
