#pragma once

#include "core/select/rules.h"
#include "core/select/selector.h"

#include <QVariant>

#include <functional>

namespace talkbench::select {

/// 'Auto' where a provider and a model stand; no provider's id has an asterisk.
inline const ModelRef autoRef { QStringLiteral("*"), QStringLiteral("auto") };

/// What the user has set of automatic choices.
struct Policy {
    QString strategy = {}; ///< a row's id; empty: measured
    Weights weights = {};
    /// Where no rule matches.
    QList<ModelRef> candidates = {};
    QList<Rule> rules = {};
    /// By the model that failed: who is asked in its place, in this order.
    QHash<ModelRef, QList<ModelRef>> fallbacks = {};
    /// Beside a first request without a token, a second one goes out after the model's p95 × this; 0: never.
    double hedgeFactor = 0;

    /// Who is asked where the only model of a set fails, by its own list. In a larger set the others are.
    QList<ModelRef> fallbacksOf(const QList<ModelRef> &set) const;
    /// All that may be asked, each once.
    QList<ModelRef> models() const;
    /// Of those, each once.
    QStringList providers() const;
};

/// "fast=1,cheap=0.5": numbers from 0; what isn't named is 0. Errors are of kind Usage.
base::Result<Weights> weightsFromText(const QString &text);
QString toText(const Weights &weights);

/// "a/b,c/d", or one a line. Errors are of kind Usage.
base::Result<QList<ModelRef>> modelRefsFromText(const QString &text);
QString toText(const QList<ModelRef> &refs);

/// As "select/rules" keeps them.
base::Result<QList<Rule>> rulesFromText(const QString &json);
QString toText(const QList<Rule> &rules);

/// {"a/b": ["c/d", "e/f"]}
QVariantMap fallbacksToSetting(const QHash<ModelRef, QList<ModelRef>> &fallbacks);
/// What can't be read is left out and said.
QHash<ModelRef, QList<ModelRef>> fallbacksFromSetting(const QVariantMap &map, QStringList *problems);

/// From the rows "select/…" of the settings, which `value` gives by their key. What can't be read is left out and said.
Policy policyFrom(const std::function<QVariant(QByteArrayView key)> &value, QStringList *problems);

} // namespace talkbench::select
