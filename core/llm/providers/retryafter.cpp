#include "core/llm/providers/retryafter.h"

#include "core/llm/providers/servererror.h"

#include <QDateTime>
#include <QLocale>
#include <QRegularExpression>
#include <QTimeZone>

#include <algorithm>
#include <array>
#include <cmath>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

constexpr double weekMs = 7 * 24 * 3600 * 1000.0;

std::optional<qint64> wholeMs(double ms)
{
    if (!std::isfinite(ms))
        return std::nullopt;
    return qRound64(std::clamp(ms, 0.0, weekMs));
}

double unitMs(const QString &unit)
{
    if (unit.startsWith("ms"_L1) || unit.startsWith("mil"_L1))
        return 1;
    if (unit.startsWith(u'm'))
        return 60'000;
    if (unit.startsWith(u'h'))
        return 3'600'000;
    return 1000;
}

QDateTime httpDate(const QByteArray &text)
{
    QDateTime date = QLocale::c().toDateTime(QString::fromLatin1(text.trimmed()), u"ddd, dd MMM yyyy HH:mm:ss 'GMT'"_s);
    date.setTimeZone(QTimeZone::utc());
    return date;
}

/// The server's own idea of now: its clock and ours need not agree.
QDateTime serverNow(const base::HttpHeaders &headers)
{
    const QDateTime date = httpDate(base::headerValue(headers, "date"));
    return date.isValid() ? date : QDateTime::currentDateTimeUtc();
}

std::optional<qint64> untilMs(const QDateTime &when, const base::HttpHeaders &headers)
{
    if (!when.isValid())
        return std::nullopt;
    return wholeMs(static_cast<double>(serverNow(headers).msecsTo(when)));
}

/// A limit's reset: a duration, seconds, a Unix time in s or ms, or RFC 3339.
std::optional<qint64> resetMs(const QByteArray &text, const base::HttpHeaders &headers)
{
    bool number = false;
    const double value = text.trimmed().toDouble(&number);
    if (number && value > 1e11)
        return untilMs(QDateTime::fromMSecsSinceEpoch(qRound64(std::min(value, 1e15)), QTimeZone::utc()), headers);
    if (number && value > 1e9)
        return untilMs(QDateTime::fromSecsSinceEpoch(qRound64(value), QTimeZone::utc()), headers);
    if (text.contains('T') && text.contains('-'))
        return untilMs(QDateTime::fromString(QString::fromLatin1(text.trimmed()), Qt::ISODateWithMs), headers);
    return durationMs(text);
}

/// A limit that still has something left is not the one to wait for.
bool exhausted(const base::HttpHeaders &headers, QByteArray resetName)
{
    const QByteArray remaining = base::headerValue(headers, resetName.replace("reset", "remaining"));
    return remaining.isEmpty() || remaining.trimmed().toDouble() < 1;
}

enum class Window { Minute, Hour, Day, Month };

/// A header of a limit, by the words of its name: "x-ratelimit-remaining-tokens-minute".
struct LimitName {
    RateLimits::Limit RateLimits::*kind = &RateLimits::requests;
    std::optional<qint64> RateLimits::Limit::*field = nullptr;
    Window window = Window::Minute;
};

struct Word {
    const char *word;
    RateLimits::Limit RateLimits::*kind;
};

/// In order: a name with "input" and "tokens" is one of input tokens.
constexpr std::array kindWords {
    Word { "prompt", &RateLimits::inputTokens },     Word { "input", &RateLimits::inputTokens },
    Word { "generated", &RateLimits::outputTokens }, Word { "output", &RateLimits::outputTokens },
    Word { "tokens", &RateLimits::tokens },          Word { "ratelimitbysize", &RateLimits::tokens },
};

std::optional<LimitName> limitName(const QByteArray &header)
{
    const QList<QByteArray> words = header.toLower().split('-');
    LimitName name;
    if (words.contains("limit"))
        name.field = &RateLimits::Limit::limit;
    else if (words.contains("remaining"))
        name.field = &RateLimits::Limit::remaining;
    else if (words.contains("reset"))
        name.field = &RateLimits::Limit::resetMs;
    if (!name.field || !(words.contains("ratelimit") || words.contains("ratelimitbysize")))
        return std::nullopt;
    for (const auto &[word, kind] : kindWords) {
        if (words.contains(word)) {
            name.kind = kind;
            break;
        }
    }
    name.window = words.contains("month") ? Window::Month
        : words.contains("day")           ? Window::Day
        : words.contains("hour")          ? Window::Hour
                                          : Window::Minute;
    return name;
}

} // namespace

std::optional<qint64> durationMs(const QByteArray &text)
{
    bool number = false;
    const double seconds = text.trimmed().toDouble(&number);
    if (number)
        return wholeMs(seconds * 1000);
    if (text.trimmed().startsWith('-'))
        return std::nullopt;
    static const QRegularExpression part(u"(\\d+(?:\\.\\d+)?)\\s*([a-z]+)"_s);
    double total = 0;
    bool found = false;
    QRegularExpressionMatchIterator matches = part.globalMatch(QString::fromLatin1(text.left(64)).toLower());
    while (matches.hasNext()) {
        const QRegularExpressionMatch match = matches.next();
        total += match.captured(1).toDouble() * unitMs(match.captured(2));
        found = true;
    }
    return found ? wholeMs(total) : std::nullopt;
}

std::optional<qint64> retryAfterMs(const base::HttpHeaders &headers)
{
    bool number = false;
    const double ms = base::headerValue(headers, "retry-after-ms").trimmed().toDouble(&number);
    if (number && ms > 0)
        return wholeMs(ms);
    if (const QByteArray after = base::headerValue(headers, "retry-after").trimmed(); !after.isEmpty()) {
        if (const std::optional<qint64> wait = untilMs(httpDate(after), headers))
            return wait;
        if (const std::optional<qint64> wait = durationMs(after))
            return wait;
    }
    std::optional<qint64> longest;
    for (const auto &[key, value] : headers) {
        const QByteArray name = key.toLower();
        if (!name.contains("ratelimit") || !name.contains("reset") || !exhausted(headers, name))
            continue;
        if (const std::optional<qint64> wait = resetMs(value, headers))
            longest = std::max(longest.value_or(0), *wait);
    }
    return longest;
}

RateLimits rateLimitsFromHeaders(const base::HttpHeaders &headers)
{
    RateLimits limits;
    for (const Window window : { Window::Minute, Window::Hour, Window::Day, Window::Month }) {
        for (const auto &[header, value] : headers) {
            const std::optional<LimitName> name = limitName(header);
            if (!name || name->window != window || limits.*(name->kind).*(name->field))
                continue;
            bool number = false;
            const double amount = value.trimmed().toDouble(&number);
            if (name->field == &RateLimits::Limit::resetMs)
                limits.*(name->kind).*(name->field) = resetMs(value, headers);
            else if (number && amount >= 0 && amount < 1e15)
                limits.*(name->kind).*(name->field) = qRound64(amount);
        }
    }
    return limits;
}

} // namespace talkbench::llm
