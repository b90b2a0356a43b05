#include "core/run/callaccount.h"

namespace talkbench::run {

CallAccount::CallAccount(const QString &id, qint64 startedWallMs, const cost::PriceBook &prices,
                         const std::shared_ptr<const cost::TokenCounter> &counter)
    : m_id(id), m_startedWallMs(startedWallMs), m_prices(prices), m_counter(counter)
{
}

Accounting CallAccount::accountingOf(const RunRequest &request) const
{
    return { m_prices, m_counter.get(), request.promptTokens };
}

void CallAccount::add(const Validating::Finished &failed)
{
    m_earlier.append(
        attemptOf(failed.request, m_startedWallMs, failed.answer, failed.trace, accountingOf(failed.request)));
}

void CallAccount::inherit(const profile::RunRecord &failed)
{
    m_earlier.append(attemptsOf(failed));
    m_requestsBefore = m_earlier.size();
}

void CallAccount::beginRequest(const std::optional<profile::Attempt> &failed)
{
    if (failed)
        m_earlier.append(*failed);
    m_requestsBefore = m_earlier.size();
}

profile::RunRecord CallAccount::record(const Validating::Finished &finished) const
{
    return makeRecord(m_id, finished.request, m_startedWallMs, endedBy(finished.answer, finished.answer.error),
                      finished.trace, m_earlier, accountingOf(finished.request));
}

profile::RunRecord CallAccount::begun(Validating::Finished underWay, const Validating &validating) const
{
    underWay.answer.error = interrupted();
    profile::RunRecord begun;
    if (validating.judging()) {
        Validating::Finished judged = *validating.kept();
        judged.answer.error = underWay.answer.error;
        begun = record(judged);
        validating.addTo(begun, underWay);
    } else {
        begun = countsOnly(record(underWay));
        validating.addTo(begun);
    }
    return begun;
}

} // namespace talkbench::run
