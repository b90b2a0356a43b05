#include "core/run/repricing.h"

#include "core/profile/format.h"
#include "core/profile/operation.h"
#include "core/run/bill.h"

#include <cmath>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

/// Less is a sum that was added up in another order.
constexpr double leastUsd = 1e-12;

/// Its tokens were paid for by the call that it had joined.
bool isPaidByAnother(const profile::RunRecord &record)
{
    return record.costUsd == 0.0 && receiptOf(record).totalUsd().value_or(0) > 0;
}

QString note(const profile::RunRecord &was, double usd, const QString &version, const QDateTime &now)
{
    const QString before = was.costUsd
        ? u"%1 by the prices of %2"_s.arg(profile::formatUsd(*was.costUsd), was.priceVersion)
        : u"an unknown cost"_s;
    return u"recomputed on %1 by the prices of %2: %3 in place of %4"_s.arg(now.toUTC().date().toString(Qt::ISODate),
                                                                            version, profile::formatUsd(usd), before);
}

} // namespace

std::optional<profile::RunRecord> Repricing::operator()(const profile::RunRecord &record)
{
    const auto changed = repriced(record);
    ++m_sums.calls;
    m_sums.changed += changed ? 1 : 0;
    m_sums.oldUsd += record.costUsd.value_or(0);
    m_sums.newUsd += (changed ? changed->costUsd : record.costUsd).value_or(0);
    return changed;
}

std::optional<profile::RunRecord> Repricing::repriced(const profile::RunRecord &record)
{
    if (record.cached || isPaidByAnother(record))
        return std::nullopt;
    profile::RunRecord changed = record;
    const auto usd = reprice(changed);
    m_sums.unpriced += usd ? 0 : 1;
    if (!usd || (record.costUsd && std::abs(*usd - *record.costUsd) < leastUsd))
        return std::nullopt;
    if (!record.costUsd && *usd == 0 && !record.answer.usage) // it never got as far as to cost anything
        return std::nullopt;
    changed.costUsd = usd;
    changed.priceVersion = m_prices.version();
    changed.trace.decisions.append({ u"cost"_s, note(record, *usd, m_prices.version(), m_now) });
    return changed;
}

/// Puts today's prices on the answer, the answers before it and the judges'; gives the sum of them all, unset if one is
/// unknown.
std::optional<double> Repricing::reprice(profile::RunRecord &record) const
{
    const QDateTime when = QDateTime::fromMSecsSinceEpoch(record.startedWallMs).toUTC();
    double sum = 0;
    bool known = true;
    const auto add = [&](const llm::Usage &usage, const std::optional<cost::Price> &price) {
        const auto usd = cost::receiptOf(usage, price, { when, record.batch }).totalUsd();
        known = known && usd;
        sum += usd.value_or(0);
        return usd;
    };
    if (record.answer.usage) {
        const auto price = m_prices.find(record.providerId, record.model, when);
        add(*record.answer.usage, price);
        if (price)
            record.price = cost::toJson(*price);
    }
    for (auto *attempts : { &record.earlierAttempts, &record.judgements }) {
        for (profile::Attempt &attempt : *attempts) {
            if (attempt.usage)
                attempt.costUsd =
                    add(*attempt.usage, m_prices.find(profile::payeeOf(attempt, record), attempt.model, when));
        }
    }
    return known ? std::optional(sum) : std::nullopt;
}

} // namespace talkbench::run
