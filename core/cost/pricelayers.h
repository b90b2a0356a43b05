#pragma once

#include "core/cost/pricebook.h"
#include "core/llm/modelinfo.h"

#include <QVariantMap>

#include <optional>

namespace talkbench::cost {

/// What a provider's server says its models cost, of those it says it of.
QList<Price> reportedPrices(const QString &providerId, const QList<llm::ModelInfo> &models, const QDate &fetched);

/// The user's own rows, as the settings keep them: {"rows": [a row of prices.json]}. What can't be read is named in
/// `problems` and left out.
QList<Price> userPrices(const QVariantMap &setting, QStringList *problems);
QVariantMap toSetting(const QList<Price> &userPrices);

/// The setting with these in place of those before. What can't be read stays.
QVariantMap withPrices(const QVariantMap &setting, const QList<Price> &userPrices);

/// The setting with this price of the user's own, in place of one for the same model and provider that begins on the same
/// day. What can't be read stays.
QVariantMap withPrice(const QVariantMap &setting, const Price &price);
/// Without those of the model there, whenever they begin; unset if there was none.
std::optional<QVariantMap> withoutPrice(const QVariantMap &setting, const QString &providerId, const QString &model);
/// Without the one that begins on that day; an invalid one: that always was.
std::optional<QVariantMap> withoutPrice(const QVariantMap &setting, const QString &providerId, const QString &model,
                                        const QDate &from);

} // namespace talkbench::cost
