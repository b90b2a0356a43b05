#include "core/cost/pricelayers.h"

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

bool isOf(const QVariantMap &price, const QString &providerId, const QString &model)
{
    return price.value(u"model"_s).toString() == model && price.value(u"provider"_s).toString() == providerId;
}

template <typename Goes>
std::optional<QVariantMap> without(const QVariantMap &setting, const Goes &goes)
{
    QVariantList rows = setting.value(u"rows"_s).toList();
    if (rows.removeIf([&goes](const QVariant &row) { return goes(row.toMap()); }) == 0)
        return std::nullopt;
    QVariantMap changed = setting;
    changed.insert(u"rows"_s, rows);
    return changed;
}

} // namespace

QList<Price> reportedPrices(const QString &providerId, const QList<llm::ModelInfo> &models, const QDate &fetched)
{
    QList<Price> prices;
    for (const llm::ModelInfo &model : models) {
        if (!model.inputPrice || !model.outputPrice || model.id.isEmpty())
            continue;
        Price price;
        price.input = *model.inputPrice;
        price.output = *model.outputPrice;
        price.cacheRead = model.cacheReadPrice;
        price.model = model.id;
        price.providerId = providerId;
        price.source = u"reported by the server's model list"_s;
        price.date = fetched;
        price.origin = PriceOrigin::Server;
        // OpenRouter's router is priced at -1: it depends.
        if (price.input >= 0 && price.output >= 0 && price.cacheRead.value_or(0) >= 0)
            prices.append(price);
    }
    return prices;
}

std::optional<llm::ModelInfo> withLimits(const std::optional<llm::ModelInfo> &told, const ModelLimits &limits)
{
    if (limits == ModelLimits())
        return told;
    llm::ModelInfo info = told.value_or(llm::ModelInfo());
    if (!info.contextTokens)
        info.contextTokens = limits.contextTokens;
    if (!info.maxOutputTokens)
        info.maxOutputTokens = limits.maxOutputTokens;
    return info;
}

QList<Price> userPrices(const QVariantMap &setting, QStringList *problems)
{
    QList<Price> prices;
    const QVariantList rows = setting.value(u"rows"_s).toList();
    for (const QVariant &row : rows) {
        auto price = priceFromJson(QJsonObject::fromVariantMap(row.toMap()));
        if (!price) {
            problems->append(price.error().detail);
            continue;
        }
        price->origin = PriceOrigin::User;
        prices.append(*price);
    }
    return prices;
}

QVariantMap toSetting(const QList<Price> &userPrices)
{
    QVariantList rows;
    for (const Price &price : userPrices)
        rows.append(toJson(price).toVariantMap());
    return { { u"rows"_s, rows } };
}

QVariantMap withChanges(const QVariantMap &setting, const QList<Price> &before, const QList<Price> &after)
{
    QVariantMap changed = setting;
    for (const Price &price : before) {
        if (!after.contains(price))
            changed = withoutPrice(changed, price.providerId, price.model, price.from).value_or(changed);
    }
    for (const Price &price : after) {
        if (!before.contains(price))
            changed = withPrice(changed, price);
    }
    return changed;
}

QVariantMap withPrice(const QVariantMap &setting, const Price &price)
{
    QVariantMap changed = withoutPrice(setting, price.providerId, price.model, price.from).value_or(setting);
    changed.insert(u"rows"_s, changed.value(u"rows"_s).toList() + QVariantList { toJson(price).toVariantMap() });
    return changed;
}

std::optional<QVariantMap> withoutPrice(const QVariantMap &setting, const QString &providerId, const QString &model)
{
    return without(setting, [&](const QVariantMap &price) { return isOf(price, providerId, model); });
}

std::optional<QVariantMap> withoutPrice(const QVariantMap &setting, const QString &providerId, const QString &model,
                                        const QDate &from)
{
    const QString day = from.toString(Qt::ISODate);
    return without(setting, [&](const QVariantMap &price) {
        return isOf(price, providerId, model) && price.value(u"from"_s).toString() == day;
    });
}

QJsonObject settingOf(const Price &price)
{
    return { { "set"_L1, toJson(price) } };
}

QJsonObject unsettingOf(const QString &providerId, const QString &model, const QDate &from)
{
    QJsonObject which { { "provider"_L1, providerId }, { "model"_L1, model } };
    if (from.isValid())
        which.insert("from"_L1, from.toString(Qt::ISODate));
    return { { "unset"_L1, which } };
}

base::Result<QVariantMap> withChange(const QVariantMap &setting, const QJsonObject &change)
{
    if (change.contains("set"_L1)) {
        const auto price = priceFromJson(change["set"_L1].toObject());
        return price ? base::Result<QVariantMap>(withPrice(setting, *price)) : price.error();
    }
    const QJsonObject which = change["unset"_L1].toObject();
    const QString provider = which["provider"_L1].toString();
    const QString model = which["model"_L1].toString();
    const QDate from = QDate::fromString(which["from"_L1].toString(), Qt::ISODate);
    const auto without =
        from.isValid() ? withoutPrice(setting, provider, model, from) : withoutPrice(setting, provider, model);
    if (without)
        return *without;
    const QString where = provider.isEmpty() ? QString() : u" of %1"_s.arg(provider);
    return base::Error {
        base::ErrorKind::NotFound, u"There is no price of your own for %1%2."_s.arg(model, where), {}, 0, std::nullopt
    };
}

} // namespace talkbench::cost
