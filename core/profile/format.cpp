#include "core/profile/format.h"

#include "core/profile/metrictable.h"

#include <QCoreApplication>
#include <QJsonDocument>
#include <QStringList>

#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::profile {

namespace {

QString fixed(double value, int decimals)
{
    return QString::number(value, 'f', decimals);
}

std::optional<double> metric(const RunRecord &record, const char *id)
{
    const Metric *row = metricById(id);
    return row ? row->compute(record) : std::nullopt;
}

/// Below it a cost is said as 'under', which an estimate's ~ would only blur.
constexpr double worthTellingMs = 100;
constexpr double smallestShownUsd = 0.0001;

} // namespace

QString markEstimate(const QString &text, bool isEstimate)
{
    return isEstimate ? u"~"_s + text : text;
}

QString formatMs(double ms)
{
    if (!std::isfinite(ms))
        return u"–"_s;
    const double size = std::abs(ms);
    if (size > 0 && size < 0.995)
        return fixed(ms, 2) + u" ms"_s;
    if (size > 0 && size < 9.95)
        return fixed(ms, 1) + u" ms"_s;
    if (size < 999.5)
        return fixed(ms, 0) + u" ms"_s;
    if (size < 9950)
        return fixed(ms / 1000, 1) + u" s"_s;
    if (size < 59'500)
        return fixed(ms / 1000, 0) + u" s"_s;
    const qint64 seconds = std::llround(ms / 1000);
    return u"%1 min %2 s"_s.arg(seconds / 60).arg(std::abs(seconds % 60), 2, 10, QChar(u'0'));
}

QString formatCount(qint64 count)
{
    QString digits = QString::number(count);
    const qsizetype first = count < 0 ? 1 : 0;
    for (qsizetype at = digits.size() - 3; at > first; at -= 3)
        digits.insert(at, QChar(0x202f));
    return digits;
}

QString formatRate(double tokensPerSecond)
{
    if (!std::isfinite(tokensPerSecond))
        return u"–"_s;
    const int decimals = std::abs(tokensPerSecond) < 9.95 ? 1 : 0;
    if (decimals == 0)
        return formatCount(std::llround(tokensPerSecond)) + u" tok/s"_s;
    return fixed(tokensPerSecond, decimals) + u" tok/s"_s;
}

QString formatUsd(double usd)
{
    if (!std::isfinite(usd))
        return u"–"_s;
    if (usd == 0)
        return u"$0"_s;
    if (std::abs(usd) < smallestShownUsd)
        return QCoreApplication::translate("Figure", "under $0.0001");
    const QString sign = usd < 0 ? u"−$"_s : u"$"_s;
    const double size = std::abs(usd);
    return sign + fixed(size, size < 0.01 ? 4 : size < 1 ? 3 : 2);
}

QString formatUsdRange(double leastUsd, double mostUsd)
{
    const QString least = formatUsd(leastUsd);
    const QString most = formatUsd(mostUsd);
    if (least == most || mostUsd < smallestShownUsd)
        return most;
    if (leastUsd < smallestShownUsd)
        return QCoreApplication::translate("Figure", "up to %1").arg(most);
    return QCoreApplication::translate("Figure", "%1 to %2").arg(least, most);
}

QString formatUsdItem(double usd)
{
    const double size = std::abs(usd);
    if (!(size > 0 && size < 0.01))
        return formatUsd(usd);
    constexpr int mostDigits = 12;
    const int digits = std::min(2 - static_cast<int>(std::floor(std::log10(size))), mostDigits);
    QString text = fixed(size, digits);
    while (text.endsWith(u'0'))
        text.chop(1);
    return (usd < 0 ? u"−$"_s : u"$"_s) + text;
}

QString formatDifference(double percent)
{
    if (!std::isfinite(percent))
        return u"–"_s;
    const qint64 whole = std::llround(std::min(percent, 1e15));
    const QString sign = whole > 0 ? u"+"_s : whole < 0 ? u"−"_s : u"±"_s;
    return u"%1%2 %"_s.arg(sign, formatCount(std::abs(whole)));
}

QString formatMegabytes(double megabytes)
{
    if (megabytes >= 999.5)
        return fixed(megabytes / 1000, 1) + u" GB"_s;
    if (megabytes > 0 && megabytes < 0.95)
        return fixed(std::ceil(megabytes * 1024), 0) + u" kB"_s;
    return fixed(megabytes, 0) + u" MB"_s;
}

QString formatBytes(qint64 bytes)
{
    constexpr double kilobyte = 1 << 10;
    constexpr double megabyte = 1 << 20;
    if (static_cast<double>(bytes) >= megabyte)
        return formatMegabytes(static_cast<double>(bytes) / megabyte);
    return fixed(std::ceil(static_cast<double>(bytes) / kilobyte), 0) + u" kB"_s;
}

QString formatFigure(double value, QByteArrayView unit)
{
    if (unit == "ms")
        return formatMs(value);
    if (unit == "tok/s")
        return formatRate(value);
    if (unit == "USD")
        return formatUsd(value);
    if (unit == "MB")
        return formatMegabytes(value);
    const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
    const QString number = whole ? formatCount(static_cast<qint64>(value)) : fixed(value, std::abs(value) < 10 ? 2 : 1);
    return unit.isEmpty() ? number : number + u' ' + QString::fromUtf8(unit);
}

QString formatAge(qint64 ms)
{
    const auto text = [](const char *source) { return QCoreApplication::translate("Numbers", source); };
    const qint64 seconds = ms / 1000;
    if (seconds < 1)
        return text(QT_TRANSLATE_NOOP("Numbers", "just now"));
    if (seconds < 60)
        return text(QT_TRANSLATE_NOOP("Numbers", "%1 s ago")).arg(seconds);
    if (seconds < 3600)
        return text(QT_TRANSLATE_NOOP("Numbers", "%1 min ago")).arg(seconds / 60);
    if (seconds < 24 * 3600)
        return text(QT_TRANSLATE_NOOP("Numbers", "%1 h ago")).arg(seconds / 3600);
    const qint64 days = seconds / (24 * 3600);
    return days == 1 ? text(QT_TRANSLATE_NOOP("Numbers", "1 day ago"))
                     : text(QT_TRANSLATE_NOOP("Numbers", "%1 days ago")).arg(days);
}

QString cacheHitText(const CacheHit &hit)
{
    const auto text = [](const char *source) { return QCoreApplication::translate("Numbers", source); };
    QStringList saved;
    if (hit.savedMs)
        saved << formatMs(*hit.savedMs);
    if (hit.savedUsd && *hit.savedUsd > 0)
        saved << formatUsd(*hit.savedUsd);
    const QString from = text(QT_TRANSLATE_NOOP("Numbers", "from %1")).arg(formatAge(hit.ageMs));
    if (saved.isEmpty())
        return from;
    return text(QT_TRANSLATE_NOOP("Numbers", "%1, saved %2"))
        .arg(from, saved.join(text(QT_TRANSLATE_NOOP("Numbers", " and "))));
}

Numbers numbersOf(const RunRecord &record)
{
    Numbers numbers;
    numbers.ended = record.trace.endNs != 0;
    numbers.cached = record.cached;
    numbers.cacheHit = record.cacheHit;
    if (const auto before = metric(record, "before_ms"); before && *before >= worthTellingMs)
        numbers.beforeMs = before;
    numbers.ttftMs = metric(record, "ttft_ms");
    numbers.tokensPerS = metric(record, "tokens_per_s");
    if (const auto &usage = record.answer.usage) {
        numbers.outputTokens = usage->outputTotal();
        numbers.tokensEstimated = usage->source != llm::UsageSource::Server;
    } else if (!record.trace.chunks.isEmpty()) {
        numbers.outputTokens = record.trace.chunks.size();
        numbers.tokensEstimated = true;
    }
    numbers.costUsd = record.costUsd;
    return numbers;
}

QStringList numbersParts(const Numbers &numbers)
{
    const auto text = [](const char *source) { return QCoreApplication::translate("Numbers", source); };
    QStringList parts;
    if (numbers.beforeMs)
        parts << text(QT_TRANSLATE_NOOP("Numbers", "after %1")).arg(formatMs(*numbers.beforeMs));
    if (numbers.cached)
        parts << (numbers.cacheHit ? cacheHitText(*numbers.cacheHit)
                                   : text(QT_TRANSLATE_NOOP("Numbers", "from the cache")));
    else if (numbers.ttftMs)
        parts << text(QT_TRANSLATE_NOOP("Numbers", "%1 to first token")).arg(formatMs(*numbers.ttftMs));
    if (numbers.tokensPerS && !numbers.cached)
        parts << markEstimate(formatRate(*numbers.tokensPerS), numbers.tokensEstimated);
    if (numbers.outputTokens)
        parts << markEstimate(text(QT_TRANSLATE_NOOP("Numbers", "%1 tok")).arg(formatCount(*numbers.outputTokens)),
                              numbers.tokensEstimated);
    if (numbers.cacheHit) // what it cost is said above: nothing
        return parts;
    if (numbers.costUsd)
        parts << markEstimate(formatUsd(*numbers.costUsd),
                              numbers.tokensEstimated && *numbers.costUsd >= smallestShownUsd);
    else if (numbers.ended && numbers.outputTokens)
        parts << text(QT_TRANSLATE_NOOP("Numbers", "price unknown"));
    return parts;
}

QString numbersLine(const Numbers &numbers)
{
    return numbersParts(numbers).join(u" · "_s);
}

QStringList limitsParts(const llm::RateLimits &limits, bool lowOnly)
{
    const std::pair<const char *, const llm::RateLimits::Limit &> rows[] = {
        { QT_TRANSLATE_NOOP("Limits", "requests"), limits.requests },
        { QT_TRANSLATE_NOOP("Limits", "tokens"), limits.tokens },
        { QT_TRANSLATE_NOOP("Limits", "input tokens"), limits.inputTokens },
        { QT_TRANSLATE_NOOP("Limits", "output tokens"), limits.outputTokens },
    };
    const auto text = [](const char *source) { return QCoreApplication::translate("Limits", source); };
    QStringList parts;
    for (const auto &[name, limit] : rows) {
        const bool low =
            limit.remaining && (*limit.remaining <= 0 || (limit.limit && *limit.remaining * 10 <= *limit.limit));
        if (!limit.remaining || (lowOnly && !low))
            continue;
        const QString left = formatCount(*limit.remaining);
        QString part = limit.limit
            ? text(QT_TRANSLATE_NOOP("Limits", "%1 of %2 %3 left")).arg(left, formatCount(*limit.limit), text(name))
            : text(QT_TRANSLATE_NOOP("Limits", "%1 %2 left")).arg(left, text(name));
        if (limit.resetMs)
            part += text(QT_TRANSLATE_NOOP("Limits", ", full again in %1"))
                        .arg(formatMs(static_cast<double>(*limit.resetMs)));
        parts << part;
    }
    return parts;
}

QString printable(QString text)
{
    for (QChar &c : text) {
        if (c.category() == QChar::Other_Control || c.category() == QChar::Other_Format)
            c = QChar::ReplacementCharacter;
    }
    return text;
}

QString jsonText(const QJsonObject &object)
{
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Indented));
}

QString prettyJson(const QString &text)
{
    if (QJsonDocument::fromJson(text.toUtf8()).isNull())
        return text;
    QString pretty;
    int depth = 0;
    bool inString = false;
    const auto newLine = [&] { pretty += u'\n' + QString(2 * qsizetype(depth), u' '); };
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text.at(i);
        if (inString) {
            pretty += c;
            if (c == u'\\' && i + 1 < text.size())
                pretty += text.at(++i);
            inString = c != u'"';
            continue;
        }
        inString = c == u'"';
        const bool closes = c == u'}' || c == u']';
        if (c.isSpace())
            continue;
        if (closes) {
            --depth;
            if (!pretty.endsWith(u'{') && !pretty.endsWith(u'['))
                newLine();
        } else if (pretty.endsWith(u'{') || pretty.endsWith(u'[') || pretty.endsWith(u',')) {
            newLine();
        }
        pretty += c;
        if (c == u':')
            pretty += u' ';
        depth += c == u'{' || c == u'[' ? 1 : 0;
    }
    return pretty;
}

} // namespace talkbench::profile
