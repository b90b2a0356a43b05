#include "records.h"

#include "core/profile/monitor.h"
#include "core/profile/operation.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace talkbench;
using namespace talkbench::profile;
using namespace Qt::StringLiterals;

namespace {

struct Past {
    qint64 ns;
    RunRecord record;
};

/// What a window of `count` steps holds, counted by hand.
std::vector<const RunRecord *> within(const std::vector<Past> &all, qint64 now, qint64 widthNs, qint64 count,
                                      const Series &series)
{
    std::vector<const RunRecord *> found;
    for (const Past &past : all) {
        const bool young = widthNs == 0 || past.ns >= (now / widthNs - count + 1) * widthNs;
        const bool wanted = (series.providerId.isEmpty() || series.providerId == past.record.providerId)
            && (series.model.isEmpty() || series.model == past.record.model);
        if (young && wanted)
            found.push_back(&past.record);
    }
    return found;
}

bool near(double got, double wanted, double share = 1e-6)
{
    return std::abs(got - wanted) <= std::abs(wanted) * share + 1e-6;
}

void compareMetric(const Metric &metric, const Tally &tally, const std::vector<const RunRecord *> &records)
{
    const QByteArrayView unit = metric.unit;
    std::vector<double> values;
    for (const RunRecord *record : records) {
        const bool always = unit != "ms" && unit != "tok/s" && unit != "%";
        if ((!always && !record->ok()) || (record->cached && unit == "tok"))
            continue;
        if (const auto value = metric.compute(*record))
            values.push_back(*value);
    }
    const Figures figures = tally.figures(metric);
    QCOMPARE(figures.count, quint64(values.size()));
    if (values.empty())
        return;
    std::sort(values.begin(), values.end());
    double total = 0;
    for (const double value : values)
        total += value;
    QVERIFY2(near(figures.total, total), metric.id);
    QVERIFY2(near(figures.mean, total / double(values.size())), metric.id);
    QVERIFY2(near(figures.min, values.front()) && near(figures.max, values.back()), metric.id);
    const auto exact = [&](double p) { return values[std::size_t(std::ceil(p / 100 * double(values.size()))) - 1]; };
    const std::pair<double, Figures::Percentile> percentiles[] = {
        { 50, figures.p50 }, { 90, figures.p90 }, { 95, figures.p95 }, { 99, figures.p99 }
    };
    for (const auto &[p, got] : percentiles) {
        QVERIFY2(near(got.value, exact(p), 0.001), metric.id);
        const quint64 needed = base::samplesForPercentile(p);
        QCOMPARE(got.missing, needed > values.size() ? needed - values.size() : 0);
    }
}

void compareAll(const Tally &tally, const std::vector<const RunRecord *> &records)
{
    Counts wanted;
    std::map<base::ErrorKind, quint64> errors;
    for (const RunRecord *record : records) {
        ++wanted.calls;
        wanted.ok += record->ok();
        wanted.cancelled += record->cancelled();
        wanted.cached += record->cached;
        if (record->answer.error && !record->cancelled())
            ++errors[record->answer.error->kind];
        if (!record->cached)
            wanted.costUsd += record->costUsd.value_or(0);
        if (!record->cached && !record->cancelled())
            wanted.retries += quint64(record->retries());
    }
    const Counts &got = tally.counts();
    QCOMPARE(got.calls, wanted.calls);
    QCOMPARE(got.ok, wanted.ok);
    QCOMPARE(got.cancelled, wanted.cancelled);
    QCOMPARE(got.failed, wanted.calls - wanted.ok - wanted.cancelled);
    QCOMPARE(got.cached, wanted.cached);
    QCOMPARE(got.retries, wanted.retries);
    QVERIFY(near(got.costUsd, wanted.costUsd));
    QCOMPARE(tally.errors(), errors);
    for (const Metric &metric : metricTable())
        compareMetric(metric, tally, records);
}

RunRecord randomRecord(std::mt19937 &random)
{
    const QString provider = random() % 2 ? u"p"_s : u"q"_s;
    const QString model = random() % 2 ? u"m"_s : u"n"_s;
    const auto roll = random() % 20;
    if (roll == 0)
        return failure(provider, model, base::ErrorKind::RateLimited);
    if (roll == 1)
        return failure(provider, model, base::ErrorKind::Cancelled);
    if (roll == 2)
        return failure(provider, model, base::ErrorKind::Server);
    if (roll <= 5)
        return cachedAnswer(provider, model);
    RunRecord record = success(provider, model, std::lognormal_distribution(5.0, 1.0)(random));
    record.costUsd = roll == 6 ? std::nullopt : std::optional(std::uniform_real_distribution(1e-6, 1.0)(random));
    for (auto attempt = random() % 3; roll == 7 && attempt > 0; --attempt)
        record.earlierAttempts.append(Attempt {});
    return record;
}

} // namespace

class TestMonitor final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agreesWithCountingByHand_data()
    {
        QTest::addColumn<double>("meanPauseS");
        QTest::newRow("a busy minute") << 0.05;
        QTest::newRow("some hours") << 20.0;
        QTest::newRow("some days") << 400.0;
    }
    void agreesWithCountingByHand()
    {
        QFETCH(double, meanPauseS);
        constexpr qint64 second = 1'000'000'000;
        std::mt19937 random(11);
        std::exponential_distribution<double> pause(1 / meanPauseS);
        ManualClock clock;
        Monitor monitor(clock);
        std::vector<Past> all;
        for (int i = 1; i <= 1500; ++i) {
            clock.advance(pause(random));
            all.push_back({ clock.now, randomRecord(random) });
            monitor.add(all.back().record);
            if (i % 500 != 0)
                continue;
            clock.advance(pause(random));
            for (const Series &series :
                 { Series {}, Series { u"p"_s }, Series { u"q"_s, u"m"_s }, Series { {}, u"n"_s } }) {
                compareAll(monitor.tally(Window::Minute, series), within(all, clock.now, second, 60, series));
                compareAll(monitor.tally(Window::Hour, series), within(all, clock.now, 60 * second, 60, series));
                compareAll(monitor.tally(Window::Day, series), within(all, clock.now, 900 * second, 96, series));
                compareAll(monitor.tally(Window::Start, series), within(all, clock.now, 0, 0, series));
            }
        }
    }

    void theCachesRateIsOfWhoAskedIt()
    {
        const auto with = [](RunRecord record, const QString &reason) {
            record.trace.decisions = { { u"cache"_s, reason } };
            return record;
        };
        const RunRecord missed = with(success(u"p"_s, u"m"_s), cacheMiss);
        RunRecord again = success(u"p"_s, u"m"_s); // its first attempt asked
        again.earlierAttempts = { Attempt { missed.trace } };
        Tally tally;
        tally.add(missed);
        tally.add(again);
        tally.add(with(failure(u"p"_s, u"m"_s, base::ErrorKind::Server), cacheMiss));
        QCOMPARE(tally.counts().cacheHitRate(), 0.0);
        tally.add(cachedAnswer(u"p"_s, u"m"_s));
        QCOMPARE(tally.counts().cacheHitRate(), 25.0);
        RunRecord brokenOff = failure(u"p"_s, u"m"_s, base::ErrorKind::Reset);
        brokenOff.cached = true; // joined a call that failed
        tally.add(brokenOff);
        tally.add(with(success(u"p"_s, u"m"_s), u"off"_s));
        tally.add(with(success(u"p"_s, u"m"_s), u"asks anew, and keeps the answer"_s));
        tally.add(with(failure(u"p"_s, u"m"_s, base::ErrorKind::Cancelled), cacheMiss));
        tally.add(success(u"p"_s, u"m"_s));
        QCOMPARE(tally.counts().cacheHitRate(), 25.0);
    }

    void whatNeverWentOutIsNoRequest()
    {
        Tally tally;
        RunRecord retried = success(u"p"_s, u"m"_s);
        retried.earlierAttempts = { Attempt {} };
        tally.add(retried);
        RunRecord waited = failure(u"p"_s, u"m"_s, base::ErrorKind::Queue);
        waited.trace.dispatchedNs = 0;
        tally.add(waited);
        QCOMPARE(tally.counts().retryRate(), 100.0);
        QCOMPARE(tally.counts().errorRate(), 50.0);
    }

    void ratesLeaveOutWhatTheyMust()
    {
        Tally tally;
        QVERIFY(!tally.counts().errorRate() && !tally.counts().retryRate() && !tally.counts().cacheHitRate());
        RunRecord retried = success(u"p"_s, u"m"_s);
        retried.earlierAttempts = { Attempt {}, Attempt {} };
        tally.add(retried);
        tally.add(failure(u"p"_s, u"m"_s, base::ErrorKind::Server));
        RunRecord cancelled = failure(u"p"_s, u"m"_s, base::ErrorKind::Cancelled);
        cancelled.earlierAttempts = { Attempt {} };
        tally.add(cancelled);
        cancelled.answer.error->kind = base::ErrorKind::Interrupted;
        tally.add(cancelled);
        tally.add(cachedAnswer(u"p"_s, u"m"_s));
        QCOMPARE(tally.counts().errorRate(), 100.0 / 3);
        QCOMPARE(tally.counts().retryRate(), 100.0);
        QCOMPARE(tally.counts().cacheHitRate(), 100.0); // nobody else asked the cache
        QCOMPARE(tally.counts().outputTokens, 11.0);
        QCOMPARE(tally.figures(*metricById("ttft_ms")).count, quint64(1));
        QCOMPARE(tally.figures(*metricById("output_tokens")).total, 11.0);
        QVERIFY(!tally.share("no_such_metric"));
    }

    void callsOfEarlierStartsAreOfTheWindows()
    {
        constexpr qint64 second = 1'000'000'000;
        ManualClock clock;
        clock.now = 600 * second; // the machine is ten minutes up
        Monitor monitor(clock);
        Monitor earlier(clock);
        earlier.addEarlier(success(u"p"_s, u"m"_s), clock.now - 7200 * second); // before it was started
        earlier.addEarlier(success(u"p"_s, u"m"_s), clock.now - 30 * second);
        earlier.addEarlier(success(u"p"_s, u"gone"_s), clock.now - 90'000 * second); // of the day before
        monitor.add(success(u"p"_s, u"m"_s));
        monitor.mergeEarlier(earlier);
        QCOMPARE(monitor.counts(Window::Minute).calls, quint64(2));
        QCOMPARE(monitor.counts(Window::Hour).calls, quint64(2));
        QCOMPARE(monitor.counts(Window::Day).calls, quint64(3));
        QCOMPARE(monitor.counts(Window::Start).calls, quint64(1));
        QCOMPARE(monitor.tally(Window::Day, { u"p"_s, u"m"_s }).figures(*metricById("ttft_ms")).count, quint64(3));
        QVERIFY(monitor.seconds(Window::Hour) > 3500);
        QCOMPARE(monitor.seconds(Window::Start), 0.0);
        clock.advance(40);
        QCOMPARE(monitor.counts(Window::Minute).calls, quint64(1));
    }

    void anUnknownPriceIsNotFree()
    {
        RunRecord unpriced = success(u"p"_s, u"m"_s);
        unpriced.costUsd.reset();
        Counts counts;
        QCOMPARE(counts.cost(), 0.0);
        counts.add(unpriced);
        QVERIFY(!counts.cost());
        counts.add(success(u"p"_s, u"m"_s));
        QCOMPARE(counts.cost(), 0.5);
        QCOMPARE(counts.unpriced, quint64(1));
    }

    void tokensTellWhatIsUnpriced_data()
    {
        QTest::addColumn<RunRecord>("record");
        QTest::addColumn<quint64>("unpriced");
        RunRecord record = failure(u"p"_s, u"m"_s, base::ErrorKind::Auth);
        QTest::newRow("refused") << record << quint64(0);
        record.answer.usage.emplace();
        QTest::newRow("refused, with a usage of none") << record << quint64(0);
        record.answer.error->kind = base::ErrorKind::Interrupted;
        record.answer.usage->input = 20;
        QTest::newRow("interrupted: its prompt was sent") << record << quint64(1);
        record.costUsd = 0.1;
        QTest::newRow("interrupted, priced") << record << quint64(0);
        record = failure(u"p"_s, u"m"_s, base::ErrorKind::Server);
        record.earlierAttempts = { { .trace = record.trace, .usage = success({}, {}).answer.usage } };
        QTest::newRow("an answer before, that failed its checks") << record << quint64(1);
        record.earlierAttempts.first().costUsd = 0;
        QTest::newRow("an answer before, for nothing") << record << quint64(0);
        record = success(u"p"_s, u"m"_s);
        record.costUsd.reset();
        record.judgements = { { .trace = record.trace, .model = u"j"_s, .usage = record.answer.usage } };
        QTest::newRow("answer and judge") << record << quint64(2);
        QTest::newRow("cached") << cachedAnswer(u"p"_s, u"m"_s) << quint64(0);
    }

    void tokensTellWhatIsUnpriced()
    {
        QFETCH(RunRecord, record);
        QFETCH(quint64, unpriced);
        ManualClock clock;
        Monitor monitor(clock);
        monitor.add(record);
        QCOMPARE(monitor.counts(Window::Start).unpriced, unpriced);
        QCOMPARE(monitor.counts(Window::Start).cost().has_value(), unpriced == 0);
    }

    void operationsHaveTheirOwnFigures()
    {
        ManualClock clock;
        Monitor monitor(clock);
        RunRecord chat = success(u"p"_s, u"m"_s);
        chat.operation = Operation::Chat;
        Attempt judgement { .trace = chat.trace, .model = u"j"_s };
        judgement.usage.emplace();
        judgement.usage->output = 7;
        judgement.costUsd = 0.2;
        chat.judgements = { judgement };
        monitor.add(chat);
        RunRecord batch = success(u"p"_s, u"m"_s);
        batch.operation = Operation::Batch;
        monitor.add(batch);
        const auto counts = [&monitor](const Series &series) { return monitor.counts(Window::Start, series); };
        QCOMPARE(counts({}).calls, quint64(3));
        QVERIFY(near(counts({}).costUsd, 1.0)); // 0.5, of it 0.2 for the judge, and 0.5
        QCOMPARE(counts({ {}, {}, Operation::Chat }).calls, quint64(1));
        QVERIFY(near(counts({ {}, {}, Operation::Chat }).costUsd, 0.3));
        QVERIFY(near(counts({ {}, {}, Operation::Judge }).costUsd, 0.2));
        QCOMPARE(counts({ {}, {}, Operation::Judge }).outputTokens, 7.0);
        QCOMPARE(counts({ u"p"_s, u"j"_s, Operation::Judge }).ok, quint64(1));
        QCOMPARE(counts({ u"p"_s, u"m"_s }).calls, quint64(2));
        QCOMPARE(counts({ {}, {}, Operation::Compare }).calls, quint64(0));
    }

    void theQueueOverTime()
    {
        ManualClock clock;
        Monitor monitor(clock);
        clock.advance(10);
        monitor.setQueued(6);
        clock.advance(20);
        monitor.setQueued(9);
        monitor.setQueued(0); // gone at once, but it was there
        clock.advance(10);
        const auto figures = monitor.queued(Window::Start);
        QVERIFY(near(figures.mean, 6 * 20.0 / 40));
        QCOMPARE(figures.max, 9.0);
        QVERIFY(near(monitor.queued(Window::Minute).mean, 3.0));
        clock.advance(120);
        QCOMPARE(monitor.queued(Window::Minute).max, 0.0);
        QCOMPARE(monitor.queued(Window::Minute).mean, 0.0);
        QCOMPARE(monitor.queued(Window::Hour).max, 9.0);
        QVERIFY(near(monitor.queued(Window::Hour).mean, 120.0 / 160));
        clock.advance(2 * 24 * 3600);
        QCOMPARE(monitor.queued(Window::Day).max, 0.0);
        QCOMPARE(monitor.queued(Window::Start).max, 9.0);
    }

    void aWindowIsNotLongerThanTheRun()
    {
        ManualClock clock;
        Monitor monitor(clock);
        clock.advance(12);
        QCOMPARE(monitor.seconds(Window::Minute), 12.0);
        QCOMPARE(monitor.seconds(Window::Start), 12.0);
        clock.advance(7200);
        QVERIFY(monitor.seconds(Window::Minute) > 58.9 && monitor.seconds(Window::Minute) <= 60);
        QVERIFY(monitor.seconds(Window::Hour) > 3539 && monitor.seconds(Window::Hour) <= 3600);
        QCOMPARE(monitor.seconds(Window::Start), 7212.0);
    }

    void costOfARecord()
    {
        ManualClock clock;
        Monitor monitor(clock);
        RunRecord record = success(u"p"_s, u"m"_s);
        record.trace.chunks.clear();
        for (int i = 0; i < 300; ++i)
            record.trace.chunks.append({ 1'200'000'000 + i * (300'000 + i), 4, ChunkKind::Text });
        QBENCHMARK
        {
            record.trace.firstContentNs += 1013;
            clock.advance(0.01);
            monitor.add(record);
        }
    }
};

QTEST_GUILESS_MAIN(TestMonitor)
#include "tst_monitor.moc"
