// What a hit of the response cache takes, from the request to the kept answer: cachehits [ENTRIES] [FOLDER]
// From memory beside a plain QCache of the same size, from disk beside a plain SELECT by the same key of the same file in
// the same thread. Prints JSON, microseconds. A million entries take two minutes and 2 GB to write; a FOLDER keeps them.

#include "core/run/cachekey.h"
#include "core/run/responsecache.h"
#include "core/store/cachefile.h"
#include "core/store/cachestore.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QSqlQuery>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <vector>

using namespace talkbench;
using namespace Qt::StringLiterals;

namespace {

constexpr int lookups = 20'000;
constexpr int batch = 5'000;

run::RunRequest requestOf(int number, qsizetype characters)
{
    run::RunRequest request;
    request.endpoint.providerId = u"p"_s;
    request.endpoint.protocol = u"openai-chat"_s;
    request.endpoint.baseUrl = QUrl(u"https://example.org/v1"_s);
    request.endpoint.apiKey = u"key"_s;
    request.chat.model = u"m"_s;
    request.chat.options.temperature = 0;
    request.chat.messages = { llm::Message::fromText(llm::Role::User,
                                                     QString::number(number) + u" word"_s.repeated(characters / 5)) };
    request.cache = profile::CachePolicy::Always;
    return request;
}

/// An answer of about 150 tokens, with the stamps of its chunks.
profile::RunRecord recordOf(int number)
{
    QRandomGenerator random(static_cast<quint32>(number));
    profile::RunRecord record;
    record.id = QString::number(number);
    record.model = u"m"_s;
    record.providerId = u"p"_s;
    record.answer.finished = true;
    record.answer.finishReason = llm::FinishReason::Stop;
    record.trace.dispatchedNs = record.trace.submittedNs = 1'000'000'000;
    qint64 ns = record.trace.dispatchedNs;
    for (int i = 0; i < 150; ++i) {
        const QString word = u" w%1"_s.arg(random.bounded(5000));
        record.answer.text += word;
        ns += 5'000'000 + random.bounded(20'000'000);
        record.trace.chunks.append({ ns, static_cast<quint32>(word.size()), profile::ChunkKind::Text });
    }
    record.trace.endNs = ns;
    return record;
}

template <typename Work>
QJsonObject timed(int times, Work work)
{
    std::vector<double> us;
    us.reserve(static_cast<std::size_t>(times));
    for (int i = 0; i < times; ++i) {
        QElapsedTimer timer;
        timer.start();
        work(i);
        us.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e3);
    }
    std::sort(us.begin(), us.end());
    const auto at = [&us](double share) {
        return us[static_cast<std::size_t>(share * static_cast<double>(us.size()))];
    };
    return { { u"p50_us"_s, at(0.5) }, { u"p99_us"_s, at(0.99) }, { u"max_us"_s, us.back() } };
}

void check(bool right)
{
    if (!right)
        qFatal("a lookup found nothing");
}

QJsonObject keys()
{
    QJsonObject object;
    for (const qsizetype characters : { 2'000, 20'000, 200'000 }) {
        const run::RunRequest request = requestOf(1, characters);
        object.insert(QString::number(characters),
                      timed(500, [&](int) { run::cacheKey(request.chat, request.endpoint); }));
    }
    return object;
}

/// Full to its bound: the key, the lookup and the judgement whether it is still good.
QJsonObject memory()
{
    const base::SystemClock clock;
    run::TimerScheduler scheduler;
    run::ResponseCache cache(clock, scheduler);
    cache.setSettings({ .policy = profile::CachePolicy::Always });
    const run::CacheSettings standard;
    const profile::CacheEntry one = profile::cacheEntryOf(recordOf(0), clock.wallMs(), 0);
    const int fitting = static_cast<int>(standard.memoryBytes / profile::bytesOf(one)) - 100;
    QCache<QByteArray, profile::CacheEntry> plain(standard.memoryBytes);
    std::vector<QByteArray> plainKeys;
    for (int i = 0; i < fitting; ++i) {
        const run::RunRequest request = requestOf(i, 2'000);
        const run::CachePlan plan = cache.planFor(request, {});
        cache.keep(plan, recordOf(i));
        plain.insert(plan.key, new profile::CacheEntry(one), profile::bytesOf(one));
        plainKeys.push_back(plan.key);
    }
    QRandomGenerator random(1);
    const auto pick = [&] { return static_cast<int>(random.bounded(fitting)); };
    QObject context;
    bool found = false;
    QJsonObject result { { u"entries"_s, fitting } };
    result.insert(u"hit"_s, timed(lookups, [&](int) {
                      const run::RunRequest request = requestOf(pick(), 2'000);
                      cache.find(cache.planFor(request, {}), &context,
                                 [&found](const run::ResponseCache::Found &entry) { found = entry.has_value(); });
                      check(found);
                  }));
    result.insert(u"qcache"_s,
                  timed(lookups, [&](int) { check(plain.object(plainKeys[static_cast<std::size_t>(pick())])); }));
    return result;
}

QByteArray keyOf(int number)
{
    return QCryptographicHash::hash(QByteArray::number(number), QCryptographicHash::Sha256);
}

void fill(const QString &path, int entries)
{
    const base::SystemClock clock;
    store::CacheFile file(path);
    const store::CacheLimits limits { qint64(1) << 40, 100'000'000 };
    for (int i = static_cast<int>(file.stats().entries); i < entries;) {
        QList<store::CacheChange> changes;
        for (int j = 0; j < batch && i < entries; ++j, ++i)
            changes.append(store::CacheSave { keyOf(i), profile::cacheEntryOf(recordOf(i), clock.wallMs(), 0) });
        file.write(changes, limits);
    }
}

QJsonObject disk(const QString &folder, int entries)
{
    const base::SystemClock clock;
    const QString path = store::CacheStore::filePath(folder);
    fill(path, entries);
    QRandomGenerator random(1);
    const auto pick = [&] { return keyOf(static_cast<int>(random.bounded(entries))); };
    QJsonObject result { { u"entries"_s, entries }, { u"file_mb"_s, QFileInfo(path).size() >> 20 } };
    {
        store::CacheStore cache(folder, clock, { { qint64(1) << 40, 100'000'000 }, std::chrono::minutes(10) });
        const auto lookUp = [&](int) {
            auto future = cache.find(pick());
            future.waitForFinished();
            check(future.result().has_value());
        };
        result.insert(u"first_1000"_s, timed(1000, lookUp));
        result.insert(u"hit"_s, timed(lookups, lookUp));
    }
    {
        auto database = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"plain"_s);
        database.setDatabaseName(path);
        check(database.open());
        QSqlQuery query(database);
        check(query.prepare(u"SELECT entry FROM answers WHERE key = ?"_s));
        result.insert(u"select"_s, timed(lookups, [&](int) {
                          query.bindValue(0, pick());
                          check(query.exec() && query.next() && !query.value(0).toByteArray().isEmpty());
                          query.finish();
                      }));
    }
    QSqlDatabase::removeDatabase(u"plain"_s);
    return result;
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    const int entries = arguments.value(1, u"1000000"_s).toInt();
    const QTemporaryDir temporary;
    const QJsonObject all { { u"key"_s, keys() },
                            { u"memory"_s, memory() },
                            { u"disk"_s, disk(arguments.value(2, temporary.path()), entries) } };
    std::puts(QJsonDocument(all).toJson().constData());
    return 0;
}
