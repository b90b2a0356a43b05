#include "app/pricesetup.h"

#include "core/config/settings.h"
#include "core/cost/pricelayers.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace talkbench::app {

base::Result<cost::PriceBook> shippedPrices()
{
    QFile file(u":/prices.json"_s);
    return cost::PriceBook::fromJson(file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray());
}

QStringList applySettings(const config::Settings &settings, cost::PriceBook &prices)
{
    QStringList problems;
    QHash<QString, QString> vendors;
    const auto providers = settings.providers();
    for (const config::ProviderConfig &provider : providers)
        vendors.insert(provider.id, provider.vendor);
    prices.setVendors(vendors);
    prices.setRows(cost::PriceOrigin::User, cost::userPrices(settings.value("prices/own").toMap(), &problems));
    return problems;
}

base::Result<void> changeOwnPrices(config::Settings &settings, const QJsonObject &change)
{
    const auto own = cost::withChange(settings.value("prices/own").toMap(), change);
    if (!own)
        return own.error();
    const auto set = settings.setValue("prices/own", *own);
    return set ? settings.flush() : set;
}

void learnLists(const QList<store::ModelList> &lists, cost::PriceBook &prices)
{
    QList<cost::Price> rows;
    QHash<std::pair<QString, QString>, qint64> limits;
    for (const store::ModelList &list : lists) {
        const QDate fetched = QDateTime::fromMSecsSinceEpoch(list.fetchedMs).toUTC().date();
        rows.append(cost::reportedPrices(list.providerId, list.models, fetched));
        for (const llm::ModelInfo &model : list.models) {
            if (model.maxOutputTokens)
                limits.insert({ list.providerId, model.id }, *model.maxOutputTokens);
        }
    }
    prices.setRows(cost::PriceOrigin::Server, rows);
    prices.setOutputLimits(limits);
}

} // namespace talkbench::app
