#pragma once

#include "core/run/responsecache.h"
#include "tests/runservice/fakeservice.h"

namespace talkbench::test {

using namespace Qt::StringLiterals;
using namespace run;
using profile::CacheEntry;
using profile::CachePolicy;

/// What a disk would hold, and what it was told. Used in the network thread; looked at when that stands still.
struct Shelf {
    QHash<QByteArray, CacheEntry> entries;
    bool slow = false; ///< answers nothing
    int asked = 0;
    int saved = 0;
    int hits = 0;
    int misses = 0;
};

class FakeStorage final : public CacheStorage {
public:
    explicit FakeStorage(Shelf &shelf) : m_shelf(shelf) { }

    QFuture<Found> find(const QByteArray &key) override
    {
        ++m_shelf.asked;
        auto promise = std::make_shared<QPromise<Found>>();
        promise->start();
        const auto future = promise->future();
        if (m_shelf.slow) {
            m_held.append(promise);
            return future;
        }
        promise->addResult(m_shelf.entries.contains(key) ? Found(m_shelf.entries.value(key)) : Found());
        promise->finish();
        return future;
    }
    void save(const QByteArray &key, const CacheEntry &entry) override
    {
        ++m_shelf.saved;
        m_shelf.entries.insert(key, entry);
    }
    void clear(const profile::CacheFilter &filter) override
    {
        m_shelf.entries.removeIf([&filter](const auto &entry) { return filter.matches(entry.value()); });
    }
    void countHit(const QByteArray &, const profile::CacheHit &) override { ++m_shelf.hits; }
    void countMiss() override { ++m_shelf.misses; }

private:
    Shelf &m_shelf;
    QList<std::shared_ptr<QPromise<Found>>> m_held;
};

inline RunRequest deterministic()
{
    RunRequest asked = request();
    asked.chat.options.temperature = 0;
    return asked;
}

/// Asked again once where the answer has not this word.
inline RunRequest checked(const QString &word)
{
    RunRequest asked = deterministic();
    asked.validation.validators = { { u"contains"_s, { { u"text"_s, word } } } };
    asked.validation.onFailure = llm::Validation::OnFailure::Retry;
    asked.validation.retries = 1;
    return asked;
}

/// Of a call or of an attempt.
inline QStringList cacheDecisions(const auto &record)
{
    QStringList reasons;
    for (const profile::Decision &decision : record.trace.decisions) {
        if (decision.stage == u"cache"_s)
            reasons << decision.reason;
    }
    return reasons;
}

/// A service with a response cache over a storage that the test looks into.
class CachedServiceTest : public FakeServiceTest {
protected:
    void makeCachedService()
    {
        m_shelf = {};
        makeService();
        m_service->setCacheStorage(std::make_unique<FakeStorage>(m_shelf));
        set({ .policy = CachePolicy::Deterministic });
    }

    [[nodiscard]] std::unique_ptr<Observed> ask(const RunRequest &asked)
    {
        auto call = std::make_unique<Observed>(m_service->start(asked));
        for (int i = 0; i < 3; ++i) // there, to the storage and back
            settle();
        return call;
    }
    void set(const CacheSettings &settings)
    {
        m_service->setCacheSettings(settings);
        settle();
    }
    /// "Hel", a second, "lo".
    void answerSlowly(std::size_t index)
    {
        answerHead(index);
        answerBytes(index, delta("Hel"));
        advance(1000);
        answerBytes(index, delta("lo") + finish + usage + done);
        answerEnd(index);
    }

    Shelf m_shelf;
};

} // namespace talkbench::test
