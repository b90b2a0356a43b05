#pragma once

#include "core/cost/pricebook.h"
#include "core/llm/modelinfo.h"

#include <QVariantMap>

#include <optional>

namespace talkbench::cost {

/// What a provider's server says its models cost, of those it says it of.
QList<Price> reportedPrices(const QString &providerId, const QList<llm::ModelInfo> &models, const QDate &fetched);

/// What the server has told of a model, and where that says not how much it takes, what the book does. Unset: neither knows of
/// it.
std::optional<llm::ModelInfo> withLimits(const std::optional<llm::ModelInfo> &told, const ModelLimits &limits);

/// The user's own rows, as the settings keep them: {"rows": [a row of prices.json]}. What can't be read is named in
/// `problems` and left out.
QList<Price> userPrices(const QVariantMap &setting, QStringList *problems);
QVariantMap toSetting(const QList<Price> &userPrices);

/// The setting with what makes `after` of `before`: rows that came to it meanwhile stay, and what can't be read does.
QVariantMap withChanges(const QVariantMap &setting, const QList<Price> &before, const QList<Price> &after);

/// The setting with this price of the user's own, in place of one for the same model and provider that begins on the same
/// day. What can't be read stays.
QVariantMap withPrice(const QVariantMap &setting, const Price &price);
/// Without those of the model there, whenever they begin; unset if there was none.
std::optional<QVariantMap> withoutPrice(const QVariantMap &setting, const QString &providerId, const QString &model);
/// Without the one that begins on that day; an invalid one: that always was.
std::optional<QVariantMap> withoutPrice(const QVariantMap &setting, const QString &providerId, const QString &model,
                                        const QDate &from);

/// One change of the user's own prices, as it is handed from process to process: {set: a row of prices.json}, or
/// {unset: {model, provider, from}}, without `from` whenever they begin.
QJsonObject settingOf(const Price &price);
QJsonObject unsettingOf(const QString &providerId, const QString &model, const QDate &from);
/// The setting with such a change. An error of kind NotFound where there is nothing to take back, Config where it can't be read.
base::Result<QVariantMap> withChange(const QVariantMap &setting, const QJsonObject &change);

} // namespace talkbench::cost
