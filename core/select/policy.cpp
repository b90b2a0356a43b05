#include "core/select/policy.h"

#include "core/select/strategies.h"

#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

base::Error usage(const QString &message)
{
    return { base::ErrorKind::Usage, message, {}, 0, std::nullopt };
}

QStringList partsOf(const QString &text)
{
    static const QRegularExpression separators(u"[,\\n]"_s);
    QStringList parts;
    const QStringList raw = text.split(separators, Qt::SkipEmptyParts);
    for (const QString &part : raw) {
        if (const QString plain = part.trimmed(); !plain.isEmpty())
            parts.append(plain);
    }
    return parts;
}

/// The value, or its standard one and a word about it.
template <typename T>
T read(const base::Result<T> &result, QStringList *problems)
{
    if (result)
        return *result;
    problems->append(result.error().message);
    return T();
}

} // namespace

QList<ModelRef> Policy::fallbacksOf(const QList<ModelRef> &set) const
{
    return set.size() == 1 ? fallbacks.value(set.constFirst()) : QList<ModelRef>();
}

QList<ModelRef> Policy::models() const
{
    QList<ModelRef> refs;
    const auto add = [this, &refs](const QList<ModelRef> &set) {
        const QList<ModelRef> all = set + fallbacksOf(set);
        for (const ModelRef &ref : all) {
            if (!refs.contains(ref))
                refs.append(ref);
        }
    };
    add(candidates);
    for (const Rule &rule : rules)
        add(rule.models);
    return refs;
}

QStringList Policy::providers() const
{
    QStringList ids;
    const QList<ModelRef> refs = models();
    for (const ModelRef &ref : refs)
        ids.append(ref.providerId);
    ids.removeDuplicates();
    return ids;
}

base::Result<Weights> weightsFromText(const QString &text)
{
    Weights weights { 0, 0, 0 };
    const QStringList parts = partsOf(text);
    for (const QString &part : parts) {
        const QString name = part.section(u'=', 0, 0).trimmed();
        bool isNumber = false;
        const double value = part.section(u'=', 1).toDouble(&isNumber);
        double *weight = name == u"fast"_s ? &weights.fast
            : name == u"cheap"_s           ? &weights.cheap
            : name == u"good"_s            ? &weights.good
                                           : nullptr;
        if (!weight || !isNumber || !std::isfinite(value) || value < 0)
            return usage(u"Weights are fast=…,cheap=…,good=… with numbers from 0, not '%1'."_s.arg(part));
        *weight = value;
    }
    return weights;
}

QString toText(const Weights &weights)
{
    return u"fast=%1,cheap=%2,good=%3"_s.arg(weights.fast).arg(weights.cheap).arg(weights.good);
}

base::Result<QList<ModelRef>> modelRefsFromText(const QString &text)
{
    QList<ModelRef> refs;
    const QStringList parts = partsOf(text);
    for (const QString &part : parts) {
        const auto ref = modelRefFromText(part);
        if (!ref)
            return usage(u"A candidate is 'provider/model', not '%1'."_s.arg(part));
        if (!refs.contains(*ref))
            refs.append(*ref);
    }
    return refs;
}

QString toText(const QList<ModelRef> &refs)
{
    QStringList texts;
    for (const ModelRef &ref : refs)
        texts.append(toText(ref));
    return texts.join(u',');
}

base::Result<QList<Rule>> rulesFromText(const QString &json)
{
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(json.toUtf8(), &error);
    if (!document.isArray())
        return base::Error {
            base::ErrorKind::Config, u"The rules are not a JSON array."_s, error.errorString(), 0, {}
        };
    return rulesFromJson(document.array());
}

QString toText(const QList<Rule> &rules)
{
    return QString::fromUtf8(QJsonDocument(toJson(rules)).toJson(QJsonDocument::Compact));
}

QVariantMap fallbacksToSetting(const QHash<ModelRef, QList<ModelRef>> &fallbacks)
{
    QVariantMap map;
    for (auto it = fallbacks.cbegin(); it != fallbacks.cend(); ++it) {
        QStringList texts;
        for (const ModelRef &ref : it.value())
            texts.append(toText(ref));
        map.insert(toText(it.key()), texts);
    }
    return map;
}

QHash<ModelRef, QList<ModelRef>> fallbacksFromSetting(const QVariantMap &map, QStringList *problems)
{
    QHash<ModelRef, QList<ModelRef>> fallbacks;
    for (auto it = map.cbegin(); it != map.cend(); ++it) {
        const auto failed = modelRefFromText(it.key());
        const auto refs = modelRefsFromText(it.value().toStringList().join(u','));
        if (failed && refs)
            fallbacks.insert(*failed, *refs);
        else
            problems->append(failed ? refs.error().message : u"'%1' is no 'provider/model'."_s.arg(it.key()));
    }
    return fallbacks;
}

Policy policyFrom(const std::function<QVariant(QByteArrayView key)> &value, QStringList *problems)
{
    Policy policy;
    policy.strategy = value("select/strategy").toString();
    policy.weights = read(weightsFromText(value("select/weights").toString()), problems);
    policy.candidates = read(modelRefsFromText(value("select/candidates").toString()), problems);
    policy.rules = read(rulesFromText(value("select/rules").toString()), problems);
    policy.fallbacks = fallbacksFromSetting(value("select/fallbacks").toMap(), problems);
    policy.hedgeFactor = value("select/hedge").toDouble();
    return policy;
}

} // namespace talkbench::select
