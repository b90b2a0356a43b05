#pragma once

#include "core/run/record.h"
#include "core/run/validating.h"

#include <memory>

namespace talkbench::run {

/// What a call's records are made of beside its newest attempt: who it is, and the attempts before.
class CallAccount final {
public:
    /// `startedWallMs`: of the call; what is asked has the prices of that time. The counter may be null.
    CallAccount(const QString &id, qint64 startedWallMs, const cost::PriceBook &prices,
                const std::shared_ptr<const cost::TokenCounter> &counter);

    /// One that failed, of a request that is asked again.
    void add(const Validating::Finished &failed);
    /// Of a call that failed for all who had joined it: this one pays, but its retries were that call's.
    void inherit(const profile::RunRecord &failed);
    /// Another request follows, in the place of an answer that failed its checks or after one that is kept.
    void beginRequest(const std::optional<profile::Attempt> &failed);
    const QList<profile::Attempt> &earlier() const { return m_earlier; }
    bool hasRequestsBefore() const { return m_requestsBefore > 0; }
    /// At this request, with the one that is under way.
    int attemptsMade() const { return static_cast<int>(m_earlier.size() - m_requestsBefore) + 1; }

    profile::RunRecord record(const Validating::Finished &finished) const;
    /// As it would be, were the program to end now. `underWay`: the request that is out, or the next one, which has cost nothing
    /// yet; with what has come of its answer.
    profile::RunRecord begun(Validating::Finished underWay, const Validating &validating) const;

private:
    Accounting accountingOf(const RunRequest &request) const;

    const QString m_id;
    const qint64 m_startedWallMs;
    const cost::PriceBook &m_prices;
    const std::shared_ptr<const cost::TokenCounter> &m_counter;
    QList<profile::Attempt> m_earlier;
    qsizetype m_requestsBefore = 0; ///< of m_earlier, the attempts at requests before this one
};

} // namespace talkbench::run
