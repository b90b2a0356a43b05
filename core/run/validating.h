#pragma once

#include "core/cost/pricebook.h"
#include "core/profile/runrecord.h"
#include "core/run/run.h"

#include <optional>
#include <utility>

namespace talkbench::run {

/// The stage between an answer and its record: says what is to be checked, has models judge it, and says what is asked again.
/// Checks and asks nothing itself.
class Validating final {
public:
    /// What has come of one request.
    struct Finished {
        RunRequest request;
        llm::Answer answer;
        profile::Trace trace;
    };

    /// `startedWallMs`: of the call; what is asked has the prices of that time.
    Validating(const RunRequest &request, qint64 startedWallMs, const cost::PriceBook &prices)
        : m_original(request), m_startedWallMs(startedWallMs), m_prices(prices)
    {
    }

    /// An answer that was cut off, refused or asks for a tool is not what the validators are about.
    static bool canBeChecked(const llm::Answer &answer);
    /// Whether an answer may be followed by another request: a judge's, or the same again.
    static bool mayAskAgain(const llm::Validation &validation);
    static bool isJudged(const llm::Validation &validation);
    /// The answer, or what a judge says. True: it is to be checked by the validators first, and checked() follows.
    bool take(const Finished &finished);
    const QList<llm::Validator> &validators() const { return m_original.validation.validators; }
    void checked(const QList<profile::Verdict> &verdicts) { m_verdicts = verdicts; }
    /// What is to be asked next: a judge, or the model again. Nothing: it is settled.
    std::optional<RunRequest> next();
    /// From now on nothing is asked any more.
    void stop() { m_stopped = true; }

    /// The answer that was checked, while it is judged and when it is settled; null if there was nothing to check.
    const Finished *kept() const { return m_kept ? &*m_kept : nullptr; }
    /// The request that next() gave is a judge's.
    bool judging() const { return m_judging; }
    /// Once after next(): the answer that has to be given again.
    std::optional<profile::Attempt> takeFailed() { return std::exchange(m_failed, std::nullopt); }
    /// Verdicts, judges, and what was paid beside the answer.
    void addTo(profile::RunRecord &record) const;
    /// Likewise, while a judge is asked: `underWay` is what its call has come to.
    void addTo(profile::RunRecord &record, const Finished &underWay) const;

private:
    void judged(const Finished &finished);
    std::optional<RunRequest> followUp();
    profile::Attempt attemptOf(const Finished &finished) const;
    void addTo(profile::RunRecord &record, const QList<profile::Attempt> &judgements) const;
    QString failuresInWords() const;

    const RunRequest m_original;
    const qint64 m_startedWallMs;
    const cost::PriceBook &m_prices;
    std::optional<Finished> m_kept;
    std::optional<profile::Attempt> m_failed;
    QList<profile::Verdict> m_verdicts;
    QList<llm::Validator> m_judges; ///< still to be asked
    QList<profile::Attempt> m_judgements;
    bool m_judging = false;
    bool m_stopped = false;
    int m_followUps = 0;
};

} // namespace talkbench::run
