#include "core/config/providerrows.h"
#include "core/cost/pricebook.h"
#include "core/profile/metrictable.h"
#include "tests/fuzz/input.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <cmath>

using namespace talkbench;

namespace {

QByteArray text(const QJsonObject &object)
{
    return QJsonDocument(object).toJson();
}

void checkRecord(const QJsonObject &object)
{
    const profile::RunRecord record = profile::runRecordFromJson(object);
    const QJsonObject written = profile::toJson(record);
    fuzz::require(text(profile::toJson(profile::runRecordFromJson(written))) == text(written), "a run can be stored");
    for (const profile::Metric &metric : profile::metricTable()) {
        const auto value = metric.compute(record);
        fuzz::require(!value || std::isfinite(*value), "a metric is a number");
    }
}

void checkProvider(const QJsonObject &object)
{
    QStringList problems;
    const config::ProviderConfig provider = config::providerFromJson(object, &problems);
    if (!config::validate(provider))
        return;
    const QJsonObject written = config::toJson(provider, object);
    const config::ProviderConfig again = config::providerFromJson(written, &problems);
    fuzz::require(text(config::toJson(again, written)) == text(written), "a provider can be stored");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Input input(data, size);
    const int what = input.choice(3);
    const QByteArray json = input.rest();
    if (what == 0)
        checkRecord(QJsonDocument::fromJson(json).object());
    else if (what == 1)
        checkProvider(QJsonDocument::fromJson(json).object());
    else
        cost::PriceBook::fromJson(json);
    return 0;
}
