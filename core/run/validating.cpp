#include "core/run/validating.h"

#include "core/run/record.h"
#include "core/validate/judge.h"
#include "core/validate/validators.h"

#include <algorithm>
#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

using OnFailure = llm::Validation::OnFailure;
using Outcome = profile::Verdict::Outcome;

} // namespace

bool Validating::canBeChecked(const llm::Answer &answer)
{
    return answer.finished && !answer.error
        && answer.finishReason.value_or(llm::FinishReason::Stop) == llm::FinishReason::Stop;
}

bool Validating::mayAskAgain(const llm::Validation &validation)
{
    return !validation.validators.isEmpty() && (validation.onFailure != OnFailure::Mark || isJudged(validation));
}

bool Validating::isJudged(const llm::Validation &validation)
{
    const auto &rows = validation.validators;
    return std::any_of(rows.begin(), rows.end(),
                       [](const auto &row) { return row.kind == QLatin1String(validate::judgeId); });
}

bool Validating::take(const Finished &finished)
{
    if (m_judging) {
        judged(finished);
        return false;
    }
    m_kept.reset();
    m_verdicts.clear();
    m_judges.clear();
    if (validators().isEmpty() || !canBeChecked(finished.answer))
        return false;
    m_kept = finished;
    for (const llm::Validator &validator : validators()) {
        if (validator.kind == QLatin1String(validate::judgeId))
            m_judges.append(validator);
    }
    return true;
}

std::optional<RunRequest> Validating::next()
{
    if (m_stopped || !m_kept)
        return std::nullopt;
    if (validate::outcomeOf(m_verdicts) == Outcome::Failed)
        return followUp();
    if (m_judges.isEmpty())
        return std::nullopt;
    m_judging = true;
    RunRequest judge = m_original;
    const QMap<QString, QString> &told = m_judges.constFirst().parameters;
    judge.chat =
        validate::judgeRequest(told.value(u"model"_s), told.value(u"prompt"_s), m_original.chat, m_kept->answer.text);
    return judge;
}

void Validating::judged(const Finished &finished)
{
    m_judging = false;
    m_judgements.append(attemptOf(finished));
    const QString title = validate::describe(m_judges.takeFirst());
    const auto &error = finished.answer.error;
    m_verdicts.append(error ? profile::Verdict { title, Outcome::NotChecked, error->message }
                            : validate::judgeVerdict(title, finished.answer.text));
}

std::optional<RunRequest> Validating::followUp()
{
    const llm::Validation &validation = m_original.validation;
    RunRequest request = m_original;
    if (validation.onFailure == OnFailure::Retry && m_followUps < validation.retries) {
        request.chat.messages.append(llm::Message::fromText(llm::Role::Assistant, m_kept->answer.text));
        request.chat.messages.append(llm::Message::fromText(llm::Role::User, failuresInWords()));
    } else if (validation.onFailure == OnFailure::FallBack && m_followUps < m_original.fallbacks.size()) {
        const Fallback &other = m_original.fallbacks.at(m_followUps);
        request.endpoint = other.endpoint;
        request.chat.model = other.model;
    } else {
        return std::nullopt;
    }
    ++m_followUps;
    m_failed = attemptOf(*m_kept);
    m_failed->text = m_kept->answer.text;
    m_failed->validation = std::exchange(m_verdicts, {});
    m_kept.reset();
    return request;
}

QString Validating::failuresInWords() const
{
    QString words = u"Your last answer does not meet the requirements:\n"_s;
    for (const profile::Verdict &verdict : m_verdicts) {
        if (verdict.outcome == Outcome::Failed)
            words += u"- %1\n"_s.arg(verdict.reason);
    }
    return words + u"Answer again, in full, so that it meets them. Do not comment on this."_s;
}

profile::Attempt Validating::attemptOf(const Finished &finished) const
{
    return run::attemptOf(finished.request, m_startedWallMs, finished.answer, finished.trace,
                          { m_prices, nullptr, finished.request.promptTokens });
}

void Validating::addTo(profile::RunRecord &record) const
{
    addTo(record, m_judgements);
}

void Validating::addTo(profile::RunRecord &record, const Finished &underWay) const
{
    addTo(record, m_judgements + QList { attemptOf(underWay) });
}

void Validating::addTo(profile::RunRecord &record, const QList<profile::Attempt> &judgements) const
{
    record.validation = m_verdicts;
    if (m_kept) {
        for (const llm::Validator &judge : m_judges)
            record.validation.append({ validate::describe(judge), Outcome::NotChecked, u"not asked"_s });
    }
    record.judgements = judgements;
    bool known = true;
    double extra = 0;
    for (const auto &attempts : { record.earlierAttempts, judgements }) {
        for (const profile::Attempt &attempt : attempts) {
            known = known && (!attempt.usage || attempt.costUsd);
            extra += attempt.costUsd.value_or(0);
        }
    }
    if (!known)
        record.costUsd.reset();
    else if (record.costUsd)
        *record.costUsd += extra;
    else if (extra > 0 && !record.answer.usage)
        record.costUsd = extra;
}

} // namespace talkbench::run
