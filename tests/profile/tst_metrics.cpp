#include "core/base/clock.h"
#include "core/profile/metrictable.h"
#include "core/profile/phases.h"
#include "core/profile/resourcesampler.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <QTest>

#include <sys/socket.h>
#include <unistd.h>

using namespace talkbench;
using namespace talkbench::profile;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 ms = 1'000'000;
constexpr qint64 zero = 5'000 * ms;

qint64 at(double milliseconds)
{
    return zero + static_cast<qint64>(milliseconds * ms);
}

/// 10 ms queue, 20 connect, content from 110 to 310 ms in five chunks, end at 320.
RunRecord plainRecord()
{
    RunRecord record;
    record.id = u"r"_s;
    record.providerId = u"p"_s;
    record.model = u"m"_s;
    Trace &trace = record.trace;
    trace.submittedNs = trace.queuedNs = at(0);
    trace.dispatchedNs = at(10);
    trace.connectStartedNs = at(11);
    trace.sentNs = at(31);
    trace.headersNs = at(100);
    trace.firstByteNs = at(100);
    for (const int when : { 110, 150, 200, 250, 310 })
        trace.chunks.append({ at(when), 4, ChunkKind::Text });
    trace.firstContentNs = trace.firstOutputNs = at(110);
    trace.lastContentNs = at(310);
    trace.endNs = at(320);
    trace.bytesReceived = 999;
    trace.bytesSent = 77;
    record.answer.finished = true;
    llm::Usage usage;
    usage.input = 50;
    usage.cacheRead = 100;
    usage.cacheWrite = 30;
    usage.output = 15;
    usage.reasoning = 6;
    record.answer.usage = usage;
    record.costUsd = 0.0042;
    return record;
}

std::optional<double> metric(const RunRecord &record, QByteArrayView id)
{
    const Metric *row = metricById(id);
    return row ? row->compute(record) : std::nullopt;
}

class FixedClock final : public base::Clock {
public:
    qint64 nowNs() const override { return now; }
    qint64 wallMs() const override { return 0; }
    qint64 now = 1;
};

} // namespace

class TestMetrics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void formulas_data()
    {
        QTest::addColumn<double>("wanted");
        QTest::newRow("queue_ms") << 10.0;
        QTest::newRow("retry_ms") << 0.0;
        QTest::newRow("connect_ms") << 21.0;
        QTest::newRow("headers_ms") << 69.0;
        QTest::newRow("ttft_ms") << 110.0;
        QTest::newRow("ttft_dispatch_ms") << 100.0;
        QTest::newRow("ttfo_ms") << 110.0;
        QTest::newRow("response_ms") << 320.0;
        QTest::newRow("tpot_ms") << 200.0 / 14;
        QTest::newRow("tokens_per_s") << 14 / 0.2;
        QTest::newRow("e2e_tokens_per_s") << 21 / 0.31;
        QTest::newRow("prefill_tokens_per_s") << 80 / 0.1;
        QTest::newRow("icl_max_ms") << 60.0;
        QTest::newRow("itl_max_ms") << 60.0 / 3;
        QTest::newRow("itl_p50_ms") << 50.0 / 3;
        QTest::newRow("input_tokens") << 180.0;
        QTest::newRow("cache_read_tokens") << 100.0;
        QTest::newRow("cache_write_tokens") << 30.0;
        QTest::newRow("output_tokens") << 21.0;
        QTest::newRow("reasoning_tokens") << 6.0;
        QTest::newRow("total_tokens") << 201.0;
        QTest::newRow("token_efficiency") << 2100.0 / 201;
        QTest::newRow("cost_usd") << 0.0042;
        QTest::newRow("cost_per_m_output_usd") << 200.0;
        QTest::newRow("retries") << 0.0;
        QTest::newRow("chunks") << 5.0;
        QTest::newRow("bytes") << 999.0;
        QTest::newRow("bytes_sent") << 77.0;
    }
    void formulas()
    {
        QFETCH(double, wanted);
        const auto value = metric(plainRecord(), QTest::currentDataTag());
        QVERIFY(value);
        QVERIFY2(qAbs(*value - wanted) < 1e-9 + wanted * 1e-9, qPrintable(QString::number(*value)));
    }

    void unknownIsNullNeverZero()
    {
        RunRecord record;
        record.trace.submittedNs = at(0);
        record.trace.endNs = at(5);
        const QJsonObject json = metricsJson(record);
        QCOMPARE(json.size(), qsizetype(metricTable().size()));
        for (const char *id : { "ttft_ms", "tpot_ms", "tokens_per_s", "cost_usd", "input_tokens", "output_tokens",
                                "queue_ms", "connect_ms", "icl_p50_ms", "prefill_tokens_per_s" })
            QVERIFY2(json[QLatin1String(id)].isNull(), id);
        QCOMPARE(json["response_ms"_L1].toDouble(), 5.0);
    }

    void aGuessedInputIsNoFigure()
    {
        RunRecord record = plainRecord();
        record.answer.usage->source = llm::UsageSource::Chunks;
        for (const char *id :
             { "input_tokens", "cache_read_tokens", "total_tokens", "token_efficiency", "prefill_tokens_per_s" })
            QVERIFY2(!metric(record, id), id);
        QCOMPARE(metric(record, "output_tokens"), 21.0);
    }

    void idsAreUnique()
    {
        QSet<QByteArray> ids;
        for (const Metric &row : metricTable())
            ids.insert(row.id);
        QCOMPARE(ids.size(), qsizetype(metricTable().size()));
    }

    void percentilesNeedSamples()
    {
        RunRecord record = plainRecord();
        QVERIFY(!metric(record, "icl_p50_ms")); // 4 gaps of the 11 needed
        record.trace.chunks.clear();
        for (int i = 0; i <= 130; ++i)
            record.trace.chunks.append({ at(100 + i * (i + 1) / 2.0), 1, ChunkKind::Text }); // gaps 1, 2, … 130
        QCOMPARE(*metric(record, "icl_p50_ms"), 65.0);
        QCOMPARE(*metric(record, "icl_p95_ms"), 124.0);
        record.trace.chunks.removeLast();
        QVERIFY(!metric(record, "icl_p95_ms"));
    }

    void interTokenSharesByCharacters()
    {
        RunRecord record = plainRecord();
        record.trace.chunks = { { at(110), 10, ChunkKind::Text }, { at(210), 90, ChunkKind::Text } };
        record.answer.usage->reasoning = 0;
        record.answer.usage->output = 20; // 2 and 18
        QCOMPARE(*metric(record, "itl_max_ms"), 100.0 / 18);
        QCOMPARE(*metric(record, "itl_p50_ms"), 100.0 / 18); // 18 samples
    }

    /// Thought before the first chunk and never sent, it took none of the time between the chunks.
    void onlyReasoningThatIsSentHasAPace()
    {
        RunRecord record = plainRecord();
        QCOMPARE(*metric(record, "tpot_ms"), 200.0 / 14);
        QCOMPARE(*metric(record, "output_tokens"), 21.0);
        record.trace.chunks[0].kind = ChunkKind::Reasoning;
        QCOMPARE(*metric(record, "tpot_ms"), 200.0 / 20);
    }

    void oneArrivalHasNoPace()
    {
        RunRecord record = plainRecord();
        record.trace.chunks.resize(1);
        record.trace.lastContentNs = record.trace.firstContentNs;
        QVERIFY(!metric(record, "tpot_ms"));
        QVERIFY(!metric(record, "tokens_per_s"));
        QVERIFY(metric(record, "e2e_tokens_per_s"));
        record = plainRecord();
        record.answer.usage->output = 1;
        record.answer.usage->reasoning = 0;
        QVERIFY(!metric(record, "tpot_ms"));
    }

    void thinkingIsFirstOutputMinusFirstContent()
    {
        RunRecord record = plainRecord();
        QVERIFY(!metric(record, "thinking_ms"));
        // It may have thought where nobody saw it.
        record.answer.usage->reasoning = 5;
        QVERIFY(!isNone(*metricById("thinking_ms"), record));
        record.answer.usage->reasoning = 0;
        QVERIFY(isNone(*metricById("thinking_ms"), record));
        QVERIFY(!isNone(*metricById("ttft_ms"), record));
        record.trace.chunks[0].kind = record.trace.chunks[1].kind = ChunkKind::Reasoning;
        record.trace.firstOutputNs = at(200);
        QCOMPARE(*metric(record, "thinking_ms"), 90.0);
        QCOMPARE(*metric(record, "ttft_ms"), 110.0);
        QCOMPARE(*metric(record, "ttfo_ms"), 200.0);
    }

    void cachedAnswerHasNoLatency()
    {
        RunRecord record = plainRecord();
        record.cached = true;
        for (const Metric &row : metricTable()) {
            const QByteArray unit = row.unit;
            if (unit == "ms" || unit == "tok/s")
                QVERIFY2(!row.compute(record), row.id);
        }
        QVERIFY(metric(record, "output_tokens"));
    }

    void reusedConnectionIsZero()
    {
        RunRecord record = plainRecord();
        record.trace.connectStartedNs = 0;
        record.trace.reusedConnection = true;
        record.trace.sentNs = at(12);
        QCOMPARE(*metric(record, "connect_ms"), 0.0);
        QCOMPARE(*metric(record, "tls_ms"), 0.0);
        QCOMPARE(*metric(record, "send_ms"), 2.0);
    }

    void tlsIsTcpAndTlsTogether()
    {
        RunRecord record = plainRecord();
        record.trace.encryptedNs = at(29);
        QVERIFY(!metric(record, "connect_ms"));
        QCOMPARE(*metric(record, "tls_ms"), 19.0);
        QCOMPARE(*metric(record, "send_ms"), 2.0);
    }

    void aCallThatNeverWentOutWaited()
    {
        RunRecord queued;
        queued.trace.submittedNs = queued.trace.queuedNs = at(1);
        queued.trace.endNs = at(2601);
        QCOMPARE(*metric(queued, "queue_ms"), 2600.0);
        QCOMPARE(*metric(queued, "retry_ms"), 0.0);
        QCOMPARE(queued.attempts(), 0);
        QCOMPARE(phasesJson(queued.trace)["queue_ms"_L1].toDouble(), 2600.0);
        QVERIFY(!phasesJson(queued.trace).contains("end_ms"_L1));

        RunRecord stopped; // in the countdown after one attempt
        stopped.earlierAttempts.resize(1);
        stopped.trace.submittedNs = at(1);
        stopped.trace.endNs = at(2601);
        QVERIFY(!metric(stopped, "queue_ms"));
        QCOMPARE(*metric(stopped, "retry_ms"), 2600.0);
        QCOMPARE(*metric(stopped, "retries"), 0.0);
        QCOMPARE(stopped.attempts(), 1);
        QCOMPARE(phasesJson(stopped.trace)["retry_ms"_L1].toDouble(), 2600.0);
        QVERIFY(!phasesJson(stopped.trace).contains("queue_ms"_L1));
    }

    void retriesCountInTtftNotInQueue()
    {
        RunRecord record = plainRecord();
        record.trace.submittedNs = at(-2000);
        record.earlierAttempts.append(Attempt {});
        QCOMPARE(*metric(record, "queue_ms"), 10.0);
        QCOMPARE(*metric(record, "retry_ms"), 2000.0);
        QCOMPARE(*metric(record, "ttft_ms"), 2110.0);
        QCOMPARE(*metric(record, "retries"), 1.0);
    }

    void phasesAddUpToTheResponseTime()
    {
        const RunRecord record = plainRecord();
        double sum = 0;
        qint64 before = record.trace.submittedNs;
        const auto spans = phaseSpans(record.trace);
        for (const PhaseSpan &span : spans) {
            QCOMPARE(span.startNs, before);
            before = span.endNs;
            sum += span.ms();
        }
        QCOMPARE(sum, 320.0);
        QCOMPARE(QJsonDocument(phasesJson(record.trace)).toJson(QJsonDocument::Compact),
                 QByteArray(R"({"connect_ms":21,"end_ms":10,"first_content_ms":10,"queue_ms":10,)"
                            R"("reused_connection":false,"stream_ms":200,"wait_ms":69})"));
    }

    void resourcesFromProc()
    {
        FixedClock clock;
        QByteArray stat = "42 (talk) bench) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 7 0";
        ResourceSampler sampler(
            clock,
            [&stat](const QString &path) {
                if (path.endsWith(u"/smaps_rollup"_s))
                    return QByteArray("55d0-7ffe ---p 00000000 00:00 0 [rollup]\nRss:  6012 kB\nPss:   4000 kB\n");
                if (path.endsWith(u"/fd"_s))
                    return QByteArray("/dev/null\n/proc/1/fd/socket:[17]\npipe:[3]\n/proc/1/fd/socket:[18]\n");
                return path.endsWith(u"stat"_s) ? stat : QByteArray("Name:\tx\nVmRSS:\t  6012 kB\nThreads:\t7\n");
            },
            100);
        const ResourceSample first = sampler.sample();
        QCOMPARE(*first.residentBytes, 6012 * 1024);
        QCOMPARE(*first.threads, 7);
        QCOMPARE(*first.cpuSeconds, 2.0);
        QVERIFY(!first.cpuPercent);
        QCOMPARE(*first.proportionalBytes, 4000 * 1024);
        QCOMPARE(*first.sockets, 2);
        stat.replace(" 150 50 ", " 170 60 ");
        clock.now += 1000 * ms;
        QCOMPARE(*sampler.sample().cpuPercent, 30.0);
    }

    /// However often it is asked, a tick of the system's clock is never all that a figure rests on.
    void cpuIsMeasuredOverASecond()
    {
        FixedClock clock;
        int ticks = 1000;
        ResourceSampler sampler(
            clock,
            [&ticks](const QString &path) {
                return path.endsWith(u"/stat"_s)
                    ? "42 (talkbench) S 1 2 3 4 5 6 7 8 9 10 " + QByteArray::number(ticks) + " 0 0 0 20 0 7 0"
                    : QByteArray();
            },
            100);
        QVERIFY(!sampler.sample().cpuPercent);
        clock.now += 2 * ms;
        ++ticks;
        QVERIFY(!sampler.sample().cpuPercent);
        clock.now += 998 * ms;
        ticks += 34;
        QCOMPARE(*sampler.sample().cpuPercent, 35.0);
        clock.now += 3 * ms;
        QCOMPARE(*sampler.sample().cpuPercent, 35.0);
        clock.now += 3 * ms;
        ++ticks;
        QCOMPARE(*sampler.sample().cpuPercent, 35.0);
        clock.now += 1994 * ms;
        ticks += 79;
        QCOMPARE(*sampler.sample().cpuPercent, 40.0);
    }

    void resourcesUnknownWithoutProc()
    {
        FixedClock clock;
        ResourceSampler sampler(
            clock, [](const QString &) { return QByteArray(); }, 100);
        const ResourceSample sample = sampler.sample();
        QVERIFY(!sample.residentBytes && !sample.cpuSeconds && !sample.threads && !sample.cpuPercent);
        QVERIFY(!sample.proportionalBytes && !sample.sockets);
    }

    void readsItsOwnProcess()
    {
        const base::SystemClock clock;
        ResourceSampler sampler(clock);
        const int before = sampler.sample().sockets.value();
        int pair[2];
        QCOMPARE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        const ResourceSample cached = sampler.sample();
        QCOMPARE(cached.sockets, before); // read rarely
        QVERIFY(*cached.proportionalBytes > 0 && *cached.proportionalBytes <= *cached.residentBytes * 2);
        ResourceSampler fresh(clock);
        QCOMPARE(fresh.sample().sockets, before + 2);
        close(pair[0]);
        close(pair[1]);
    }
};

QTEST_GUILESS_MAIN(TestMetrics)
#include "tst_metrics.moc"
