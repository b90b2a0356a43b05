#include "core/select/rules.h"

#include <QJsonObject>

#include <cmath>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

base::Error wrong(const QString &rule, const QString &what)
{
    return { .kind = base::ErrorKind::Config,
             .message = u"Rule '%1': %2"_s.arg(rule, what),
             .detail = {},
             .httpStatus = 0,
             .retryAfterMs = {} };
}

/// Reads one rule's members; the first that is of the wrong kind is kept as the problem, else one that nobody has asked for.
class Reader {
public:
    explicit Reader(const QJsonObject &object) : m_object(object) { }

    /// When all has been read.
    QString problem() const
    {
        if (!m_problem.isEmpty())
            return m_problem;
        const QStringList members = m_object.keys();
        for (const QString &member : members) {
            if (!m_asked.contains(member))
                return u"'%1' is no member of a rule; those are %2."_s.arg(member, m_asked.join(u", "_s));
        }
        return {};
    }

    std::optional<double> number(const char *key)
    {
        const QJsonValue value = take(key);
        if (!value.isUndefined() && !(value.isDouble() && value.toDouble() >= 0 && value.toDouble() < 1e15))
            blame(key, u"a number from 0"_s);
        return value.isDouble() && value.toDouble() >= 0 ? std::optional(value.toDouble()) : std::nullopt;
    }

    std::optional<qint64> count(const char *key)
    {
        const auto value = number(key);
        return value && *value < 1e15 ? std::optional(std::llround(*value)) : std::nullopt;
    }

    std::optional<bool> flag(const char *key)
    {
        const QJsonValue value = take(key);
        if (!value.isUndefined() && !value.isBool())
            blame(key, u"true or false"_s);
        return value.isBool() ? std::optional(value.toBool()) : std::nullopt;
    }

    QString text(const char *key)
    {
        const QJsonValue value = take(key);
        if (!value.isUndefined() && !value.isString())
            blame(key, u"a text"_s);
        return value.toString();
    }

    QStringList texts(const char *key)
    {
        const QJsonValue value = take(key);
        if (!value.isUndefined() && !value.isArray())
            blame(key, u"a list of texts"_s);
        QStringList list;
        const QJsonArray array = value.toArray();
        for (const auto &item : array) {
            if (!item.isString() || item.toString().isEmpty())
                blame(key, u"a list of texts"_s);
            else
                list.append(item.toString());
        }
        return list;
    }

    QTime time(const char *key)
    {
        const QString words = text(key);
        const QTime value = QTime::fromString(words, u"HH:mm"_s);
        if (!words.isEmpty() && !value.isValid())
            blame(key, u"a time such as 18:30"_s);
        return value;
    }

    void blame(const char *key, const QString &wanted)
    {
        if (m_problem.isEmpty())
            m_problem = u"'%1' must be %2."_s.arg(QLatin1StringView(key), wanted);
    }

private:
    QJsonValue take(const char *key)
    {
        m_asked.append(QString::fromLatin1(key));
        return m_object[QLatin1StringView(key)];
    }

    const QJsonObject m_object;
    QStringList m_asked;
    QString m_problem;
};

base::Result<Rule> ruleFromJson(const QJsonObject &object)
{
    Reader reader(object);
    Rule rule;
    rule.name = reader.text("name");
    rule.enabled = reader.flag("enabled").value_or(true);
    rule.minTokens = reader.count("min_tokens");
    rule.maxTokens = reader.count("max_tokens");
    rule.keywords = reader.texts("keywords");
    rule.pattern = reader.text("pattern");
    rule.languages = reader.texts("languages");
    rule.hasImage = reader.flag("has_image");
    rule.hasCode = reader.flag("has_code");
    rule.hasTools = reader.flag("has_tools");
    if (const QString quality = reader.text("quality"); !quality.isEmpty()) {
        rule.quality = qualityFromName(quality);
        if (!rule.quality)
            reader.blame("quality", u"low, balanced or high"_s);
    }
    rule.tags = reader.texts("tags");
    rule.from = reader.time("from");
    rule.until = reader.time("until");
    rule.budgetBelow = reader.number("budget_below");
    const QStringList models = reader.texts("models");
    for (const QString &model : models) {
        if (const auto ref = modelRefFromText(model))
            rule.models.append(*ref);
        else
            reader.blame("models", u"a list of 'provider/model'"_s);
    }
    if (const QString problem = reader.problem(); !problem.isEmpty())
        return wrong(rule.name, problem);
    if (const auto fine = checkRule(rule); !fine)
        return fine.error();
    return rule;
}

QJsonObject toJson(const Rule &rule)
{
    QJsonArray models;
    for (const ModelRef &ref : rule.models)
        models.append(toText(ref));
    QJsonObject object { { u"name"_s, rule.name }, { u"enabled"_s, rule.enabled }, { u"models"_s, models } };
    const auto put = [&object](const char *key, const auto &value) {
        if (value)
            object.insert(QLatin1StringView(key), *value);
    };
    const auto putTexts = [&object](const char *key, const QStringList &texts) {
        if (!texts.isEmpty())
            object.insert(QLatin1StringView(key), QJsonArray::fromStringList(texts));
    };
    put("min_tokens", rule.minTokens);
    put("max_tokens", rule.maxTokens);
    putTexts("keywords", rule.keywords);
    if (!rule.pattern.isEmpty())
        object["pattern"_L1] = rule.pattern;
    putTexts("languages", rule.languages);
    put("has_image", rule.hasImage);
    put("has_code", rule.hasCode);
    put("has_tools", rule.hasTools);
    if (rule.quality)
        object["quality"_L1] = qualityName(*rule.quality);
    putTexts("tags", rule.tags);
    if (rule.from.isValid())
        object["from"_L1] = rule.from.toString(u"HH:mm"_s);
    if (rule.until.isValid())
        object["until"_L1] = rule.until.toString(u"HH:mm"_s);
    put("budget_below", rule.budgetBelow);
    return object;
}

} // namespace

QJsonArray toJson(const QList<Rule> &rules)
{
    QJsonArray array;
    for (const Rule &rule : rules)
        array.append(toJson(rule));
    return array;
}

base::Result<QList<Rule>> rulesFromJson(const QJsonArray &array)
{
    QList<Rule> rules;
    for (const auto &item : array) {
        if (!item.isObject())
            return wrong(QString::number(rules.size() + 1), u"it is no object."_s);
        auto rule = ruleFromJson(item.toObject());
        if (!rule)
            return rule.error();
        rules.append(*std::move(rule));
    }
    return rules;
}

} // namespace talkbench::select
