#include "core/simulator/schemavalue.h"

#include <QJsonArray>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

constexpr int deepest = 12;
constexpr int deepestOptional = 3;
constexpr int mostValues = 2000; ///< schemas may contain themselves several times
constexpr int longestList = 8;
constexpr int longestText = 4096;

/// "Which city?" → the words after a preposition, or the first one with a capital that does not begin a sentence.
QString placeIn(const QString &prompt)
{
    static const QRegularExpression after(
        u"\\b(?:in|at|of|for|from|to|near)\\s+(\\p{Lu}[\\w'’-]*(?:\\s+\\p{Lu}[\\w'’-]*)*)"_s,
        QRegularExpression::UseUnicodePropertiesOption);
    static const QRegularExpression capital(u"(?<=[\\p{Ll},]\\s)(\\p{Lu}\\p{Ll}[\\w'’-]*)"_s,
                                            QRegularExpression::UseUnicodePropertiesOption);
    const QString start = prompt.left(longestText);
    if (const auto match = after.match(start); match.hasMatch())
        return match.captured(1);
    const auto match = capital.match(start);
    return match.hasMatch() ? match.captured(1) : u"Paris"_s;
}

QString sumIn(const QString &prompt)
{
    static const QRegularExpression sum(u"\\d[\\d\\s.,+*/()^-]*\\d"_s);
    const auto match = sum.match(prompt.left(longestText));
    return match.hasMatch() ? match.captured().simplified() : u"6 * 7"_s;
}

std::optional<double> numberIn(const QString &prompt)
{
    static const QRegularExpression number(u"-?\\d{1,9}(?:\\.\\d{1,6})?"_s);
    const auto match = number.match(prompt.left(longestText));
    return match.hasMatch() ? std::optional(match.captured().toDouble()) : std::nullopt;
}

QString textByFormat(const QString &format)
{
    static const QHash<QString, QString> samples {
        { u"date"_s, u"2026-11-24"_s },
        { u"time"_s, u"09:30:00Z"_s },
        { u"date-time"_s, u"2026-11-24T09:30:00Z"_s },
        { u"email"_s, u"someone@example.org"_s },
        { u"uri"_s, u"https://example.org/"_s },
        { u"uuid"_s, u"6f2c1d6e-3b1f-4f0a-9c55-0d5f6f3c2a11"_s },
        { u"ipv4"_s, u"192.0.2.1"_s },
    };
    return samples.value(format);
}

QString textByName(const QString &name, const QString &prompt)
{
    const auto names = [&](std::initializer_list<QLatin1StringView> words) {
        return std::any_of(words.begin(), words.end(),
                           [&](auto word) { return name.contains(word, Qt::CaseInsensitive); });
    };
    if (names({ "city"_L1, "location"_L1, "place"_L1, "country"_L1, "address"_L1, "destination"_L1 }))
        return placeIn(prompt);
    if (names({ "date"_L1, "day"_L1 }))
        return textByFormat(u"date"_s);
    if (names({ "url"_L1, "uri"_L1, "link"_L1 }))
        return textByFormat(u"uri"_s);
    if (names({ "email"_L1 }))
        return textByFormat(u"email"_s);
    if (names({ "expression"_L1, "formula"_L1, "equation"_L1 }))
        return sumIn(prompt);
    if (names({ "timezone"_L1 }))
        return u"UTC"_s;
    const QString text = prompt.simplified().left(80);
    return text.isEmpty() ? u"something"_s : text;
}

class Composer {
public:
    Composer(const QJsonObject &root, const QString &prompt) : m_root(root), m_prompt(prompt) { }

    QJsonValue value(const QJsonObject &given, const QString &name, int depth)
    {
        if (++m_values > mostValues)
            return {};
        const QJsonObject schema = resolved(given);
        for (const QString &key : { u"const"_s, u"default"_s }) {
            if (schema.contains(key))
                return schema[key];
        }
        for (const QString &key : { u"enum"_s, u"examples"_s }) {
            if (const QJsonArray choices = schema[key].toArray(); !choices.isEmpty())
                return chosen(choices);
        }
        const QString type = typeOf(schema);
        if (depth >= deepest || type == u"null")
            return {};
        if (type == u"object")
            return object(schema, depth);
        if (type == u"array")
            return array(schema, name, depth);
        if (type == u"boolean")
            return true;
        if (type == u"integer" || type == u"number")
            return number(schema, type == u"integer");
        return text(schema, name);
    }

private:
    /// Follows references into the same document, and takes the first of several alternatives.
    QJsonObject resolved(QJsonObject schema) const
    {
        for (int i = 0; i < deepest; ++i) {
            if (const QString reference = schema[u"$ref"_s].toString(); reference.startsWith(u'#')) {
                QJsonValue target = m_root;
                const QStringList steps = reference.mid(1).split(u'/', Qt::SkipEmptyParts);
                for (const QString &step : steps)
                    target = target.toObject()[step];
                schema = target.toObject();
                continue;
            }
            const auto key = std::find_if(alternatives.begin(), alternatives.end(),
                                          [&](const QString &k) { return !schema[k].toArray().isEmpty(); });
            if (key == alternatives.end())
                break;
            schema = schema[*key][0].toObject();
        }
        return schema;
    }

    /// The one that the prompt names, else the first.
    QJsonValue chosen(const QJsonArray &choices) const
    {
        const auto named = std::find_if(choices.begin(), choices.end(), [this](const QJsonValue &choice) {
            return choice.isString() && !choice.toString().isEmpty()
                && m_prompt.contains(choice.toString(), Qt::CaseInsensitive);
        });
        return named == choices.end() ? choices.first() : *named;
    }

    static QString typeOf(const QJsonObject &schema)
    {
        const QJsonValue given = schema[u"type"_s];
        QString type = (given.isArray() ? given[0] : given).toString().toLower(); // Gemini writes STRING
        if (type.isEmpty() && schema.contains(u"properties"_s))
            type = u"object"_s;
        return type.isEmpty() && schema.contains(u"items"_s) ? u"array"_s : type;
    }

    QJsonObject object(const QJsonObject &schema, int depth)
    {
        QJsonObject made;
        const QJsonObject properties = schema[u"properties"_s].toObject();
        const QJsonArray required = schema[u"required"_s].toArray();
        for (auto it = properties.begin(); it != properties.end(); ++it) {
            if (depth < deepestOptional || required.contains(it.key()))
                made[it.key()] = value(it.value().toObject(), it.key(), depth + 1);
        }
        return made;
    }

    QJsonArray array(const QJsonObject &schema, const QString &name, int depth)
    {
        QJsonArray made;
        const int count = std::clamp(schema[u"minItems"_s].toInt(1), 1, longestList);
        for (int i = 0; i < count && depth + 1 < deepest; ++i)
            made.append(value(schema[u"items"_s].toObject(), name, depth + 1));
        return made;
    }

    QJsonValue number(const QJsonObject &schema, bool whole) const
    {
        double number = numberIn(m_prompt).value_or(1);
        if (schema.contains(u"minimum"_s))
            number = std::max(number, schema[u"minimum"_s].toDouble());
        if (schema.contains(u"maximum"_s))
            number = std::min(number, schema[u"maximum"_s].toDouble());
        return whole ? QJsonValue(static_cast<qint64>(std::clamp(number, -1e15, 1e15))) : QJsonValue(number);
    }

    QString text(const QJsonObject &schema, const QString &name) const
    {
        QString text = textByFormat(schema[u"format"_s].toString());
        if (text.isEmpty())
            text = textByName(name, m_prompt);
        if (const int most = schema[u"maxLength"_s].toInt(-1); most >= 0)
            text.truncate(most);
        const int least = std::min(schema[u"minLength"_s].toInt(), longestText);
        return text.leftJustified(least, u'.');
    }

    inline static const QStringList alternatives { u"anyOf"_s, u"oneOf"_s, u"allOf"_s };

    const QJsonObject m_root;
    const QString m_prompt;
    int m_values = 0;
};

} // namespace

QJsonValue valueOf(const QJsonObject &schema, const QString &prompt)
{
    return Composer(schema, prompt).value(schema, {}, 0);
}

} // namespace talkbench::simulator
