#pragma once

#include "core/cost/pricebook.h"
#include "core/profile/runrecord.h"

#include <QDateTime>

#include <optional>
#include <utility>

namespace talkbench::run {

/// What the prices of today make of calls that have ended. A price that changes never changes what was spent: this is for
/// whoever asks for it.
class Repricing final {
public:
    struct Sums {
        qint64 calls = 0; ///< all that were put to it
        qint64 changed = 0;
        qint64 unpriced = 0; ///< they have used tokens whose price nobody knows today, and stay as they are
        double oldUsd = 0; ///< of all calls, as far as it is known
        double newUsd = 0;

        bool operator==(const Sums &) const = default;
    };

    Repricing(cost::PriceBook prices, const QDateTime &now) : m_prices(std::move(prices)), m_now(now) { }

    /// The record with its cost anew and a note of it ("cost" in its decisions). Unset where nothing changes: it came from the
    /// cache, another call paid for it, the server named its price, or nobody knows one.
    std::optional<profile::RunRecord> operator()(const profile::RunRecord &record);
    const Sums &sums() const { return m_sums; }

private:
    std::optional<profile::RunRecord> repriced(const profile::RunRecord &record);
    std::optional<double> reprice(profile::RunRecord &record) const;

    const cost::PriceBook m_prices;
    const QDateTime m_now;
    Sums m_sums;
};

} // namespace talkbench::run
