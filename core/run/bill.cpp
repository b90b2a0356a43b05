#include "core/run/bill.h"

#include <QJsonArray>
#include <QJsonObject>

#include <algorithm>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

/// Of an attempt that brought an answer.
void add(QList<Beside> &besides, Beside::What what, const profile::Attempt &attempt)
{
    const QString model = what == Beside::What::Judge ? attempt.model : QString();
    auto row = std::find_if(besides.begin(), besides.end(),
                            [&](const Beside &other) { return other.what == what && other.model == model; });
    if (row == besides.end())
        row = besides.insert(besides.end(), { what, model, 0, 0.0 });
    ++row->count;
    row->usd = row->usd && attempt.costUsd ? std::optional(*row->usd + *attempt.costUsd) : std::nullopt;
}

QJsonValue orNull(const std::optional<double> &value)
{
    return value ? QJsonValue(*value) : QJsonValue();
}

cost::Circumstances circumstancesOf(const profile::RunRecord &record)
{
    return { QDateTime::fromMSecsSinceEpoch(record.startedWallMs).toUTC(), record.batch };
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
    if (usd || !record.costUsd)
        return usd;
    double left = *record.costUsd;
    for (const Beside &beside : besidesOf(record))
        left -= beside.usd.value_or(0);
    return left;
}

QList<Beside> besidesOf(const profile::RunRecord &record)
{
    QList<Beside> besides;
    for (const profile::Attempt &attempt : record.earlierAttempts) {
        if (attempt.usage)
            add(besides, Beside::What::FailedAnswers, attempt);
    }
    for (const profile::Attempt &judge : record.judgements) {
        if (judge.usage)
            add(besides, Beside::What::Judge, judge);
    }
    return besides;
}

bool hasReceipt(const profile::RunRecord &record)
{
    return record.answer.usage || !besidesOf(record).isEmpty();
}

QJsonValue receiptJson(const profile::RunRecord &record)
{
    if (!hasReceipt(record))
        return {};
    QJsonArray besides;
    for (const Beside &beside : besidesOf(record)) {
        const bool judge = beside.what == Beside::What::Judge;
        QJsonObject row { { "what"_L1, judge ? "judge"_L1 : "failed_answers"_L1 },
                          { "count"_L1, beside.count },
                          { "usd"_L1, orNull(beside.usd) } };
        if (judge)
            row.insert("model"_L1, beside.model);
        besides.append(row);
    }
    QJsonObject object = cost::toJson(receiptOf(record));
    object.insert("besides"_L1, besides);
    object.insert("total_usd"_L1, orNull(record.costUsd));
    return object;
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
