#include "core/run/cachestage.h"

#include "core/net/networkerror.h"
#include "core/profile/format.h"
#include "core/run/retry.h"
#include "core/run/validating.h"
#include "core/validate/validators.h"

#include <algorithm>
#include <array>
#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

using Outcome = profile::Verdict::Outcome;

namespace {

/// Whether the same call would have ended so, too, had it been asked by another.
bool isEverybodys(const base::Error &error)
{
    using enum base::ErrorKind;
    constexpr std::array ofOneCall { Cancelled, Interrupted, TotalTimeout, Queue, Budget, Storage };
    return !Retry::isTransient(error) && std::find(ofOneCall.begin(), ofOneCall.end(), error.kind) == ofOneCall.end();
}

} // namespace

CacheStage::CacheStage(const RunRequest &request, qint64 submittedNs, const Services &services)
    : m_request(request), m_alone(Validating::mayAskAgain(request.validation)), m_submittedNs(submittedNs),
      m_services(services), m_checking(services.scheduler)
{
}

CacheStage::~CacheStage()
{
    leave();
}

void CacheStage::begin(const QList<llm::Unsent> &unsent)
{
    m_plan = m_services.cache.planFor(m_request, unsent);
    if (m_plan.mayRead) {
        m_services.cache.find(m_plan, this, [this](const ResponseCache::Found &found) { onFound(found); });
        return;
    }
    Q_EMIT decided(m_plan.mayKeep ? u"asks anew, and keeps the answer"_s : m_plan.reason);
    lead();
}

void CacheStage::onFound(const ResponseCache::Found &found)
{
    if (m_concluded)
        return;
    if (!found)
        return joinOrLead();
    if (!m_alone)
        return play(*found);
    const QString &text = found->original.answer.text;
    m_checking.start(m_request.validation.validators, text, [this, entry = *found](const auto &verdicts) {
        if (m_concluded)
            return;
        if (validate::outcomeOf(verdicts) != Outcome::Failed)
            return play(entry);
        Q_EMIT decided(u"the kept answer fails the checks"_s);
        joinOrLead();
    });
}

// A kept answer

void CacheStage::play(const profile::CacheEntry &entry)
{
    const profile::CacheHit hit { entry.original.id, entry.ageMs(m_services.clock.wallMs()), profile::durationMs(entry),
                                  entry.original.costUsd };
    Q_EMIT decided(u"hit, from %1"_s.arg(profile::formatAge(hit.ageMs)));
    m_playback = std::make_unique<Playback>(entry, m_services.cache.pace(), m_services.clock, m_services.scheduler);
    connect(m_playback.get(), &Playback::content, this, &CacheStage::content);
    connect(m_playback.get(), &Playback::finished, this, [this, hit] { answer(m_playback->entry().original, hit); });
    m_playback->start();
}

llm::Answer CacheStage::shown() const
{
    if (m_playback)
        return m_playback->shown();
    llm::Answer answer;
    if (m_joined) {
        answer.text = m_joined->text();
        answer.reasoning = m_joined->reasoning();
    }
    return answer;
}

void CacheStage::answer(const profile::RunRecord &record, const std::optional<profile::CacheHit> &hit)
{
    if (hit && record.ok())
        m_services.cache.countHit(m_plan.key, *hit);
    Q_EMIT answered(record, hit);
}

// The same call in flight

void CacheStage::joinOrLead()
{
    if (Flight *flight = m_services.flights.find(m_plan.key); flight && !m_alone) {
        join(*flight);
        return;
    }
    m_services.cache.countMiss();
    Q_EMIT decided(profile::cacheMiss);
    lead();
}

void CacheStage::join(Flight &flight)
{
    Q_EMIT decided(u"joined a call in flight"_s);
    m_joined = &flight;
    flight.join(m_request.priority); // which may give it its turn
    connect(&flight, &Flight::departed, this, &CacheStage::onDeparted);
    connect(&flight, &Flight::content, this, &CacheStage::content);
    connect(&flight, &Flight::owing, this, [this](const profile::RunRecord &underWay) {
        if (m_joined && m_joined->takeOwing())
            Q_EMIT owing(underWay);
    });
    connect(&flight, &Flight::landed, this, &CacheStage::onLanded);
    Q_EMIT joined();
    if (flight.hasDeparted())
        onDeparted();
    else if (m_services.maxWaitMs > 0 && m_request.priority == Priority::Interactive)
        waitAtMost(m_services.maxWaitMs, waitedTooLong(m_services.maxWaitMs, u"the turn of the call it had joined"_s));
    if (!flight.text().isEmpty() || !flight.reasoning().isEmpty())
        Q_EMIT content(flight.text(), flight.reasoning());
}

void CacheStage::waitAtMost(qint64 ms, const base::Error &error)
{
    m_limitTimer = std::make_unique<QObject>();
    m_services.scheduler.after(ms, m_limitTimer.get(), [this, error] {
        m_limitTimer.release()->deleteLater(); // its own call is running
        Q_EMIT gaveUp(error);
    });
}

/// From now on its time runs, as if it had gone out itself.
void CacheStage::onDeparted()
{
    m_limitTimer.reset();
    const qint64 now = m_services.clock.nowNs();
    if (m_departedNs == 0)
        m_departedNs = now;
    const net::TransportLimits &limits = m_request.limits;
    if (limits.totalMs <= 0)
        return;
    const qint64 leftMs = limits.totalMs - (now - m_departedNs) / 1'000'000;
    waitAtMost(std::max<qint64>(leftMs, 0),
               net::timeoutError(base::ErrorKind::TotalTimeout, m_request.endpoint.baseUrl, limits, {}));
}

void CacheStage::leave()
{
    m_limitTimer.reset();
    if (const QPointer<Flight> flight = std::exchange(m_joined, nullptr)) {
        flight->disconnect(this);
        flight->leave();
    }
}

bool CacheStage::stopWithJoined()
{
    if (!m_joined || !m_joined->hasLastPayer())
        return false;
    Q_EMIT decided(u"stopped as the last that waited for a call without an owner, and pays for it"_s);
    m_stopping = true;
    m_joined->leave();
    return true;
}

/// Where nobody saw a word of what failed and it may go better, one of those who waited asks itself, and the others join it.
void CacheStage::onLanded(const profile::RunRecord &record)
{
    m_limitTimer.reset();
    const QPointer<Flight> flight = std::exchange(m_joined, nullptr);
    flight->disconnect(this);
    const bool seen = !flight->text().isEmpty() || !flight->reasoning().isEmpty();
    if (record.answer.error && !seen && !m_stopping && !isEverybodys(*record.answer.error)) {
        if (flight->takeBill())
            Q_EMIT inherited(record);
        joinOrLead();
        return;
    }
    if (record.answer.error && !m_stopping)
        Q_EMIT decided(seen ? u"the call it had joined broke off: what had come is shown"_s
                            : u"the call it had joined failed, as this one would have"_s);
    if (flight->takeBill()) {
        answer(record, std::nullopt);
        return;
    }
    profile::CacheHit hit { record.id, 0, std::nullopt, std::nullopt };
    if (record.ok()) {
        const double waitedMs = static_cast<double>(m_services.clock.nowNs() - m_submittedNs) / 1e6;
        if (const auto wholeMs = profile::durationMs({ record }))
            hit.savedMs = std::max(*wholeMs - waitedMs, 0.0);
        hit.savedUsd = record.costUsd;
    }
    answer(record, hit);
}

// A call that goes out

void CacheStage::lead()
{
    if (m_plan.mayKeep && !m_alone && !m_services.flights.find(m_plan.key)) {
        m_led = &m_services.flights.begin(m_plan.key);
        connect(m_led, &Flight::deserted, this, &CacheStage::deserted);
        connect(m_led, &Flight::joined, this, &CacheStage::hurried);
    }
    Q_EMIT missed();
}

void CacheStage::depart()
{
    if (m_led)
        m_led->depart();
}

void CacheStage::share(const QString &text, const QString &reasoning)
{
    if (m_led)
        m_led->add(text, reasoning);
}

void CacheStage::tellOwing(const profile::RunRecord &underWay)
{
    if (m_led)
        m_led->tellOwing(underWay);
}

bool CacheStage::goOnForOthers()
{
    if (!m_led || !m_led->hasFollowers())
        return false;
    m_led->disown();
    return true;
}

void CacheStage::conclude(const profile::RunRecord &record)
{
    m_concluded = true;
    leave();
    if (m_playback)
        m_playback->disconnect(this);
    if (!m_alone || validate::outcomeOf(record.validation) != Outcome::Failed)
        m_services.cache.keep(m_plan, record);
    if (Flight *flight = std::exchange(m_led, nullptr)) {
        flight->disconnect(this);
        m_services.flights.land(m_plan.key, record);
    }
}

} // namespace talkbench::run
