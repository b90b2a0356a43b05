#include "core/bench/batchrunner.h"

#include "core/base/whenready.h"
#include "core/run/relay.h"

#include <QPointer>
#include <QUuid>

#include <algorithm>
#include <numeric>
#include <utility>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

namespace {

/// Results that the rate is taken from; of a batch with more calls at once, so many rounds of them.
constexpr qsizetype recent = 200;
constexpr qsizetype recentRounds = 8;
constexpr qint64 tickMs = 1000;

/// No other prompt would fare better.
bool isHopeless(base::ErrorKind kind)
{
    using enum base::ErrorKind;
    return kind == Auth || kind == Forbidden || kind == Quota || kind == Config || kind == Dns || kind == Refused
        || kind == Tls || kind == Proxy || kind == Redirect || kind == NotJson || kind == NotFound;
}

} // namespace

BatchRunner::BatchRunner(const Services &services, const BatchPlan &plan, QObject *parent)
    : QObject(parent), m_services(services), m_plan(plan), m_id(QUuid::createUuid().toString(QUuid::WithoutBraces))
{
    // Queued: a call that begins from within the record of another would ask the store before that is there.
    connect(
        &m_services.ledger, &run::Ledger::changed, this,
        [this] {
            if (!m_heldBack.isEmpty())
                pump();
        },
        Qt::QueuedConnection);
}

BatchRunner::~BatchRunner() = default;

void BatchRunner::add(const QList<BatchItem> &items, const BatchProgress &before)
{
    m_progress.add(before);
    m_waiting.remove(0, std::exchange(m_next, 0));
    m_waiting += items;
    pump();
}

qsizetype BatchRunner::waiting() const
{
    return std::accumulate(m_heldBack.cbegin(), m_heldBack.cend(), m_waiting.size() - m_next,
                           [](qsizetype sum, const QList<BatchItem> &items) { return sum + items.size(); });
}

void BatchRunner::endInput()
{
    m_inputEnded = true;
    finishIfDone();
}

void BatchRunner::pause()
{
    m_paused = true;
    for (const auto &[key, run] : m_runs)
        m_withdrawn.insert(key);
    tellRuns(&run::Run::withdraw);
    tell();
}

void BatchRunner::resume()
{
    m_paused = false;
    m_recentNs = { m_services.clock.nowNs() }; // the pause is no part of the rate
    pump();
}

void BatchRunner::stop()
{
    m_stopped = true;
    tellRuns(&run::Run::withdraw);
    tell();
    finishIfDone();
}

void BatchRunner::cancel()
{
    m_stopped = true;
    tellRuns(&run::Run::cancel);
    finishIfDone();
}

void BatchRunner::tellRuns(void (run::Run::*what)())
{
    for (auto next = m_runs.begin(); next != m_runs.end();)
        ((next++)->second.get()->*what)(); // which may end it at once
}

/// The next one to be asked.
void BatchRunner::putBack(const BatchItem &item)
{
    if (m_next > 0)
        m_waiting[--m_next] = item;
    else
        m_waiting.prepend(item);
}

void BatchRunner::pump()
{
    beginHeldBack();
    while (hasRoom() && m_next < m_waiting.size()) {
        const BatchItem item = std::exchange(m_waiting[m_next++], {});
        if (m_heldBack.contains(item.target) || !begin(item))
            m_heldBack[item.target].append(item);
    }
    if (m_next == m_waiting.size())
        std::exchange(m_waiting, {}), m_next = 0;
    if (!m_runs.empty() && !std::exchange(m_ticking, true))
        m_services.scheduler.after(tickMs, this, [this] { tick(); });
    tell();
    finishIfDone();
}

void BatchRunner::tick()
{
    m_ticking = !m_runs.empty();
    if (!m_ticking)
        return;
    m_services.scheduler.after(tickMs, this, [this] { tick(); });
    tell();
}

void BatchRunner::tell()
{
    m_progress.inFlight = begun() - m_held.size();
    m_progress.waiting.clear();
    for (const Held &held : std::as_const(m_held))
        ++m_progress.waiting[held.by];
    for (const QList<BatchItem> &items : std::as_const(m_heldBack))
        m_progress.waiting[u"a budget, until calls under way have ended"_s] += items.size();
    setPace();
    Q_EMIT progressed(m_progress);
}

void BatchRunner::onUpdated(const QString &key, const run::RunUpdate &update)
{
    using enum run::WaitReason;
    const run::WaitReason reason = update.wait.reason;
    std::optional<Held> held;
    if (update.state == run::RunState::RetryWait)
        held = Held { u"another attempt"_s, true };
    else if (update.state == run::RunState::Queued && reason != None)
        held = Held { run::waitReasonText(reason), reason == RequestRate || reason == TokenRate };
    const auto before = m_held.constFind(key);
    if (before == m_held.cend() ? !held : held == *before)
        return;
    if (held)
        m_held.insert(key, *held);
    else
        m_held.remove(key);
    tell();
}

/// A target that has to wait holds up no other.
void BatchRunner::beginHeldBack()
{
    const QList<qsizetype> targets = m_heldBack.keys();
    for (const qsizetype target : targets) {
        while (hasRoom() && m_heldBack.contains(target)) {
            const BatchItem item = m_heldBack[target].takeFirst();
            if (m_heldBack[target].isEmpty())
                m_heldBack.remove(target);
            if (begin(item))
                continue;
            m_heldBack[target].prepend(item);
            break;
        }
    }
}

/// False where it has to wait for what calls under way cost.
bool BatchRunner::begin(const BatchItem &item)
{
    const BatchTarget &target = m_plan.targets[item.target];
    if (target.isAutomatic())
        return beginChosen(item);
    run::RunRequest request = requestOf(item, m_plan);
    request.conversationId = m_id;
    const cost::Leave leave = m_services.ledger.leaveFor(request);
    if (leave.may == cost::Leave::May::Go)
        watch(item, m_services.runs.start(request));
    else if (leave.may == cost::Leave::May::Never)
        refuseUnlessKept(item, request, leave.why);
    return leave.may != cost::Leave::May::Wait;
}

bool BatchRunner::beginChosen(const BatchItem &item)
{
    const std::optional<select::Pick> pick = choose(item);
    if (!pick)
        return false;
    if (pick->decision.chosen) {
        startChosen(item, *pick);
        return true;
    }
    profile::RunRecord record; // that no model can be asked is its result
    record.operation = profile::Operation::Batch;
    record.model = m_plan.targets[item.target].model;
    record.startedWallMs = m_services.clock.wallMs();
    record.decision = select::toJson(pick->decision);
    record.answer.error = base::Error { base::ErrorKind::Config, pick->decision.reason, {}, 0, std::nullopt };
    keep(item, record);
    return true;
}

/// Among those whose budgets let it go. Unset where that has to wait.
std::optional<select::Pick> BatchRunner::choose(const BatchItem &item)
{
    run::Ledger &ledger = m_services.ledger;
    select::Question question =
        m_plan.choice.questionFor(requestOf(item, m_plan).chat, ledger.budgets(),
                                  ledger.spent().value_or(QList<cost::Spent>()), m_services.clock.wallMs());
    while (true) {
        const select::Pick pick = m_services.chooser.choose(question);
        if (!pick.decision.chosen)
            return pick;
        const cost::Leave leave = ledger.leaveFor(requestFor(item, *pick.decision.chosen, {}));
        if (leave.may == cost::Leave::May::Go)
            return pick;
        if (leave.may == cost::Leave::May::Wait)
            return std::nullopt;
        question.barred.insert(pick.decision.chosen->providerId, leave.why);
    }
}

run::RunRequest BatchRunner::requestFor(const BatchItem &item, const select::ModelRef &ref,
                                        const QJsonObject &decision) const
{
    run::RunRequest request = requestOf(item, m_plan, m_plan.choice.endpoints.value(ref.providerId), ref.model);
    request.conversationId = m_id;
    request.decision = decision;
    return request;
}

void BatchRunner::startChosen(const BatchItem &item, const select::Pick &pick)
{
    const QJsonObject decision = select::toJson(pick.decision);
    run::Relay::Plan plan;
    plan.order = pick.order;
    plan.inputTokens = pick.decision.inputTokens;
    const auto prepare = [this, item, decision](const select::ModelRef &ref, QObject *, const auto &then) {
        const run::RunRequest request = requestFor(item, ref, decision);
        if (const cost::Leave leave = m_services.ledger.leaveFor(request); leave.may != cost::Leave::May::Go)
            then(base::Error { base::ErrorKind::Budget, leave.why, {}, 0, std::nullopt });
        else
            then(request);
    };
    const select::ModelRef &chosen = *pick.decision.chosen;
    m_services.chooser.sent(chosen, m_services.clock.wallMs());
    auto relay = std::make_unique<run::Relay>(m_services.runs, m_services.scheduler, prepare,
                                              requestFor(item, chosen, decision), plan);
    connect(relay.get(), &run::Relay::tookOver, this,
            [this](const select::ModelRef &ref) { m_services.chooser.sent(ref, m_services.clock.wallMs()); });
    watch(item, std::move(relay));
}

void BatchRunner::watch(const BatchItem &item, std::unique_ptr<run::Run> run)
{
    if (m_recentNs.isEmpty())
        m_recentNs.append(m_services.clock.nowNs());
    connect(run.get(), &run::Run::updated, this,
            [this, key = item.key](const run::RunUpdate &update) { onUpdated(key, update); });
    connect(run.get(), &run::Run::finished, this,
            [this, item](const profile::RunRecord &record) { onFinished(item, record); });
    m_runs[item.key] = std::move(run);
}

void BatchRunner::refuse(const QString &provider, const QString &why)
{
    Refused &refused = m_refused[provider];
    ++refused.prompts;
    refused.why = why;
}

void BatchRunner::refuseUnlessKept(const BatchItem &item, const run::RunRequest &request, const QString &why)
{
    ++m_lookedUp;
    base::whenReady(this, m_services.runs.isKept(request), [this, item, request, why](bool kept) {
        --m_lookedUp;
        if (!kept)
            refuse(request.endpoint.providerId, why);
        else if (m_paused || m_stopped)
            putBack(item);
        else
            watch(item, m_services.runs.start(request));
        pump();
    });
}

void BatchRunner::onFinished(const BatchItem &item, const profile::RunRecord &record)
{
    m_runs.at(item.key).release()->deleteLater(); // it is the sender
    m_runs.erase(item.key);
    m_held.remove(item.key);
    const bool wasPaused = m_withdrawn.remove(item.key);
    if (!record.cancelled())
        return keep(item, record);
    if (wasPaused && record.trace.dispatchedNs == 0)
        putBack(item);
    m_progress.costUsd += record.costUsd.value_or(0); // asked again it costs again
    pump();
}

void BatchRunner::keep(const BatchItem &item, const profile::RunRecord &record)
{
    ++m_keeping;
    m_services.keep(item, record, [self = QPointer(this), item, record](const base::Result<void> &kept) {
        if (self)
            self->onKept(item, record, kept);
    });
}

void BatchRunner::onKept(const BatchItem &item, const profile::RunRecord &record, const base::Result<void> &kept)
{
    --m_keeping;
    if (kept) {
        count(item, record);
    } else if (!m_error) {
        m_error = kept.error();
        cancel();
    }
    pump();
}

void BatchRunner::count(const BatchItem &item, const profile::RunRecord &record)
{
    const BatchResult result = resultOf(item.key, item.prompt.id, record, m_plan);
    m_progress.count(result);
    m_progress.countCost(record.costUsd, record.isUnpriced());
    countResult();
    const bool lost = record.answer.error && isHopeless(record.answer.error->kind);
    m_failuresInARow = lost ? m_failuresInARow + 1 : 0;
    Q_EMIT resulted(result);
    if (m_failuresInARow == hopeless) {
        m_error = record.answer.error;
        cancel();
    }
}

void BatchRunner::countResult()
{
    m_recentNs.append(m_services.clock.nowNs());
    if (m_recentNs.size() > std::max(recent, recentRounds * m_plan.concurrency))
        m_recentNs.removeFirst();
}

void BatchRunner::setPace()
{
    m_progress.perSecond = 0;
    m_progress.remainingMs.reset();
    const auto results = static_cast<double>(m_recentNs.size() - 1);
    const auto spanNs =
        m_recentNs.isEmpty() ? 0.0 : static_cast<double>(m_recentNs.constLast() - m_recentNs.constFirst());
    if (m_paused || m_stopped || results < 1 || spanNs <= 0)
        return;
    // That nothing comes between one round of calls and the next is no slower pace; beyond that it is.
    const auto inFlight = static_cast<double>(m_progress.inFlight);
    const double roundNs = spanNs * inFlight / results;
    const auto sinceNs = static_cast<double>(m_services.clock.nowNs() - m_recentNs.constLast());
    const double nsEach = (spanNs + std::max(0.0, sinceNs - roundNs)) / results;
    m_progress.perSecond = 1e9 / nsEach;
    const bool timed = std::any_of(m_held.cbegin(), m_held.cend(), [](const Held &held) { return held.timed; });
    if (timed || results < inFlight)
        return;
    const auto left = static_cast<double>(m_progress.total - m_progress.done());
    m_progress.remainingMs = qRound64(std::max(0.0, left * nsEach - std::min(sinceNs, roundNs)) / 1e6);
}

void BatchRunner::finishIfDone()
{
    const bool done = m_stopped || (m_inputEnded && m_waiting.isEmpty() && m_heldBack.isEmpty());
    if (done && begun() == 0 && !std::exchange(m_finished, true))
        Q_EMIT finished(outcome());
}

std::optional<base::Error> BatchRunner::outcome() const
{
    if (m_error || m_refused.isEmpty())
        return m_error;
    QStringList reasons;
    for (auto refused = m_refused.cbegin(); refused != m_refused.cend(); ++refused)
        reasons += (refused->prompts == 1 ? u"1 prompt was not sent to %1. %2"_s.arg(refused.key(), refused->why)
                                          : u"%1 prompts were not sent to %2. %3"_s.arg(
                                              QString::number(refused->prompts), refused.key(), refused->why));
    return base::Error { base::ErrorKind::Budget, reasons.join(u' '), {}, 0, std::nullopt };
}

BatchRunner::Keep keepIn(BatchJournal &journal)
{
    return [&journal](const BatchItem &item, const profile::RunRecord &record, const BatchRunner::Kept &then) {
        then(journal.append(rowOf(item.key, item.prompt, record)));
    };
}

} // namespace talkbench::bench
