#include "core/run/call.h"

#include "core/cost/tokencounter.h"

#include <algorithm>
#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

/// Reserved for an answer whose length nobody bounded.
constexpr int usualAnswerTokens = 512;

/// How much of an answer is off the bill, at most, where the program is killed.
constexpr qint64 tellBegunMs = 1000;

/// Options that a server may refuse of one request, one after the other.
constexpr int mostLeftOut = 4;

} // namespace

Call::Call(const QString &id, quint64 order, const RunRequest &request, qint64 submittedNs, const Services &services)
    : m_id(id), m_order(order), m_request(request), m_submittedNs(submittedNs),
      m_startedWallMs(services.clock.wallMs() - (services.clock.nowNs() - submittedNs) / 1'000'000),
      m_services(services), m_urgency(request.priority), m_stateNs(submittedNs),
      m_account(id, m_startedWallMs, services.prices, services.counter),
      m_validating(request, m_startedWallMs, services.prices), m_checking(services.scheduler)
{
    m_trace.askedNs = request.askedNs;
    m_trace.submittedNs = m_trace.queuedNs = submittedNs;
}

Call::~Call() = default;

void Call::begin()
{
    m_provider = llm::providerFor(m_request.endpoint.protocol);
    base::Result<llm::EncodedRequest> encoded = m_services.refusals.encode(m_request.chat, m_request.endpoint);
    if (!encoded) {
        llm::Answer answer;
        answer.error = encoded.error();
        m_trace.endNs = m_services.clock.nowNs();
        settle(answer);
        return;
    }
    m_encoded = *std::move(encoded);
    if (!m_request.promptTokens)
        m_request.promptTokens = countPrompt(m_request, m_services.counter.get());
    m_tokensExpected = m_request.promptTokens.value_or(cost::roughCount(m_request.chat.messages)).tokens
        + m_request.chat.options.maxTokens.value_or(usualAnswerTokens);
    askCache();
}

// Cache

void Call::askCache()
{
    const CacheStage::Services services { m_services.clock, m_services.scheduler, m_services.cache, m_services.flights,
                                          m_services.maxWaitMs };
    RunRequest asked = m_request;
    // What follows an answer that failed is to other words or of another model; what a judge says is not asked of a kept one.
    if (m_account.hasRequestsBefore() || Validating::isJudged(m_request.validation))
        asked.cache = profile::CachePolicy::Off;
    m_cache = std::make_unique<CacheStage>(asked, m_submittedNs, services);
    connect(m_cache.get(), &CacheStage::decided, this, [this](const QString &reason) {
        m_trace.decisions.append({ u"cache"_s, reason });
    });
    connect(m_cache.get(), &CacheStage::content, this,
            [this](const QString &text, const QString &reasoning) { onContent(text, reasoning, {}); });
    connect(m_cache.get(), &CacheStage::answered, this, &Call::onCacheAnswered);
    connect(m_cache.get(), &CacheStage::joined, this, [this] { Q_EMIT changed(false); });
    connect(m_cache.get(), &CacheStage::gaveUp, this, &Call::stop);
    connect(m_cache.get(), &CacheStage::hurried, this, [this](Priority priority) {
        if (priority < std::exchange(m_urgency, std::min(m_urgency, priority)))
            Q_EMIT hurried();
    });
    connect(m_cache.get(), &CacheStage::missed, this, [this] {
        m_firstDispatchNs = m_cache->joinedDepartedNs();
        enqueue();
    });
    connect(m_cache.get(), &CacheStage::deserted, this, [this] {
        if (m_ownerless)
            stop(stopped());
    });
    connect(m_cache.get(), &CacheStage::inherited, this,
            [this](const profile::RunRecord &failed) { m_account.inherit(failed); });
    connect(m_cache.get(), &CacheStage::owing, this, &Call::onOwing);
    m_cache->begin(m_encoded.unsent);
}

void Call::onCacheAnswered(const profile::RunRecord &record, const std::optional<profile::CacheHit> &hit)
{
    m_trace.endNs = m_services.clock.nowNs();
    profile::RunRecord brought = record;
    if (m_stoppedBy && record.answer.error) {
        brought.answer.finishReason.reset();
        brought.answer = endedBy(brought.answer, m_stoppedBy);
    }
    const profile::RunRecord own = recordOf({ m_request, {}, m_trace });
    const profile::RunRecord ended = hit ? cachedRecord(own, brought, *hit) : inheritedRecord(own, brought);
    check({ m_request, brought.answer, m_trace }, [this, ended] { endWith(ended); });
}

/// Of the call that it has joined, which has no owner any more: the bill as it is now.
void Call::onOwing(const profile::RunRecord &underWay)
{
    profile::RunRecord record = inheritedRecord(recordOf({ m_request, {}, m_trace }), underWay);
    m_validating.addTo(record);
    Q_EMIT begun(record);
}

// Admit

void Call::enqueue()
{
    for (const llm::Unsent &unsent : m_encoded.unsent)
        m_trace.decisions.append({ u"options"_s, u"%1 was not sent: %2"_s.arg(unsent.option, unsent.reason) });
    m_firstWait = {};
    m_tokensUsed.reset();
    m_update.retryAtNs = 0;
    enter(RunState::Queued);
    if (m_services.maxWaitMs > 0 && m_request.priority == Priority::Interactive) {
        m_queueTimer = std::make_unique<QObject>();
        m_services.scheduler.after(m_services.maxWaitMs, m_queueTimer.get(), [this] { waitedTooLong(); });
    }
    Q_EMIT wantsTurn();
}

Ticket Call::ticket() const
{
    return { m_id,
             m_order,
             m_request.endpoint.providerId,
             m_request.endpoint.baseUrl,
             m_tokensExpected,
             m_request.conversationId,
             m_urgency };
}

OpenCall Call::openCall() const
{
    OpenCall call { m_id,
                    m_request.endpoint.providerId,
                    m_request.chat.model,
                    m_request.conversationId,
                    m_request.priority,
                    m_state,
                    m_stateNs,
                    m_update.wait,
                    m_validating.judging() ? profile::Operation::Judge : m_request.operation,
                    hasJoined() };
    if (m_state == RunState::RetryWait)
        call.wait.untilNs = m_update.retryAtNs;
    return call;
}

void Call::waitedTooLong()
{
    m_queueTimer.release()->deleteLater(); // its own call is running
    llm::Answer answer;
    answer.error = run::waitedTooLong(m_services.maxWaitMs, waitReasonText(m_update.wait.reason));
    m_trace.endNs = m_services.clock.nowNs();
    end(answer);
}

void Call::setWait(const Wait &wait)
{
    if (m_firstWait.reason == WaitReason::None)
        m_firstWait = wait;
    if (wait == m_update.wait)
        return;
    m_update.wait = wait;
    Q_EMIT changed(false);
}

// Attempt

void Call::takeTurn(net::HttpTransport &transport)
{
    m_queueTimer.reset();
    m_update.wait = {};
    m_trace.decisions.append(
        { u"admit"_s,
          m_firstWait.reason == WaitReason::None
              ? u"at once"_s
              : u"waited for %1, %2 ahead"_s.arg(waitReasonText(m_firstWait.reason)).arg(m_firstWait.ahead) });
    if (m_firstDispatchNs == 0)
        m_firstDispatchNs = m_services.clock.nowNs();
    m_cache->depart();
    profile::Trace sent = m_trace;
    sent.dispatchedNs = m_services.clock.nowNs();
    tellBegun(sent, {});
    m_attempt = std::make_unique<Attempt>(*m_provider, m_request.chat.options.stream, m_trace);
    connect(m_attempt.get(), &Attempt::stamped, this, &Call::onStamped);
    connect(m_attempt.get(), &Attempt::content, this, &Call::onContent);
    connect(m_attempt.get(), &Attempt::finished, this, &Call::onAttemptFinished);
    enter(RunState::Connecting);
    net::TransportLimits limits = m_request.limits;
    if (limits.totalMs > 0) // of all attempts
        limits.totalMs = static_cast<int>(std::max<qint64>(limits.totalMs - elapsedMs(), 1));
    m_attempt->start(transport, m_encoded.http, limits, m_services.clock, m_services.scheduler);
}

void Call::onStamped()
{
    if (m_state == RunState::Connecting && (m_attempt->trace().sentNs != 0 || m_attempt->trace().headersNs != 0))
        enter(RunState::Waiting);
}

// Stream

void Call::onContent(const QString &text, const QString &reasoning, const QList<profile::ChunkStamp> &chunks)
{
    tellBegunSoon();
    if (m_validating.judging())
        return;
    const bool first = m_state != RunState::Streaming;
    m_cache->share(text, reasoning);
    m_update.text += text;
    m_update.reasoning += reasoning;
    m_update.chunks.append(chunks);
    enter(RunState::Streaming, first);
}

void Call::enter(RunState state, bool atOnce)
{
    if (state != m_state)
        m_stateNs = m_services.clock.nowNs();
    m_state = state;
    Q_EMIT changed(atOnce);
}

RunUpdate Call::takeUpdate()
{
    RunUpdate update = m_update.takeNews();
    update.state = m_ownerless ? RunState::Ended : m_state;
    update.trace = m_attempt ? m_attempt->trace() : m_trace;
    if (const Validating::Finished *kept = m_validating.kept()) { // of a judge's call nothing is shown
        update.trace = kept->trace;
        if (m_state != RunState::Ended)
            update.state = RunState::Streaming;
        if (m_state != RunState::Ended && m_validating.judging())
            update.judge = m_request.chat.model;
    }
    update.trace.chunks.clear();
    return update;
}

// Retry

void Call::onAttemptFinished()
{
    m_begunTimer.reset();
    m_trace = m_attempt->trace();
    m_tokensUsed = m_attempt->tokensUsed();
    const llm::Answer &answer = m_attempt->answer();
    if (const QString without = askedWithout(); !without.isEmpty())
        waitToRetry(0, without);
    else if (const auto delay = retryDelayMs())
        waitToRetry(*delay, u"%1, again in %2 ms"_s.arg(base::errorKindName(answer.error->kind)).arg(*delay));
    else
        settle(answer);
}

/// How the request is made anew, without an option that its server refuses; empty where that makes no other request.
QString Call::askedWithout()
{
    const std::optional<base::Error> &error = m_attempt->answer().error;
    const auto refused = error && !m_attempt->contentReceived() && m_account.attemptsMade() <= mostLeftOut
        ? llm::refusedParameter(*error)
        : std::nullopt;
    if (!refused)
        return {};
    m_services.refusals.learn(m_request.endpoint, m_request.chat.model, *refused);
    auto encoded = m_services.refusals.encode(m_request.chat, m_request.endpoint);
    if (!encoded || encoded->http.body == m_encoded.http.body)
        return {};
    m_encoded = *std::move(encoded);
    return u"%1 is refused, again without it"_s.arg(refused->name);
}

std::optional<qint64> Call::retryDelayMs() const
{
    if (!m_attempt->answer().error || !m_request.retries || m_validating.judging())
        return std::nullopt;
    Retry::Failure failure { *m_attempt->answer().error };
    failure.attemptsMade = m_account.attemptsMade();
    failure.contentReceived = m_attempt->contentReceived();
    failure.elapsedMs = elapsedMs();
    failure.serverSays = m_attempt->shouldRetry();
    const auto delay = m_services.retry.delayMs(failure);
    const int totalMs = m_request.limits.totalMs;
    return delay && totalMs > 0 && failure.elapsedMs + *delay >= totalMs ? std::nullopt : delay;
}

void Call::waitToRetry(qint64 delayMs, const QString &why)
{
    m_trace.decisions.append({ u"retry"_s, why });
    m_account.add({ m_request, m_attempt->answer(), m_trace });
    m_trace = {};
    m_trace.askedNs = m_request.askedNs;
    m_trace.submittedNs = m_submittedNs;
    m_attempt.release()->deleteLater(); // it is the sender
    tellBegun(m_trace, {});
    m_update.lastError = m_account.earlier().constLast().error;
    m_update.retryAtNs = m_services.clock.nowNs() + delayMs * 1'000'000;
    m_retryTimer = std::make_unique<QObject>();
    m_services.scheduler.after(delayMs, m_retryTimer.get(), [this] { retryNow(); });
    enter(RunState::RetryWait, true);
    Q_EMIT gaveTurnBack();
}

void Call::retryNow()
{
    if (m_state != RunState::RetryWait)
        return;
    m_retryTimer.release()->deleteLater(); // its own call may be running
    m_trace.queuedNs = m_services.clock.nowNs();
    enqueue();
}

// Validate

void Call::settle(const llm::Answer &answer)
{
    check({ m_request, answer, m_trace }, [this, answer] {
        if (const auto next = m_validating.next())
            askAgain(*next);
        else
            end(answer);
    });
}

/// Goes on at once where there is nothing to check. Meanwhile it keeps its slot: answers come no faster than they are checked.
void Call::check(const Validating::Finished &finished, const std::function<void()> &then)
{
    if (!m_validating.take(finished))
        return then();
    m_checking.start(m_validating.validators(), finished.answer.text, [this, then](const auto &verdicts) {
        m_validating.checked(verdicts);
        then();
    });
    if (m_stoppedBy && m_checking.isOn())
        m_checking.stop();
}

void Call::askAgain(const RunRequest &request)
{
    const std::optional<profile::Attempt> failed = m_validating.takeFailed();
    if (failed) {
        m_update.takeNews();
        m_update.restarted = true;
        m_update.failed = failed->validation;
    }
    m_account.beginRequest(failed);
    m_firstDispatchNs = 0;
    m_request = request;
    m_request.promptTokens.reset(); // it may be a judge's, or in other words
    m_trace = {};
    m_trace.askedNs = m_request.askedNs;
    m_trace.submittedNs = m_submittedNs;
    m_trace.queuedNs = m_services.clock.nowNs();
    if (m_attempt) {
        m_attempt.release()->deleteLater(); // it may be the sender
        Q_EMIT gaveTurnBack();
    }
    tellBegun(m_trace, {});
    begin();
}

// Finish and record

void Call::cancel()
{
    if (m_state == RunState::Ended || m_ownerless)
        return;
    if (const bool complete = m_attempt && m_attempt->answer().finished; !complete && m_cache->goOnForOthers())
        leaveToOthers();
    else
        stop(stopped());
}

/// The owner has its record, without a bill; the call has no owner any more.
void Call::leaveToOthers()
{
    const profile::Trace underWay = m_attempt ? m_attempt->trace() : m_trace;
    const llm::Answer came = m_attempt ? m_attempt->answer() : llm::Answer();
    Validating::Finished own { m_request, came, underWay };
    own.trace.endNs = m_services.clock.nowNs();
    own.trace.decisions.append({ u"cache"_s, u"stopped, but goes on for a call that had joined it and pays"_s });
    own.answer.error = stopped();
    m_ownerless = true;
    Q_EMIT ended(withoutBill(recordOf(own)));
    if (m_attempt || !m_account.earlier().isEmpty())
        tellBegun(underWay, came);
}

void Call::stop(const base::Error &why)
{
    m_validating.stop();
    m_stoppedBy = why;
    if (m_checking.isOn()) { // its answer is whole
        m_checking.stop();
        return;
    }
    const qint64 now = m_services.clock.nowNs();
    if (m_attempt) {
        m_attempt->abort(why, now);
        return;
    }
    m_retryTimer.reset();
    m_queueTimer.reset();
    if (m_cache->stopWithJoined())
        return;
    llm::Answer answer = m_cache->shown();
    answer.error = why;
    m_trace.endNs = now;
    end(answer);
}

void Call::end(const llm::Answer &answer)
{
    if (const Validating::Finished *kept = m_validating.kept()) {
        m_trace = kept->trace;
        m_request = kept->request;
        endWith(recordOf(*kept));
    } else {
        endWith(recordOf({ m_request, answer, m_trace }));
    }
}

profile::RunRecord Call::recordOf(const Validating::Finished &finished) const
{
    profile::RunRecord record = m_account.record(finished);
    record.cached = m_cache && m_cache->isAnswering();
    if (record.cached)
        record.costUsd = 0;
    return record;
}

void Call::tellBegun(const profile::Trace &trace, const llm::Answer &came)
{
    const profile::RunRecord record = m_account.begun({ m_request, came, trace }, m_validating);
    if (m_ownerless) // its own record is out
        m_cache->tellOwing(record);
    else
        Q_EMIT begun(record);
}

void Call::tellBegunSoon()
{
    if (!m_attempt || m_begunTimer)
        return;
    m_begunTimer = std::make_unique<QObject>();
    m_services.scheduler.after(tellBegunMs, m_begunTimer.get(), [this] {
        m_begunTimer.release()->deleteLater(); // its own call is running
        tellBegun(m_attempt->trace(), m_attempt->answer());
    });
}

void Call::endWith(const profile::RunRecord &record)
{
    enter(RunState::Ended);
    profile::RunRecord checked = record;
    m_validating.addTo(checked);
    if (m_cache)
        m_cache->conclude(checked);
    if (!m_ownerless)
        Q_EMIT ended(checked);
    Q_EMIT done();
}

} // namespace talkbench::run
