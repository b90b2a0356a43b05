#include "core/select/chooser.h"

#include "core/select/fallback.h"

#include <QDateTime>
#include <QRandomGenerator>

#include <algorithm>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

QList<Candidate> orderOf(const Decision &decision, const QList<Candidate> &candidates)
{
    QList<DecisionRow> rows = decision.rows;
    rows.removeIf([&](const DecisionRow &row) { return !row.excluded.isEmpty() && row.ref != decision.chosen; });
    std::stable_sort(rows.begin(), rows.end(), [&](const DecisionRow &a, const DecisionRow &b) {
        const bool first = a.ref == decision.chosen;
        return first != (b.ref == decision.chosen) ? first : a.utility > b.utility;
    });
    QList<Candidate> order;
    for (const DecisionRow &row : std::as_const(rows)) {
        const auto candidate =
            std::find_if(candidates.begin(), candidates.end(), [&row](const Candidate &c) { return c.ref == row.ref; });
        order.append(*candidate);
    }
    return order;
}

/// Those the prompt is too long for, the longer ones first: they may be asked with less of it.
QList<Candidate> shorterOnes(const Decision &decision, const QList<Candidate> &candidates)
{
    QList<Candidate> shorter;
    for (qsizetype i = 0; i < candidates.size(); ++i) {
        const Candidate &candidate = candidates.at(i);
        const DecisionRow &row = decision.rows.at(i);
        const bool tooShort = candidate.contextTokens && *candidate.contextTokens < decision.inputTokens;
        if (tooShort && !row.excluded.isEmpty() && candidate.barred.isEmpty() && row.circuit == Circuit::Closed)
            shorter.append(candidate);
    }
    std::stable_sort(shorter.begin(), shorter.end(),
                     [](const Candidate &a, const Candidate &b) { return *a.contextTokens > *b.contextTokens; });
    return shorter;
}

} // namespace

void Chooser::load(const QList<profile::RunRecord> &stored)
{
    QList<profile::RunRecord> all = stored;
    for (const profile::RunRecord &early : std::as_const(m_early)) {
        const bool known = std::any_of(stored.begin(), stored.end(), [&](const auto &r) { return r.id == early.id; });
        if (!known)
            all.append(early);
    }
    m_early.clear();
    m_loaded = true;
    m_measurements = Measurements::of(all);
    std::stable_sort(all.begin(), all.end(),
                     [](const auto &a, const auto &b) { return a.startedWallMs < b.startedWallMs; });
    for (const profile::RunRecord &record : std::as_const(all))
        remember(record);
}

void Chooser::learn(const profile::RunRecord &record)
{
    if (!m_loaded)
        m_early.append(record);
    m_measurements.add(record);
    remember(record);
}

void Chooser::remember(const profile::RunRecord &record)
{
    if (record.conversationId.isEmpty() || record.cached || !record.ok() || !record.answer.usage)
        return;
    const llm::Usage &usage = *record.answer.usage;
    // A provider that reports no cache may have none.
    const qint64 cached = usage.cacheRead + usage.cacheWrite > 0 ? usage.inputTotal() : 0;
    m_incumbents.insert(record.conversationId, { { record.providerId, record.model }, cached, endMsOf(record) });
}

Candidate Chooser::candidateFor(const ModelRef &ref, const Question &question) const
{
    Candidate candidate = m_candidateOf(ref);
    if (candidate.barred.isEmpty())
        candidate.barred = question.barred.value(ref.providerId);
    return candidate;
}

Pick Chooser::choose(const Question &question, const Policy &policy) const
{
    Pick pick;
    pick.subject = subjectOf(question.chat);
    pick.subject.localTime = QDateTime::fromMSecsSinceEpoch(question.nowMs).time();
    pick.subject.budgetLeft = question.budgetLeft;
    pick.subject.tags = question.tags;
    pick.subject.quality = question.quality;
    pick.verdict = firstMatch(policy.rules, pick.subject);
    const Rule *rule = pick.verdict.index >= 0 ? &policy.rules.at(pick.verdict.index) : nullptr;
    Choice choice;
    choice.strategy = policy.strategy;
    choice.weights = policy.weights;
    choice.subject = pick.subject;
    choice.fits = question.fits;
    choice.nowMs = question.nowMs;
    choice.seed = question.seed ? *question.seed : QRandomGenerator::global()->generate();
    const QList<ModelRef> set = rule ? rule->models : policy.candidates;
    for (const ModelRef &ref : set)
        choice.candidates.append(candidateFor(ref, question));
    if (const auto last = m_incumbents.constFind(question.conversationId); last != m_incumbents.cend())
        choice.incumbent = *last;
    pick.decision = decide(choice, m_measurements);
    if (rule) {
        pick.decision.rule = rule->name;
        pick.decision.reason.prepend(u"rule '%1': "_s.arg(rule->name));
    }
    if (pick.decision.chosen)
        pick.order = orderOf(pick.decision, choice.candidates);
    if (pick.decision.chosen && question.fits)
        pick.order.append(shorterOnes(pick.decision, choice.candidates));
    const QList<ModelRef> next = policy.fallbacksOf(set);
    for (const ModelRef &ref : next) {
        const Candidate candidate = candidateFor(ref, question);
        if (pick.decision.chosen && candidate.barred.isEmpty() && !set.contains(ref))
            pick.order.append(candidate);
    }
    return pick;
}

QList<Candidate> Chooser::fallbackOrder(const ModelRef &chosen) const
{
    QList<Candidate> order { m_candidateOf(chosen) };
    const QList<ModelRef> next = m_policy.fallbacks.value(chosen);
    for (const ModelRef &ref : next) {
        if (ref != chosen)
            order.append(m_candidateOf(ref));
    }
    return order;
}

std::optional<qint64> Chooser::hedgeDelayMs(const ModelRef &ref) const
{
    return select::hedgeDelayMs(m_measurements, ref, m_policy.hedgeFactor);
}

} // namespace talkbench::select
