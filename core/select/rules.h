#pragma once

#include "core/base/result.h"
#include "core/select/modelref.h"
#include "core/select/subject.h"

#include <QJsonArray>
#include <QStringList>

namespace talkbench::select {

/// A row of the user's table: all conditions that are set must hold; one that sets none always matches.
struct Rule {
    QString name;
    bool enabled = true;
    std::optional<qint64> minTokens = {};
    std::optional<qint64> maxTokens = {};
    /// One of these, as whole words, in any case.
    QStringList keywords = {};
    /// Perl's syntax, in any case, found anywhere in the prompt.
    QString pattern = {};
    /// One of these, ISO 639-1.
    QStringList languages = {};
    std::optional<bool> hasImage = {};
    std::optional<bool> hasCode = {};
    std::optional<bool> hasTools = {};
    std::optional<Quality> quality = {};
    /// The conversation has one of these.
    QStringList tags = {};
    /// Local time, from ≤ now < until; past midnight where until is earlier. Both or none.
    QTime from = {};
    QTime until = {};
    /// USD; holds only where there is a budget.
    std::optional<double> budgetBelow = {};
    /// One model, or a set that a strategy chooses from.
    QList<ModelRef> models = {};

    bool operator==(const Rule &) const = default;
};

/// [{"name", "enabled", "models": ["provider/model"], and what is set of "min_tokens", "max_tokens", "keywords", "pattern",
/// "languages", "has_image", "has_code", "has_tools", "quality", "tags", "from": "18:00", "until", "budget_below"}]
QJsonArray toJson(const QList<Rule> &rules);
/// An error of kind Config names the rule and what is wrong with it.
base::Result<QList<Rule>> rulesFromJson(const QJsonArray &array);
/// Whether a rule can be kept: it names a model, its pattern can be read, its time has both ends.
base::Result<void> checkRule(const Rule &rule);

/// One condition of a rule, and whether it holds: "at least 2000 tokens: there are 120".
struct ConditionTrial {
    bool holds = false;
    QString text;
};

struct RuleTrial {
    bool matches = false;
    /// "off", or all conditions that are set.
    QList<ConditionTrial> conditions;
};

RuleTrial tryRule(const Rule &rule, const Subject &subject);

struct RuleVerdict {
    /// The first rule that matches; -1 for none.
    qsizetype index = -1;
    /// One a rule, in their order, those behind the first match too: a table shows all of them.
    QList<RuleTrial> trials;
};

RuleVerdict firstMatch(const QList<Rule> &rules, const Subject &subject);

} // namespace talkbench::select
