#include "core/validate/validators.h"

#include "core/base/language.h"
#include "core/cost/tokenestimate.h"
#include "core/validate/boundedregex.h"
#include "core/validate/jsonschema.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTextBoundaryFinder>

#include <algorithm>

namespace talkbench::validate {

using namespace Qt::StringLiterals;

namespace {

using Outcome = profile::Verdict::Outcome;
using Checked = base::Result<QString>;

/// Longer answers are not checked: no model writes them, and the network thread has stamps to take.
constexpr qsizetype longestAnswer = 1 << 20; // characters

base::Error error(const QString &message)
{
    return { base::ErrorKind::Usage, message, {}, 0, std::nullopt };
}

bool isSet(const Parameters &parameters, const QString &id)
{
    return parameters.value(id) == "yes"_L1;
}

QString noProblem(const Parameters &)
{
    return {};
}

QString noText(const Parameters &parameters)
{
    return parameters.value(u"text"_s).isEmpty() ? u"there is no text to look for"_s : QString();
}

/// "Markdown…" → "‘Markdown…’"
QString quoted(const QString &text)
{
    constexpr qsizetype enough = 60;
    const QString line = text.simplified();
    return u"‘%1’"_s.arg(line.size() > enough ? line.left(enough) + u'…' : line);
}

// Not empty

QString describeNotEmpty(const Parameters &)
{
    return u"not empty"_s;
}

Checked checkNotEmpty(const Parameters &, const QString &answer)
{
    return answer.trimmed().isEmpty() ? u"The answer is empty."_s : QString();
}

// Length

constexpr const char *units[] = { QT_TRANSLATE_NOOP("Validator", "words"), QT_TRANSLATE_NOOP("Validator", "characters"),
                                  QT_TRANSLATE_NOOP("Validator", "tokens") };

QString unitOf(const Parameters &parameters)
{
    return parameters.value(u"unit"_s, u"words"_s);
}

/// "1 word", "3 words".
QString counted(qint64 count, const QString &unit)
{
    return u"%1 %2"_s.arg(count).arg(count == 1 ? unit.left(unit.size() - 1) : unit);
}

std::optional<qint64> number(const Parameters &parameters, const QString &id)
{
    bool ok = false;
    const qint64 value = parameters.value(id).trimmed().toLongLong(&ok);
    return ok ? std::optional(value) : std::nullopt;
}

QString describeLength(const Parameters &parameters)
{
    const auto least = number(parameters, u"min"_s);
    const auto most = number(parameters, u"max"_s);
    const QString unit = unitOf(parameters);
    if (least && most)
        return u"between %1 and %2 %3"_s.arg(*least).arg(*most).arg(unit);
    return least ? u"at least %1"_s.arg(counted(*least, unit)) : u"at most %1"_s.arg(counted(most.value_or(0), unit));
}

QString lengthProblem(const Parameters &parameters)
{
    const QString unit = unitOf(parameters);
    if (std::none_of(std::begin(units), std::end(units),
                     [&unit](const char *row) { return unit == QLatin1String(row); }))
        return u"a length is counted in words, characters or tokens, not in %1"_s.arg(unit);
    for (const QString &id : { u"min"_s, u"max"_s }) {
        const QString text = parameters.value(id).trimmed();
        const auto value = number(parameters, id);
        if (!text.isEmpty() && (!value || *value < 0))
            return u"'%1' is no number of %2"_s.arg(text, unit);
    }
    const auto least = number(parameters, u"min"_s);
    const auto most = number(parameters, u"max"_s);
    if (!least && !most)
        return u"a length needs a least or a most number of %1"_s.arg(unit);
    if (least && most && *least > *most)
        return u"the least length is more than the most"_s;
    return {};
}

/// By Unicode's boundaries: of a script without spaces every character is one.
qint64 wordsIn(const QString &text)
{
    QTextBoundaryFinder finder(QTextBoundaryFinder::Word, text);
    qint64 words = 0;
    qsizetype start = 0;
    for (qsizetype end = finder.toNextBoundary(); end != -1; start = end, end = finder.toNextBoundary()) {
        const QStringView piece = QStringView(text).mid(start, end - start);
        if (std::any_of(piece.begin(), piece.end(), [](QChar c) { return c.isLetterOrNumber(); }))
            ++words;
    }
    return words;
}

Checked checkLength(const Parameters &parameters, const QString &answer)
{
    const QString unit = unitOf(parameters);
    const qint64 length = unit == "words"_L1 ? wordsIn(answer)
        : unit == "tokens"_L1                ? cost::estimateTokens(answer)
                                             : static_cast<qint64>(answer.toUcs4().size());
    const auto least = number(parameters, u"min"_s);
    const auto most = number(parameters, u"max"_s);
    if ((!least || length >= *least) && (!most || length <= *most))
        return QString();
    return u"The answer has %1%2; wanted: %3."_s.arg(unit == "tokens"_L1 ? u"about "_s : QString(),
                                                     counted(length, unit), describeLength(parameters));
}

// Contains, contains not

Qt::CaseSensitivity caseOf(const Parameters &parameters)
{
    return isSet(parameters, u"ignore_case"_s) ? Qt::CaseInsensitive : Qt::CaseSensitive;
}

QString describeContains(const Parameters &parameters)
{
    return u"contains %1"_s.arg(quoted(parameters.value(u"text"_s)));
}

Checked checkContains(const Parameters &parameters, const QString &answer)
{
    const QString text = parameters.value(u"text"_s);
    return answer.contains(text, caseOf(parameters)) ? QString()
                                                     : u"The answer does not contain %1."_s.arg(quoted(text));
}

QString describeNotContains(const Parameters &parameters)
{
    return u"does not contain %1"_s.arg(quoted(parameters.value(u"text"_s)));
}

Checked checkNotContains(const Parameters &parameters, const QString &answer)
{
    const QString text = parameters.value(u"text"_s);
    return answer.contains(text, caseOf(parameters)) ? u"The answer contains %1."_s.arg(quoted(text)) : QString();
}

// Regular expression

QString describeRegex(const Parameters &parameters)
{
    return u"matches %1"_s.arg(quoted(parameters.value(u"pattern"_s)));
}

base::Result<BoundedRegex> regexOf(const Parameters &parameters)
{
    return BoundedRegex::fromPattern(parameters.value(u"pattern"_s), isSet(parameters, u"ignore_case"_s));
}

QString regexProblem(const Parameters &parameters)
{
    const auto regex = regexOf(parameters);
    return regex ? QString() : regex.error().message;
}

Checked checkRegex(const Parameters &parameters, const QString &answer)
{
    const auto regex = regexOf(parameters);
    const auto found = regex ? regex->occursIn(answer) : regex.error();
    if (!found)
        return found.error();
    return *found ? QString()
                  : u"The answer does not match the regular expression %1."_s.arg(parameters.value(u"pattern"_s));
}

// JSON

/// What stands between the first fence and the next; all of it where there is no fence.
QString unfenced(const QString &answer)
{
    static const QRegularExpression fence(u"^```[^\\n`]*\\n(.*?)^```"_s,
                                          QRegularExpression::MultilineOption
                                              | QRegularExpression::DotMatchesEverythingOption);
    const QRegularExpressionMatch match = fence.match(answer);
    return match.hasMatch() ? match.captured(1) : answer;
}

/// Any JSON value; Qt's parser takes objects and lists alone.
base::Result<QJsonValue> jsonIn(const Parameters &parameters, const QString &answer)
{
    const QByteArray text = (isSet(parameters, u"fenced"_s) ? unfenced(answer) : answer).trimmed().toUtf8();
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(text, &problem);
    if (document.isObject())
        return QJsonValue(document.object());
    if (document.isArray())
        return QJsonValue(document.array());
    const QJsonArray single = QJsonDocument::fromJson('[' + text + ']').array();
    if (single.size() == 1)
        return single.first();
    const bool hasFence = text.startsWith("```");
    return error(
        text.isEmpty() ? u"The answer is empty, not JSON."_s
            : hasFence
            ? u"The answer is not JSON by itself: it stands in a ``` fence."_s
            : u"The answer is not valid JSON: %1 at byte %2."_s.arg(problem.errorString()).arg(problem.offset));
}

QString describeJson(const Parameters &)
{
    return u"valid JSON"_s;
}

Checked checkJson(const Parameters &parameters, const QString &answer)
{
    const auto value = jsonIn(parameters, answer);
    return value ? QString() : value.error().message;
}

QString describeSchema(const Parameters &)
{
    return u"JSON by the schema"_s;
}

QString schemaProblem(const Parameters &parameters)
{
    const QJsonDocument document = QJsonDocument::fromJson(parameters.value(u"schema"_s).toUtf8());
    if (!document.isObject())
        return u"the schema is no JSON object"_s;
    const auto usable = checkSchema(document.object());
    return usable ? QString() : usable.error().message;
}

Checked checkSchemaFit(const Parameters &parameters, const QString &answer)
{
    const auto value = jsonIn(parameters, answer);
    if (!value)
        return value.error().message;
    const auto broken = violations(QJsonDocument::fromJson(parameters.value(u"schema"_s).toUtf8()).object(), *value);
    if (!broken)
        return broken.error();
    return broken->isEmpty() ? QString() : u"The JSON does not fit the schema: %1"_s.arg(broken->join(u' '));
}

// Equals

QString describeEquals(const Parameters &parameters)
{
    return u"equals %1"_s.arg(quoted(parameters.value(u"text"_s)));
}

Checked checkEquals(const Parameters &parameters, const QString &answer)
{
    const QString wanted = parameters.value(u"text"_s);
    const bool equal = isSet(parameters, u"loose"_s)
        ? answer.simplified().compare(wanted.simplified(), Qt::CaseInsensitive) == 0
        : answer == wanted;
    return equal ? QString() : u"The answer is not %1."_s.arg(quoted(wanted));
}

// Language

QString describeLanguage(const Parameters &parameters)
{
    return u"in the language '%1'"_s.arg(parameters.value(u"language"_s));
}

QString languageProblem(const Parameters &parameters)
{
    const QString wanted = parameters.value(u"language"_s).toLower();
    return base::knownLanguages().contains(wanted)
        ? QString()
        : u"the languages that can be told apart are %1, not '%2'"_s.arg(base::knownLanguages().join(u", "_s), wanted);
}

Checked checkLanguage(const Parameters &parameters, const QString &answer)
{
    const QString wanted = parameters.value(u"language"_s).toLower();
    const QString found = base::languageOf(answer);
    if (found.isEmpty())
        return error(u"the answer's language can't be told from so few words"_s);
    return found == wanted ? QString() : u"The answer's language is '%1'; wanted: '%2'."_s.arg(found, wanted);
}

// Judge

QString describeJudge(const Parameters &parameters)
{
    return u"a model judges: %1"_s.arg(quoted(parameters.value(u"prompt"_s)));
}

QString judgeProblem(const Parameters &parameters)
{
    return parameters.value(u"prompt"_s).trimmed().isEmpty() ? u"the judge is told nothing to judge by"_s : QString();
}

#define TITLE(text) QT_TRANSLATE_NOOP("Validator", text)
using enum Parameter::Type;

constexpr Parameter lengthParameters[] = {
    { "min", TITLE("At least"), Number },
    { "max", TITLE("At most"), Number },
    { "unit", TITLE("Counted in"), Choice, units },
};
constexpr Parameter textParameters[] = {
    { "text", TITLE("Text"), Text },
    { "ignore_case", TITLE("Ignore upper and lower case"), Flag },
};
constexpr Parameter regexParameters[] = {
    { "pattern", TITLE("Pattern"), Text },
    { "ignore_case", TITLE("Ignore upper and lower case"), Flag },
};
constexpr Parameter jsonParameters[] = {
    { "fenced", TITLE("May stand in a ``` fence"), Flag },
};
constexpr Parameter schemaParameters[] = {
    { "schema", TITLE("Schema"), Lines },
    { "fenced", TITLE("May stand in a ``` fence"), Flag },
};
constexpr Parameter equalsParameters[] = {
    { "text", TITLE("Text"), Lines },
    { "loose", TITLE("Ignore case and white space"), Flag },
};
constexpr Parameter languageParameters[] = {
    { "language", TITLE("Language, as 'en' or 'de'"), Text },
};
constexpr Parameter judgeParameters[] = {
    { "prompt", TITLE("What the judge is to look for"), Lines },
    { "model", TITLE("Model, empty for the same one"), Text },
};

constexpr ValidatorKind table[] = {
    { "not-empty", TITLE("Not empty"), {}, describeNotEmpty, noProblem, checkNotEmpty },
    { "length", TITLE("Length"), lengthParameters, describeLength, lengthProblem, checkLength },
    { "contains", TITLE("Contains"), textParameters, describeContains, noText, checkContains },
    { "contains-not", TITLE("Does not contain"), textParameters, describeNotContains, noText, checkNotContains },
    { "regex", TITLE("Regular expression"), regexParameters, describeRegex, regexProblem, checkRegex },
    { "json", TITLE("Valid JSON"), jsonParameters, describeJson, noProblem, checkJson },
    { "json-schema", TITLE("JSON by a schema"), schemaParameters, describeSchema, schemaProblem, checkSchemaFit },
    { "equals", TITLE("Equals"), equalsParameters, describeEquals, noProblem, checkEquals },
    { "language", TITLE("Language"), languageParameters, describeLanguage, languageProblem, checkLanguage },
    { judgeId, TITLE("A model judges"), judgeParameters, describeJudge, judgeProblem, nullptr },
};

#undef TITLE

profile::Verdict verdictOf(const llm::Validator &validator, const QString &answer)
{
    profile::Verdict verdict { describe(validator), Outcome::NotChecked, {} };
    const auto usable = checkUsable(validator);
    const Checked checked = !usable     ? Checked(usable.error())
        : answer.size() > longestAnswer ? Checked(error(u"the answer is too long to be checked"_s))
                                        : validatorKind(validator.kind)->check(validator.parameters, answer);
    verdict.reason = checked ? *checked : checked.error().message;
    if (checked)
        verdict.outcome = checked->isEmpty() ? Outcome::Passed : Outcome::Failed;
    return verdict;
}

} // namespace

std::span<const ValidatorKind> validatorTable()
{
    return table;
}

const ValidatorKind *validatorKind(const QString &id)
{
    const auto found = std::find_if(std::begin(table), std::end(table),
                                    [&id](const ValidatorKind &row) { return id == QLatin1String(row.id); });
    return found == std::end(table) ? nullptr : found;
}

base::Result<void> checkUsable(const llm::Validator &validator)
{
    const ValidatorKind *kind = validatorKind(validator.kind);
    if (!kind)
        return error(u"there is no validator '%1'"_s.arg(validator.kind));
    const QString problem = kind->problem(validator.parameters);
    if (!problem.isEmpty())
        return error(u"%1: %2"_s.arg(QLatin1String(kind->id), problem));
    return {};
}

QString describe(const llm::Validator &validator)
{
    const ValidatorKind *kind = validatorKind(validator.kind);
    return kind ? kind->describe(validator.parameters) : validator.kind;
}

QList<profile::Verdict> check(const QList<llm::Validator> &validators, const QString &answer)
{
    QList<profile::Verdict> verdicts;
    for (const llm::Validator &validator : validators) {
        if (validator.kind != QLatin1String(judgeId))
            verdicts.append(verdictOf(validator, answer));
    }
    return verdicts;
}

QList<profile::Verdict> notChecked(const QList<llm::Validator> &validators, const QString &reason)
{
    QList<profile::Verdict> verdicts;
    for (const llm::Validator &validator : validators) {
        if (validator.kind != QLatin1String(judgeId))
            verdicts.append({ describe(validator), Outcome::NotChecked, reason });
    }
    return verdicts;
}

Outcome outcomeOf(const QList<profile::Verdict> &verdicts)
{
    const auto has = [&verdicts](Outcome outcome) {
        return std::any_of(verdicts.cbegin(), verdicts.cend(),
                           [outcome](const profile::Verdict &verdict) { return verdict.outcome == outcome; });
    };
    if (has(Outcome::Failed))
        return Outcome::Failed;
    return has(Outcome::NotChecked) || verdicts.isEmpty() ? Outcome::NotChecked : Outcome::Passed;
}

} // namespace talkbench::validate
