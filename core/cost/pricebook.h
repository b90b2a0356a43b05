#pragma once

#include "core/base/result.h"

#include <QDateTime>
#include <QHash>
#include <QJsonObject>
#include <QList>
#include <QRegularExpression>
#include <QStringList>
#include <QTime>

#include <optional>
#include <utility>

namespace talkbench::cost {

/// Beyond it a figure is per token or per thousand, or nonsense.
inline constexpr double highestRate = 1e5;
/// Of what every rate is multiplied by off-peak.
inline constexpr double highestFactor = 10;

/// USD per million tokens. An unset class falls back as its comment says; input and output are always known.
struct Rates {
    double input = 0;
    double output = 0;
    std::optional<double> cacheRead = {}; ///< else input
    std::optional<double> cacheWrite = {}; ///< kept five minutes, or as long as the provider likes; else input
    std::optional<double> cacheWrite1h = {}; ///< else cacheWrite
    std::optional<double> reasoning = {}; ///< else output
    std::optional<double> image = {}; ///< of pictures in the input; else input

    bool operator==(const Rates &) const = default;
};

/// The whole call costs `rates` once its input, all classes together, passes `above` tokens.
struct Tier {
    qint64 above = 0;
    Rates rates;

    bool operator==(const Tier &) const = default;
};

/// Times of the day, UTC, at which every rate is multiplied by `factor`. From 16:30 until 00:30 goes over midnight; from a
/// time until the same is the whole day.
struct OffPeak {
    QTime from;
    QTime until;
    double factor = 1;

    bool contains(const QTime &utc) const;
    bool operator==(const OffPeak &) const = default;
};

/// How much a model takes. Sources tell a context as the most tokens of a prompt, or of a prompt and its answer together: a prompt
/// that leaves room for its answer within it fits either way. Unset: unknown.
struct ModelLimits {
    std::optional<qint64> contextTokens = {};
    std::optional<qint64> maxOutputTokens = {};

    bool operator==(const ModelLimits &) const = default;
};

/// Where a price is from. A later one goes before an earlier one.
enum class PriceOrigin { Table, Server, User };

struct Price : Rates {
    QString model; ///< exact id, or a prefix ending in '*'
    QString providerId; ///< a vendor's row or a provider of the user's; empty: wherever the model is served
    QList<Tier> tiers; ///< ascending
    QList<OffPeak> offPeak;
    /// Of a batch API. Tiers and the classes that it doesn't name keep their proportion to what it names: a batch at half of
    /// input reads the cache at half, and above a tier costs half of that tier. Off-peak hours hold as ever.
    std::optional<Rates> batch;
    std::optional<double> batchFactor; ///< else of every rate there
    QString batchSource; ///< of the factor
    QDate from; ///< first day, UTC; invalid: always was
    QDate until; ///< last day; invalid: still is
    QString source;
    QDate date; ///< when the source said so
    PriceOrigin origin = PriceOrigin::Table;
    ModelLimits limits; ///< of the table's rows, by the same source

    bool holdsOn(const QDate &day) const;
    /// Of a call in a batch; unset: unknown.
    std::optional<Price> inBatch() const;
    QString batchRule() const; ///< for a person: why it costs that
    bool operator==(const Price &) const = default;
};

/// What a provider takes off every rate of a batch, of models whose row has no batch rates of its own.
struct BatchRule {
    QString providerId;
    double factor = 1;
    QRegularExpression except; ///< models that it is not known of; an empty pattern: none
    QString source; ///< with its date
};

/// {model, provider, input, output, cache_read, cache_write, cache_write_1h, reasoning, image, batch: {input, output, …},
/// tiers: [{above, input, output, …}], off_peak: [{from: "16:30", until: "00:30", factor}], from, until, source, date,
/// origin, batch_factor, batch_source; of the table: context_tokens, max_output_tokens}. Kind Config with the row in its text if it can't be.
base::Result<Price> priceFromJson(const QJsonObject &object);
QJsonObject toJson(const Price &price);

/// The prices that hold: the user's own rows before what servers report before the table. An unknown model has no price;
/// that is never 0.
class PriceBook {
public:
    /// resources/prices.json: {version, unpriced_providers, same_prices: {provider: the one whose rows hold for it, too},
    /// batch_rules: [{provider, factor, except: regular expression of model ids, source, date}], sources: {name: text},
    /// prices: [row]}. One bad row refuses the table, and is named.
    static base::Result<PriceBook> fromJson(const QByteArray &json);

    /// Of each layer, the user's first: the exact id, then the id without its date ("-2024-08-06", "-20250514", "-0709"), then
    /// the longest prefix; a row of the provider's own before one for any provider, and of those the one that began last. Servers on
    /// one's own machine charge nothing that a table could know: only a row that names them counts.
    std::optional<Price> find(const QString &providerId, const QString &model, const QDateTime &when) const;

    /// What the table knows of the model there, by the row that find() would take of it, and what setOutputLimits() told, which
    /// goes before.
    ModelLimits limitsOf(const QString &providerId, const QString &model, const QDateTime &when) const;

    /// In place of the rows of this origin before.
    void setRows(PriceOrigin origin, const QList<Price> &rows);
    /// In place of what was set before: `provider`'s vendor, whose rows hold for it, too.
    void setVendors(const QHash<QString, QString> &vendorOfProvider);

    /// In place of what was set before: the most tokens of an answer, as servers list them, by provider and model.
    void setOutputLimits(const QHash<std::pair<QString, QString>, qint64> &limits) { m_outputLimits = limits; }

    /// The table's, and a hash of the rows beside it where there are any: "2026-07-24+1f0c9a3e".
    QString version() const { return m_version; }
    /// A server of the user's own, which charges nothing that a table could know.
    bool isUnpriced(const QString &providerId) const;
    const QList<Price> &prices() const { return m_prices; } ///< of all layers, the table's first

private:
    const Price *inLayer(PriceOrigin origin, const QStringList &providers, const QString &model,
                         const QDate &day) const;
    const Price *better(const Price *best, const Price &row, const QStringList &providers, const QDate &day) const;
    const Price *exact(PriceOrigin origin, const QStringList &providers, const QString &model, const QDate &day) const;
    const Price *prefix(PriceOrigin origin, const QStringList &providers, const QString &model, const QDate &day) const;
    Price withBatchRule(Price price, const QStringList &providers, const QString &model) const;
    QStringList namesOf(const QString &providerId) const;
    void index();

    QString m_tableVersion;
    QString m_version;
    QStringList m_unpricedProviders;
    QHash<QString, QString> m_samePrices;
    QHash<QString, QString> m_vendors;
    QHash<std::pair<QString, QString>, qint64> m_outputLimits;
    QList<BatchRule> m_batchRules;
    QList<Price> m_prices;
    QMultiHash<QString, qsizetype> m_exact; ///< model → places in m_prices
    QList<qsizetype> m_prefixes;
};

} // namespace talkbench::cost
