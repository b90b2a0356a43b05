#include "core/llm/secrets.h"

#include "core/base/logging.h"

#include <QJsonArray>
#include <QRegularExpression>

#include <algorithm>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype maxMessage = 1024;
constexpr qsizetype maxDetail = 8192;

/// Shorter ones would tear holes into ordinary words.
constexpr qsizetype shortestSecret = 6;
/// Of a header that may be none.
constexpr qsizetype shortestValue = 8;

QStringList secretsOf(const Endpoint &endpoint)
{
    const base::Proxy &proxy = endpoint.route.proxy;
    const QString basic = QString::fromLatin1((proxy.user + u':' + proxy.password).toUtf8().toBase64());
    QStringList secrets;
    for (const QString &secret : { endpoint.apiKey, proxy.password, basic }) {
        if (secret.size() >= shortestSecret)
            secrets.append(secret);
    }
    for (const auto &[name, value] : endpoint.headers) {
        const QString whole = QString::fromUtf8(value).trimmed();
        const QString key = whole.section(u' ', -1); // "Bearer KEY"
        const qsizetype shortest = base::carriesKey(name) ? shortestSecret : shortestValue;
        for (const QString &secret : { whole, key }) {
            if (secret.size() >= shortest)
                secrets.append(secret);
        }
    }
    // One may be a part of another.
    std::stable_sort(secrets.begin(), secrets.end(),
                     [](const QString &a, const QString &b) { return a.size() > b.size(); });
    secrets.removeDuplicates();
    return secrets;
}

/// A secret as a text may quote it: also escaped as in JSON ("\/", "\u002b") or in a URL ("%2B").
QString quoted(const QString &secret)
{
    QString pattern;
    for (const QChar c : secret) {
        const QString hex = QString::number(c.unicode(), 16).rightJustified(4, u'0');
        pattern += u"(?:\\\\?"_s + QRegularExpression::escape(QString(c)) + u"|(?i:\\\\u"_s + hex + u')';
        if (c.unicode() < 128)
            pattern += u"|(?i:%"_s + hex.right(2) + u')';
        pattern += u')';
    }
    return pattern;
}

/// Takes the secrets of one endpoint out of texts.
class Eraser final {
public:
    explicit Eraser(const Endpoint &endpoint)
    {
        QStringList patterns;
        for (const QString &secret : secretsOf(endpoint))
            patterns.append(quoted(secret));
        m_any = !patterns.isEmpty();
        m_secrets.setPattern(patterns.join(u'|'));
    }

    QString text(QString text) const { return m_any ? text.replace(m_secrets, u"•••"_s) : text; }

    QJsonValue json(const QJsonValue &value) const
    {
        if (value.isString())
            return text(value.toString());
        if (value.isObject())
            return object(value.toObject());
        QJsonArray array = value.toArray();
        for (QJsonValueRef one : array)
            one = json(one);
        return value.isArray() ? QJsonValue(array) : value;
    }

    QJsonObject object(const QJsonObject &object) const
    {
        QJsonObject clean;
        for (auto it = object.begin(); m_any && it != object.end(); ++it)
            clean.insert(text(it.key()), json(it.value()));
        return m_any ? clean : object;
    }

private:
    bool m_any = false;
    QRegularExpression m_secrets;
};

base::Error cleaned(base::Error error, const Eraser &eraser)
{
    // The patterns come last: one that fits a part of a key would leave the rest of it.
    error.message = base::redact(eraser.text(error.message)).left(maxMessage);
    error.detail = base::redact(eraser.text(error.detail)).left(maxDetail);
    return error;
}

} // namespace

base::Error withoutSecrets(base::Error error, const Endpoint &endpoint)
{
    return cleaned(std::move(error), Eraser(endpoint));
}

Answer withoutSecrets(Answer answer, const Endpoint &endpoint)
{
    const Eraser eraser(endpoint);
    if (answer.error)
        answer.error = cleaned(*answer.error, eraser);
    for (QString *said : { &answer.responseId, &answer.servedModel, &answer.finishReasonRaw })
        *said = eraser.text(*said);
    answer.serverTimings = eraser.object(answer.serverTimings);
    if (answer.usage)
        answer.usage->raw = eraser.object(answer.usage->raw);
    return answer;
}

} // namespace talkbench::llm
