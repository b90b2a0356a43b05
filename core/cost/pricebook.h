#pragma once

#include "core/base/result.h"
#include "core/llm/usage.h"

#include <QDate>
#include <QList>
#include <QStringList>

namespace talkbench::cost {

/// USD per million tokens. An unset class falls back as its comment says; input and output are always known.
struct Rates {
    double input = 0;
    double output = 0;
    std::optional<double> cacheRead; ///< else input
    std::optional<double> cacheWrite; ///< else input
    std::optional<double> cacheWrite1h; ///< else cacheWrite
    std::optional<double> reasoning; ///< else output

    bool operator==(const Rates &) const = default;
};

struct Price : Rates {
    /// The whole call costs `rates` once its input, all classes together, passes `inputTokens`.
    struct Above {
        qint64 inputTokens = 0;
        Rates rates;

        bool operator==(const Above &) const = default;
    };

    QString model; ///< exact id, or a prefix ending in '*'
    QString providerId; ///< empty: wherever the model is served
    std::optional<Above> above;
    QString source;
    QDate date;

    bool operator==(const Price &) const = default;
};

/// The table of prices. An unknown model has no price; that is never 0.
class PriceBook {
public:
    /// resources/prices.json: {version, unpriced_providers, sources, prices: [{model, provider, input, output,
    /// cache_read, cache_write, cache_write_1h, reasoning, above: {input_tokens, …}, source, date}]}.
    static base::Result<PriceBook> fromJson(const QByteArray &json);

    /// The exact id first, then the id without its date ("-2024-08-06", "-20250514", "-0709"), then the longest prefix.
    /// A row of the provider's own goes before one for any provider. Servers on one's own machine charge nothing that
    /// a table could know: only a row that names them counts.
    std::optional<Price> find(const QString &providerId, const QString &model) const;
    QString version() const { return m_version; }
    const QList<Price> &prices() const { return m_prices; }

private:
    const Price *row(const QString &providerId, const QString &model) const;

    QString m_version;
    QStringList m_unpricedProviders;
    QList<Price> m_prices;
};

/// The provider's own figure where it gave one, else Σ class × price.
double costUsd(const llm::Usage &usage, const Price &price);

} // namespace talkbench::cost
