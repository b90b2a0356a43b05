#include "core/run/bill.h"

namespace talkbench::run {

namespace {

cost::Circumstances circumstancesOf(const profile::RunRecord &record)
{
    return { QDateTime::fromMSecsSinceEpoch(record.startedWallMs, Qt::UTC), record.batch };
}

} // namespace

cost::Receipt receiptOf(const profile::RunRecord &record)
{
    const auto price = cost::priceFromJson(record.price);
    return cost::receiptOf(record.answer.usage.value_or(llm::Usage()), price ? std::optional(*price) : std::nullopt,
                           circumstancesOf(record));
}

std::optional<double> answerUsd(const profile::RunRecord &record)
{
    if (record.cached || !record.answer.usage)
        return std::nullopt;
    const auto usd = receiptOf(record).totalUsd();
    return usd ? usd : record.costUsd;
}

QList<cost::Elsewhere> elsewhere(const profile::RunRecord &record, const QList<cost::ModelRef> &models,
                                 const cost::PriceBook &prices)
{
    if (!record.answer.usage)
        return {};
    QList<cost::ModelRef> others = models;
    others.removeAll({ record.providerId, record.model });
    return cost::sameTurnElsewhere(*record.answer.usage, others, prices, circumstancesOf(record));
}

} // namespace talkbench::run
