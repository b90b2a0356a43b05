#include "app/commands/checks.h"

#include "app/commands/options.h"
#include "core/validate/validators.h"

#include <QCommandLineParser>
#include <QJsonArray>
#include <QJsonDocument>

namespace talkbench::app {

using namespace Qt::StringLiterals;

namespace {

/// "kind", "kind:value" with the kind's first parameter, or a row as JSON.
base::Result<llm::Validator> validatorFrom(const QString &text)
{
    llm::Validator validator;
    if (text.startsWith(u'{')) {
        const QJsonObject row = QJsonDocument::fromJson(text.toUtf8()).object();
        const llm::Validation read = llm::validationFromJson({ { u"validators"_s, QJsonArray { row } } });
        validator = read.validators.constFirst();
    } else {
        const qsizetype colon = text.indexOf(u':');
        validator.kind = text.left(colon);
        const validate::ValidatorKind *kind = validate::validatorKind(validator.kind);
        if (colon >= 0 && kind && !kind->parameters.empty())
            validator.parameters.insert(QString::fromLatin1(kind->parameters.front().id), text.sliced(colon + 1));
    }
    if (const auto usable = validate::checkUsable(validator); !usable)
        return usage(u"--validate '%1': %2."_s.arg(text, usable.error().message));
    return validator;
}

base::Result<llm::Validator> schemaFrom(const QString &path)
{
    const auto schema = contents(path);
    if (!schema)
        return schema.error();
    const llm::Validator validator { u"json-schema"_s, { { u"schema"_s, QString::fromUtf8(*schema) } } };
    if (const auto usable = validate::checkUsable(validator); !usable)
        return usage(u"%1: %2."_s.arg(path, usable.error().message));
    return validator;
}

} // namespace

void addCheckOptions(QCommandLineParser &parser)
{
    QStringList kinds;
    for (const validate::ValidatorKind &kind : validate::validatorTable())
        kinds.append(QString::fromLatin1(kind.id));
    parser.addOptions({
        { u"validate"_s,
          u"Check the answer: %1. With a value as 'regex:^\\d+$', 'contains:TEXT', 'language:de', 'judge:CRITERION', "
          u"or "
          "in full as '{\"kind\":\"length\",\"min\":3,\"max\":10,\"unit\":\"words\"}'. May be repeated. Exit code 3 if "
          "the answer fails."_s.arg(kinds.join(u", "_s)),
          u"CHECK"_s },
        { u"validate-schema"_s, u"Check that the answer is JSON by the schema in this file (drafts 4, 6, 7)."_s,
          u"FILE"_s },
        { u"validate-retries"_s,
          u"How often the model is told what failed and asked again; the answer then comes whole."_s, u"N"_s },
        { u"validate-fallback"_s, u"Ask this model of the same provider if the answer fails. May be repeated."_s,
          u"M"_s },
    });
}

base::Result<llm::Validation> readChecks(const QCommandLineParser &parser)
{
    llm::Validation validation;
    const QStringList given = parser.values(u"validate"_s);
    for (const QString &text : given) {
        const auto validator = validatorFrom(text);
        if (!validator)
            return validator.error();
        validation.validators.append(*validator);
    }
    const QStringList schemas = parser.values(u"validate-schema"_s);
    for (const QString &path : schemas) {
        const auto validator = schemaFrom(path);
        if (!validator)
            return validator.error();
        validation.validators.append(*validator);
    }
    validation.fallbackModels = parser.values(u"validate-fallback"_s);
    const bool retries = parser.isSet(u"validate-retries"_s);
    if (validation.validators.isEmpty() && (retries || !validation.fallbackModels.isEmpty()))
        return usage(u"There is nothing to check: name it with --validate or --validate-schema."_s);
    if (retries && !validation.fallbackModels.isEmpty())
        return usage(u"--validate-retries and --validate-fallback exclude each other."_s);
    if (retries) {
        bool ok = false;
        validation.retries = parser.value(u"validate-retries"_s).toInt(&ok);
        if (!ok || validation.retries < 1 || validation.retries > llm::Validation::mostRetries)
            return usage(u"--validate-retries takes a number from 1 to %1."_s.arg(llm::Validation::mostRetries));
        validation.onFailure = llm::Validation::OnFailure::Retry;
    } else if (!validation.fallbackModels.isEmpty()) {
        validation.onFailure = llm::Validation::OnFailure::FallBack;
    }
    return llm::activeOf(validation);
}

QStringList complaints(const QList<profile::Verdict> &verdicts)
{
    using Outcome = profile::Verdict::Outcome;
    QStringList lines;
    for (const profile::Verdict &verdict : verdicts) {
        if (verdict.outcome != Outcome::Passed)
            lines.append(u"%1: %2: %3"_s.arg(verdict.outcome == Outcome::Failed ? u"check failed"_s : u"not checked"_s,
                                             verdict.validator, verdict.reason.simplified()));
    }
    return lines;
}

} // namespace talkbench::app
