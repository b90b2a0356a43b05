#include "core/select/rules.h"

#include <QRegularExpression>

#include <algorithm>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

/// A pattern sees this much of a prompt, and may try this many steps at each place: `(a+)+$` ends in milliseconds.
constexpr qsizetype patternLooksAt = 8192;
constexpr QLatin1StringView patternLimit("(*LIMIT_MATCH=20000)");

QRegularExpression compiled(const QString &pattern)
{
    return QRegularExpression(patternLimit + pattern,
                              QRegularExpression::CaseInsensitiveOption
                                  | QRegularExpression::UseUnicodePropertiesOption);
}

QString yesNo(bool value)
{
    return value ? u"yes"_s : u"no"_s;
}

ConditionTrial tokensTrial(const QString &words, qint64 limit, qint64 tokens, bool holds)
{
    return { holds, u"%1 %2 tokens: there are about %3"_s.arg(words).arg(limit).arg(tokens) };
}

bool hasWord(const QString &text, const QString &word)
{
    const auto isPart = [](QChar c) { return c.isLetterOrNumber() || c == u'_'; };
    for (qsizetype at = text.indexOf(word, 0, Qt::CaseInsensitive); at >= 0 && !word.isEmpty();
         at = text.indexOf(word, at + 1, Qt::CaseInsensitive)) {
        const qsizetype end = at + word.size();
        const bool begins = at == 0 || !isPart(word.front()) || !isPart(text[at - 1]);
        const bool ends = end == text.size() || !isPart(word.back()) || !isPart(text[end]);
        if (begins && ends)
            return true;
    }
    return false;
}

ConditionTrial keywordsTrial(const QStringList &keywords, const QString &prompt)
{
    const auto found =
        std::find_if(keywords.begin(), keywords.end(), [&](const QString &word) { return hasWord(prompt, word); });
    const QString wanted = u"one of the words %1: "_s.arg(keywords.join(u", "_s));
    return found != keywords.end() ? ConditionTrial { true, wanted + u"'%1' is there"_s.arg(*found) }
                                   : ConditionTrial { false, wanted + u"none is there"_s };
}

ConditionTrial patternTrial(const QString &pattern, const QString &prompt)
{
    const QString wanted = u"the pattern %1: "_s.arg(pattern);
    const QRegularExpression expression = compiled(pattern);
    if (!expression.isValid())
        return { false, wanted + u"it can't be read (%1)"_s.arg(expression.errorString()) };
    const auto match = expression.match(prompt.first(std::min(prompt.size(), patternLooksAt)));
    if (!match.isValid())
        return { false, wanted + u"given up, it takes too many steps on this prompt"_s };
    if (!match.hasMatch())
        return { false, wanted + u"not found"_s };
    return { true, wanted + u"found '%1'"_s.arg(match.captured().left(40)) };
}

ConditionTrial listTrial(const QString &what, const QStringList &wanted, const QString &is)
{
    return { wanted.contains(is, Qt::CaseInsensitive),
             u"%1 %2: it is %3"_s.arg(what, wanted.join(u" or "_s), is.isEmpty() ? u"not known"_s : is) };
}

ConditionTrial tagsTrial(const QStringList &wanted, const QStringList &tags)
{
    const bool holds = std::any_of(tags.begin(), tags.end(),
                                   [&wanted](const QString &tag) { return wanted.contains(tag, Qt::CaseInsensitive); });
    return { holds,
             u"tag %1: %2"_s.arg(wanted.join(u" or "_s),
                                 tags.isEmpty() ? u"there is none"_s : u"there is "_s + tags.join(u", "_s)) };
}

ConditionTrial timeTrial(QTime from, QTime until, QTime now)
{
    const bool holds = from <= until ? now >= from && now < until : now >= from || now < until;
    return { holds && now.isValid(),
             u"from %1 to %2: it is %3"_s.arg(from.toString(u"HH:mm"_s), until.toString(u"HH:mm"_s),
                                              now.isValid() ? now.toString(u"HH:mm"_s) : u"not known"_s) };
}

ConditionTrial budgetTrial(double below, std::optional<double> left)
{
    const QString is = left ? u"$%1 is left"_s.arg(*left, 0, 'f', 2) : u"there is no budget"_s;
    return { left && *left < below, u"less than $%1 of the budget left: %2"_s.arg(below, 0, 'f', 2).arg(is) };
}

QList<ConditionTrial> trials(const Rule &rule, const Subject &subject)
{
    QList<ConditionTrial> list;
    if (rule.minTokens)
        list.append(tokensTrial(u"at least"_s, *rule.minTokens, subject.tokens, subject.tokens >= *rule.minTokens));
    if (rule.maxTokens)
        list.append(tokensTrial(u"at most"_s, *rule.maxTokens, subject.tokens, subject.tokens <= *rule.maxTokens));
    if (!rule.keywords.isEmpty())
        list.append(keywordsTrial(rule.keywords, subject.prompt));
    if (!rule.pattern.isEmpty())
        list.append(patternTrial(rule.pattern, subject.prompt));
    if (!rule.languages.isEmpty())
        list.append(listTrial(u"language"_s, rule.languages, subject.language));
    const auto flag = [&list](const QString &what, std::optional<bool> wanted, bool is) {
        if (wanted)
            list.append({ *wanted == is, u"%1 %2: %3"_s.arg(what, yesNo(*wanted), yesNo(is)) });
    };
    flag(u"with pictures"_s, rule.hasImage, subject.hasImage);
    flag(u"with code"_s, rule.hasCode, subject.hasCode);
    flag(u"with tools"_s, rule.hasTools, subject.hasTools);
    if (rule.quality)
        list.append(listTrial(u"quality"_s, { qualityName(*rule.quality) }, qualityName(subject.quality)));
    if (!rule.tags.isEmpty())
        list.append(tagsTrial(rule.tags, subject.tags));
    if (rule.from.isValid() && rule.until.isValid())
        list.append(timeTrial(rule.from, rule.until, subject.localTime));
    if (rule.budgetBelow)
        list.append(budgetTrial(*rule.budgetBelow, subject.budgetLeft));
    return list;
}

} // namespace

base::Result<void> checkRule(const Rule &rule)
{
    const auto wrong = [&rule](const QString &what) {
        return base::Error { .kind = base::ErrorKind::Config,
                             .message = u"Rule '%1': %2"_s.arg(rule.name, what),
                             .detail = {},
                             .httpStatus = 0,
                             .retryAfterMs = {} };
    };
    if (rule.models.isEmpty())
        return wrong(u"it names no model."_s);
    if (const auto expression = compiled(rule.pattern); !expression.isValid())
        return wrong(u"its pattern can't be read: %1, at character %2."_s.arg(expression.errorString())
                         .arg(std::max<qsizetype>(expression.patternErrorOffset() - patternLimit.size(), 0) + 1));
    if (rule.from.isValid() != rule.until.isValid())
        return wrong(u"its time lacks an end or a beginning."_s);
    if (rule.minTokens && rule.maxTokens && *rule.minTokens > *rule.maxTokens)
        return wrong(u"no prompt has at least %1 and at most %2 tokens."_s.arg(*rule.minTokens).arg(*rule.maxTokens));
    return {};
}

RuleTrial tryRule(const Rule &rule, const Subject &subject)
{
    if (!rule.enabled)
        return { false, { { false, u"off"_s } } };
    RuleTrial trial { true, trials(rule, subject) };
    trial.matches = std::all_of(trial.conditions.cbegin(), trial.conditions.cend(),
                                [](const ConditionTrial &condition) { return condition.holds; });
    return trial;
}

RuleVerdict firstMatch(const QList<Rule> &rules, const Subject &subject)
{
    RuleVerdict verdict;
    for (const Rule &rule : rules) {
        verdict.trials.append(tryRule(rule, subject));
        if (verdict.index < 0 && verdict.trials.constLast().matches)
            verdict.index = verdict.trials.size() - 1;
    }
    return verdict;
}

} // namespace talkbench::select
