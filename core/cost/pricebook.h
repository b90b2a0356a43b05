#pragma once

#include "core/base/result.h"
#include "core/llm/usage.h"

#include <QDate>
#include <QList>

namespace talkbench::cost {

/// USD per million tokens. An unset class falls back as its comment says; input and output are always known.
struct Price
{
    QString model;              ///< exact id, or a prefix ending in '*'
    QString providerId;         ///< empty: wherever the model is served
    double input = 0;
    double output = 0;
    std::optional<double> cacheRead;  ///< else input
    std::optional<double> cacheWrite; ///< else input
    std::optional<double> reasoning;  ///< else output
    QString source;
    QDate date;
};

/// The table of prices. An unknown model has no price; that is never 0.
class PriceBook
{
public:
    static base::Result<PriceBook> fromJson(const QByteArray &json);

    std::optional<Price> find(const QString &providerId, const QString &model) const;
    QString version() const { return m_version; }

private:
    QString m_version;
    QList<Price> m_prices;
};

/// The provider's own figure where it gave one, else Σ class × price.
double costUsd(const llm::Usage &usage, const Price &price);

} // namespace talkbench::cost
