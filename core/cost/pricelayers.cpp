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

QVariantMap withPrices(const QVariantMap &setting, const QList<Price> &userPrices)
{
    QVariantList rows = setting.value(u"rows"_s).toList();
    rows.removeIf(
        [](const QVariant &row) { return static_cast<bool>(priceFromJson(QJsonObject::fromVariantMap(row.toMap()))); });
    QVariantMap changed = setting;
    changed.insert(u"rows"_s, rows + toSetting(userPrices).value(u"rows"_s).toList());
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

} // namespace talkbench::cost
