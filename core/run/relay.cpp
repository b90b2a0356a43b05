#include "core/run/relay.h"

#include "core/run/retry.h"

#include <algorithm>
#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

bool hasContent(const RunUpdate &update)
{
    return !update.text.isEmpty() || !update.reasoning.isEmpty() || !update.chunks.isEmpty();
}

bool saidSomething(const profile::RunRecord &record)
{
    return record.trace.firstContentNs != 0 || !record.answer.text.isEmpty();
}

} // namespace

Relay::Relay(RunService &service, Scheduler &scheduler, Prepare prepare, const RunRequest &request, const Plan &plan)
    : m_service(service), m_scheduler(scheduler), m_prepare(std::move(prepare)), m_plan(plan)
{
    start(request);
}

Relay::~Relay() = default;

QString Relay::id() const
{
    return m_winner ? m_winner->id() : m_legs.empty() ? QString() : m_legs.front().run->id();
}

void Relay::cancel()
{
    m_hedging = true; // no other one from now on
    if (m_legs.empty() && m_failed) {
        profile::RunRecord record = *m_failed;
        record.answer.error = base::Error { base::ErrorKind::Cancelled, u"Stopped."_s, {}, 0, std::nullopt };
        end(record);
        return;
    }
    for (const Leg &leg : m_legs)
        leg.run->cancel();
}

void Relay::withdraw()
{
    if (m_legs.empty())
        cancel();
    else if (m_legs.size() == 1)
        m_legs.front().run->withdraw();
}

void Relay::retryNow()
{
    for (const Leg &leg : m_legs)
        leg.run->retryNow();
}

void Relay::start(RunRequest request)
{
    const select::ModelRef ref { request.endpoint.providerId, request.chat.model };
    if (!m_tried.contains(ref))
        m_tried.append(ref);
    request.retries = !hasAnother();
    m_last = request;
    m_legs.push_back({ ref, m_service.start(request) });
    Run *run = m_legs.back().run.get();
    connect(run, &Run::updated, this, [this, run](const RunUpdate &update) { onUpdated(run, update); });
    connect(run, &Run::finished, this, [this, run](const profile::RunRecord &record) { onFinished(run, record); });
}

bool Relay::hasAnother() const
{
    return std::any_of(m_plan.order.begin(), m_plan.order.end(), [this](const select::Candidate &candidate) {
        return select::mayTakeOver(candidate, m_plan, m_tried);
    });
}

void Relay::startNext(const select::ModelRef &ref, const profile::Decision &step)
{
    m_steps.append(step);
    m_tried.append(ref); // even if it can't be reached: never twice
    m_preparing = true;
    m_prepare(ref, this, [this, ref](const RequestResult &prepared) {
        m_preparing = false;
        if (m_ended || m_winner)
            return;
        if (prepared) {
            m_failed.reset();
            RunRequest request = *prepared;
            request.askedNs = m_askedNs;
            request.steps = m_steps + request.steps;
            start(request);
            Q_EMIT tookOver(ref);
        } else if (m_legs.empty()) {
            m_steps.append({ u"fallback"_s, prepared.error().message,
                             profile::Handover { toText(ref), {}, prepared.error().kind } });
            const profile::RunRecord failed = *m_failed;
            onFinished(nullptr, failed);
        }
    });
}

/// Of the first call, which the others follow.
void Relay::keepAsked(const profile::Trace &trace)
{
    if (m_askedNs == 0)
        m_askedNs = trace.askedNs != 0 ? trace.askedNs : trace.submittedNs;
}

void Relay::onUpdated(Run *run, RunUpdate update)
{
    keepAsked(update.trace);
    if (m_ended || (m_winner && m_winner != run))
        return;
    if (!m_winner && hasContent(update)) {
        m_winner = run;
        keepOnly(run);
    }
    if (!m_winner && run != m_legs.front().run.get())
        return;
    if (!m_winner && update.trace.dispatchedNs != 0)
        startHedgeTimer();
    if (!m_steps.isEmpty())
        update.step = m_steps.constLast();
    Q_EMIT updated(update);
}

void Relay::onFinished(Run *run, const profile::RunRecord &record)
{
    const auto leg = std::find_if(m_legs.begin(), m_legs.end(), [run](const Leg &l) { return l.run.get() == run; });
    if (leg != m_legs.end()) {
        leg->run.release()->deleteLater(); // it is the sender
        m_legs.erase(leg);
    }
    keepAsked(record.trace);
    if (m_ended)
        return;
    if (record.ok() || saidSomething(record) || record.cancelled() || !record.answer.error) {
        keepOnly(nullptr);
        end(record);
        return;
    }
    m_failed = record;
    if (!m_legs.empty() || m_preparing)
        return; // the other one may still answer
    const select::ModelRef failed { record.providerId, record.model };
    const auto next = select::nextAfter(*record.answer.error, failed, m_plan, m_tried);
    const profile::Handover handover { toText(failed), next ? toText(*next) : QString(), record.answer.error->kind };
    const profile::Decision step { u"fallback"_s, {}, handover };
    if (const auto delay = next ? std::nullopt : againInMs(*record.answer.error)) {
        tryAgain(*delay);
        return;
    }
    if (!next) {
        if (m_plan.order.size() > 1)
            m_steps.append(step);
        end(record);
        return;
    }
    RunUpdate update;
    update.state = RunState::Queued;
    update.trace.submittedNs = record.trace.submittedNs;
    update.step = step;
    startNext(*next, step);
    if (!m_ended)
        Q_EMIT updated(update);
}

std::optional<qint64> Relay::againInMs(const base::Error &error) const
{
    return m_last.retries ? std::nullopt : Retry(m_service.retryPolicy()).delayMs(Retry::Failure { error });
}

void Relay::tryAgain(qint64 delayMs)
{
    m_last.retries = true; // only once
    m_scheduler.after(delayMs, this, [this] {
        if (m_ended)
            return;
        m_failed.reset();
        RunRequest request = m_last;
        request.askedNs = m_askedNs;
        for (const profile::Decision &step : std::as_const(m_steps)) {
            if (!request.steps.contains(step))
                request.steps.append(step);
        }
        start(request);
    });
}

void Relay::startHedgeTimer()
{
    if (m_hedging || !m_plan.hedgeAfterMs)
        return;
    m_hedging = true;
    m_scheduler.after(*m_plan.hedgeAfterMs, this, [this] { hedge(); });
}

void Relay::hedge()
{
    if (m_ended || m_winner || m_legs.size() != 1 || m_preparing)
        return;
    const select::ModelRef late = m_legs.front().ref;
    const auto next = std::find_if(m_plan.order.begin(), m_plan.order.end(), [this](const select::Candidate &c) {
        return select::mayTakeOver(c, m_plan, m_tried);
    });
    if (next == m_plan.order.end())
        return;
    const profile::Handover handover { toText(late), toText(next->ref), {}, *m_plan.hedgeAfterMs };
    startNext(next->ref, { u"hedge"_s, {}, handover });
}

void Relay::keepOnly(Run *run)
{
    for (Leg &leg : m_legs) {
        if (leg.run.get() != run)
            leg.run.release()->deleteLater(); // cancels it; its record comes nevertheless
    }
    std::erase_if(m_legs, [](const Leg &leg) { return !leg.run; });
}

void Relay::end(const profile::RunRecord &record)
{
    m_ended = true;
    m_winner = nullptr;
    profile::RunRecord last = record;
    for (const profile::Decision &step : std::as_const(m_steps)) {
        if (!last.trace.decisions.contains(step))
            last.trace.decisions.append(step);
    }
    Q_EMIT finished(last);
}

} // namespace talkbench::run
