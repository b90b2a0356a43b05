#pragma once

#include "core/cost/pricebook.h"
#include "core/llm/usage.h"

#include <QJsonArray>

namespace talkbench::cost {

enum class TokenClass { Input, Image, CacheRead, CacheWrite, CacheWrite1h, Output, Reasoning };

QString tokenClassName(TokenClass tokenClass); // "input", "image", "cache_read", …

struct ReceiptLine {
    TokenClass tokenClass = TokenClass::Input;
    qint64 tokens = 0;
    double usdPerMillion = 0;

    double usd() const { return static_cast<double>(tokens) * usdPerMillion / 1e6; }
    bool operator==(const ReceiptLine &) const = default;
};

/// Under which of a price's conditions a call was made.
struct Circumstances {
    QDateTime when; ///< when it was sent
    bool batch = false;
};

/// What a call cost, and why. Without a known price there are no lines, only what the provider said.
struct Receipt {
    QList<ReceiptLine> lines; ///< disjoint classes, those with tokens only
    std::optional<double> computedUsd; ///< the lines' sum
    std::optional<double> reportedUsd; ///< the provider's own figure
    std::optional<Price> price; ///< what the lines are of
    std::optional<qint64> tierAbove; ///< the tier that the input passed
    double offPeakFactor = 1;
    bool batch = false; ///< at the price's batch rates; without lines where they aren't known

    /// The provider's own figure goes before ours. Unset: unknown.
    std::optional<double> totalUsd() const { return reportedUsd ? reportedUsd : computedUsd; }
    /// Reported less computed, where both are known.
    std::optional<double> differenceUsd() const;
};

Receipt receiptOf(const llm::Usage &usage, const std::optional<Price> &price, const Circumstances &circumstances);

/// {lines: [{class, tokens, usd_per_million, usd}], computed_usd, reported_usd, difference_usd, price, tier_above,
/// off_peak_factor, batch}; unknown is null.
QJsonObject toJson(const Receipt &receipt);

struct ModelRef {
    QString providerId;
    QString model;

    bool operator==(const ModelRef &) const = default;
};

struct Elsewhere {
    ModelRef where;
    std::optional<double> usd; ///< unset: its price is unknown

    /// More than here, in percent of what it cost here; unset where either is unknown, or here it cost nothing.
    std::optional<double> differencePercent(const std::optional<double> &hereUsd) const;
};

/// What the same tokens would cost there, as far as that can be known: another model counts and answers otherwise, and has
/// no such cache. In the order given.
QList<Elsewhere> sameTurnElsewhere(const llm::Usage &usage, const QList<ModelRef> &models, const PriceBook &prices,
                                   const Circumstances &circumstances);

/// [{provider, model, usd, difference_percent}]; unknown is null.
QJsonArray toJson(const QList<Elsewhere> &elsewhere, const std::optional<double> &hereUsd);

} // namespace talkbench::cost
