#pragma once

#include "core/base/result.h"
#include "core/llm/validation.h"
#include "core/profile/verdict.h"

#include <span>

namespace talkbench::validate {

/// What a validator can be told. Every value is text; a Flag's is "yes" or nothing.
struct Parameter {
    enum class Type { Text, Lines, Number, Choice, Flag };

    const char *id;
    const char *title; ///< translatable in context "Validator"
    Type type;
    /// Choice only: its values, the first is the default; translatable likewise.
    std::span<const char *const> choices = {};
};

using Parameters = QMap<QString, QString>;

/// One row: adding a kind of validator is adding one.
struct ValidatorKind {
    const char *id; ///< "not-empty": stable, for the command line and for files
    const char *title; ///< translatable in context "Validator"
    std::span<const Parameter> parameters;
    /// With its parameters, for a person: "between 3 and 10 words".
    QString (*describe)(const Parameters &);
    /// Why it can't be used as it is; empty if it can.
    QString (*problem)(const Parameters &);
    /// What is wrong with the answer, a sentence that the model may be told; empty if nothing is, an error where that can't
    /// be told. Null where a model is asked (judge.h).
    base::Result<QString> (*check)(const Parameters &, const QString &answer);
};

inline constexpr char judgeId[] = "judge";

std::span<const ValidatorKind> validatorTable();
const ValidatorKind *validatorKind(const QString &id);

/// An error says why it can't be used, beginning with what it is.
base::Result<void> checkUsable(const llm::Validator &validator);
QString describe(const llm::Validator &validator);

/// Of all but the judges, in their order. Hostile answers and parameters cost a bounded time: see BoundedRegex and
/// violations().
QList<profile::Verdict> check(const QList<llm::Validator> &validators, const QString &answer);

/// Likewise, of an answer that nobody looks at: not checked, for this reason.
QList<profile::Verdict> notChecked(const QList<llm::Validator> &validators, const QString &reason);

/// Passed only if all did; Failed if one did; else NotChecked.
profile::Verdict::Outcome outcomeOf(const QList<profile::Verdict> &verdicts);

} // namespace talkbench::validate
