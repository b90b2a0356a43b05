#include "core/run/responsecache.h"

#include "core/run/cachekey.h"

#include <QFutureWatcher>

#include <algorithm>
#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;
using profile::CachePolicy;

namespace {

/// Whether the same answer was asked for: it says so, and a model that takes no such option is not asked.
bool isDeterministic(const llm::ChatOptions &options, const QList<llm::Unsent> &unsent)
{
    const auto sent = [&unsent](QLatin1StringView option) {
        return std::none_of(unsent.begin(), unsent.end(),
                            [option](const llm::Unsent &other) { return other.option == option; });
    };
    return (options.temperature == 0.0 && sent("temperature"_L1)) || (options.seed && sent("seed"_L1));
}

bool isWhole(const profile::RunRecord &record)
{
    using enum llm::FinishReason;
    const llm::Answer &answer = record.answer;
    const bool saidAll = !answer.finishReason || answer.finishReason == Stop || answer.finishReason == ToolCalls;
    return record.ok() && saidAll && answer.refusal.isEmpty() && answer.hasOutput();
}

} // namespace

ResponseCache::ResponseCache(const base::Clock &clock, Scheduler &scheduler) : m_clock(clock), m_scheduler(scheduler)
{
    setSettings({});
}

void ResponseCache::setSettings(const CacheSettings &settings)
{
    m_settings = settings;
    m_memory.setMaxCost(settings.memoryBytes);
}

CachePlan ResponseCache::planFor(const RunRequest &request, const QList<llm::Unsent> &unsent) const
{
    CachePlan plan;
    const CachePolicy policy = request.cache.value_or(m_settings.policy);
    const bool deterministic = isDeterministic(request.chat.options, unsent);
    if (policy == CachePolicy::Off)
        plan.reason = u"off"_s;
    else if (policy == CachePolicy::Deterministic && !deterministic)
        plan.reason = u"off: the request is not deterministic"_s;
    if (!plan.reason.isEmpty())
        return plan;
    plan.key = cacheKey(request.chat, request.endpoint);
    plan.mayKeep = true;
    plan.mayRead = policy != CachePolicy::Refresh && !request.cacheAnew;
    plan.ttlMs =
        request.cacheTtlMs.value_or(m_settings.providerTtlMs.value(request.endpoint.providerId, m_settings.ttlMs));
    return plan;
}

bool ResponseCache::isUsable(const profile::CacheEntry &entry, const CachePlan &plan) const
{
    const qint64 now = m_clock.wallMs();
    return !entry.expired(now) && (plan.ttlMs == 0 || entry.ageMs(now) < plan.ttlMs);
}

void ResponseCache::find(const CachePlan &plan, QObject *context, const std::function<void(const Found &)> &then)
{
    if (const profile::CacheEntry *entry = m_memory.object(plan.key)) {
        then(isUsable(*entry, plan) ? Found(*entry) : Found());
        return;
    }
    if (m_storage)
        findInStorage(plan, context, then);
    else
        then({});
}

/// Whichever comes first: the storage's answer or the end of patience.
void ResponseCache::findInStorage(const CachePlan &plan, QObject *context,
                                  const std::function<void(const Found &)> &then)
{
    const auto waiting = std::make_shared<bool>(true);
    const auto answer = [waiting, then](const Found &found) {
        if (std::exchange(*waiting, false))
            then(found);
    };
    m_scheduler.after(patienceMs, context, [answer] { answer({}); });
    // No then(): Qt 6.4's doesn't bear that its context goes first.
    auto *watcher = new QFutureWatcher<Found>(context);
    QObject::connect(watcher, &QFutureWatcher<Found>::finished, context, [this, watcher, plan, answer] {
        watcher->deleteLater();
        const Found found = watcher->future().resultCount() > 0 ? watcher->result() : Found();
        const bool usable = found && isUsable(*found, plan);
        if (usable)
            remember(plan.key, *found);
        answer(usable ? found : Found());
    });
    watcher->setFuture(m_storage->find(plan.key));
}

void ResponseCache::remember(const QByteArray &key, const profile::CacheEntry &entry)
{
    m_memory.insert(key, new profile::CacheEntry(entry), profile::bytesOf(entry));
}

void ResponseCache::keep(const CachePlan &plan, const profile::RunRecord &record)
{
    if (!plan.mayKeep || record.cached || !isWhole(record))
        return;
    const qint64 now = m_clock.wallMs();
    const profile::CacheEntry entry = profile::cacheEntryOf(record, now, plan.ttlMs == 0 ? 0 : now + plan.ttlMs);
    remember(plan.key, entry);
    if (m_storage)
        m_storage->save(plan.key, entry);
}

void ResponseCache::clear(const profile::CacheFilter &filter)
{
    const QList<QByteArray> keys = m_memory.keys();
    for (const QByteArray &key : keys) {
        if (filter.matches(*m_memory.object(key)))
            m_memory.remove(key);
    }
    if (m_storage)
        m_storage->clear(filter);
}

void ResponseCache::countHit(const QByteArray &key, const profile::CacheHit &hit)
{
    if (m_storage)
        m_storage->countHit(key, hit);
}

void ResponseCache::countMiss()
{
    if (m_storage)
        m_storage->countMiss();
}

} // namespace talkbench::run
