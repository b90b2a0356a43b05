#pragma once

#include "core/select/policy.h"

#include <optional>

namespace talkbench::select {

/// What a model is to be chosen for.
struct Question {
    llm::ChatRequest chat;
    QString conversationId = {};
    /// The conversation's.
    QStringList tags = {};
    Quality quality = Quality::Balanced;
    /// USD; unset where there is no budget.
    std::optional<double> budgetLeft = {};
    /// Providers that can't be asked now, and why.
    QHash<QString, QString> barred = {};
    /// Whether a prompt that is too long is made shorter, so that any context will do where none is long enough.
    bool fits = false;
    qint64 nowMs = 0; ///< wall
    /// Of the choice's randomness; unset: another one each time.
    std::optional<quint32> seed = {};
};

/// A choice with all that led to it.
struct Pick {
    Decision decision;
    RuleVerdict verdict;
    Subject subject;
    /// The chosen one first, then those that could have been, the better ones first: who is asked where it fails. Where there was
    /// no other, the chosen one's own list.
    QList<Candidate> order;
};

/// Chooses models by the policy and by what is measured of every call. A value; lives where its owner does.
class Chooser {
public:
    /// Price, context and quality of a model, as far as they are known now.
    using CandidateOf = std::function<Candidate(const ModelRef &ref)>;

    explicit Chooser(CandidateOf candidateOf) : m_candidateOf(std::move(candidateOf)) { }

    void setPolicy(const Policy &policy) { m_policy = policy; }
    const Policy &policy() const { return m_policy; }
    /// The newest stored runs, in any order: what has been learned since the start stays.
    void load(const QList<profile::RunRecord> &stored);
    /// Until load(), records are kept: who never loads must not learn.
    void learn(const profile::RunRecord &record);
    /// A call goes out, or will: to be said before the next choice.
    void sent(const ModelRef &ref, qint64 nowMs) { m_measurements.sent(ref, nowMs); }
    /// It did not, after all.
    void takeBack(const ModelRef &ref, qint64 sentMs) { m_measurements.takeBack(ref, sentMs); }
    const Measurements &measurements() const { return m_measurements; }

    Pick choose(const Question &question) const { return choose(question, m_policy); }
    /// By another policy, to try it out.
    Pick choose(const Question &question, const Policy &policy) const;

    /// The model and who is asked where it fails, for one that a person chose.
    QList<Candidate> fallbackOrder(const ModelRef &chosen) const;
    /// Unset: no second request.
    std::optional<qint64> hedgeDelayMs(const ModelRef &ref) const;

private:
    Candidate candidateFor(const ModelRef &ref, const Question &question) const;
    /// Of stored and new runs: who answered last in which conversation.
    void remember(const profile::RunRecord &record);

    CandidateOf m_candidateOf;
    Policy m_policy;
    Measurements m_measurements;
    QHash<QString, Incumbent> m_incumbents; ///< by conversation
    QList<profile::RunRecord> m_early; ///< learned before load()
    bool m_loaded = false;
};

} // namespace talkbench::select
