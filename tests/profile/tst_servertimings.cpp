#include "core/profile/format.h"
#include "core/profile/servertimings.h"

#include <QJsonObject>
#include <QTest>

using namespace talkbench;
using namespace talkbench::profile;
using namespace Qt::StringLiterals;

class TestServerTimings final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void partsAddUpToTheFirstToken();
    void whatIsSaidIsNotAddedUp();
    void nothingToldIsNothingShown();
    void lowLimitsAreSaid();
    void jsonIsIndentedAsItWasWritten_data();
    void jsonIsIndentedAsItWasWritten();
};

static RunRecord record(const QJsonObject &timings)
{
    constexpr qint64 ms = 1'000'000;
    RunRecord record;
    record.answer.serverTimings = timings;
    record.trace.submittedNs = 1000 * ms;
    record.trace.dispatchedNs = 1100 * ms; // our own queue is not the server's business
    record.trace.headersNs = 1150 * ms;
    record.trace.firstContentNs = 1300 * ms;
    record.trace.lastContentNs = 2300 * ms;
    record.trace.endNs = 2400 * ms;
    return record;
}

static std::optional<ServerTiming> row(const QList<ServerTiming> &timings, const char *title)
{
    for (const ServerTiming &timing : timings)
        if (qstrcmp(timing.title, title) == 0)
            return timing;
    return std::nullopt;
}

void TestServerTimings::partsAddUpToTheFirstToken()
{
    const auto timings = serverTimings(
        record({ { u"load_ms"_s, 20 }, { u"prefill_ms"_s, 150 }, { u"decode_ms"_s, 900 }, { u"total_ms"_s, 1100 } }));
    QCOMPARE(timings.size(), 5);
    const auto first = row(timings, "To first token");
    QVERIFY(first);
    QCOMPARE(first->serverMs, 170);
    QCOMPARE(*first->clientMs, 200);
    QCOMPARE(*first->addedMs(), 30);
    QCOMPARE(*row(timings, "Writing the answer")->addedMs(), 100);
    QCOMPARE(*row(timings, "Altogether")->addedMs(), 200);
    QVERIFY(!row(timings, "Loading the model")->addedMs());
}

void TestServerTimings::whatIsSaidIsNotAddedUp()
{
    const auto timings =
        serverTimings(record({ { u"ttft_ms"_s, 180 }, { u"prefill_ms"_s, 10 }, { u"processing_ms"_s, 40 } }));
    QCOMPARE(row(timings, "To first token")->serverMs, 180);
    QCOMPARE(*row(timings, "Until it answered")->addedMs(), 10);
}

void TestServerTimings::nothingToldIsNothingShown()
{
    QVERIFY(serverTimings(record({})).isEmpty());
    QVERIFY(serverTimings(record({ { u"ttft_ms"_s, u"soon"_s }, { u"source"_s, u"vllm"_s } })).isEmpty());
    RunRecord failed;
    failed.answer.serverTimings = { { u"total_ms"_s, 5 } };
    QVERIFY(!serverTimings(failed).first().clientMs);
}

void TestServerTimings::lowLimitsAreSaid()
{
    llm::RateLimits limits;
    QVERIFY(limitsParts(limits, false).isEmpty());
    limits.requests = { .limit = 60, .remaining = 6, .resetMs = 8000 };
    limits.tokens = { .limit = 100'000, .remaining = 50'000, .resetMs = {} };
    limits.outputTokens = { .limit = {}, .remaining = 0, .resetMs = {} };
    QCOMPARE(limitsParts(limits, false).size(), 3);
    const QStringList low { u"6 of 60 requests left, full again in 8.0 s"_s, u"0 output tokens left"_s };
    QCOMPARE(limitsParts(limits, true), low);
}

void TestServerTimings::jsonIsIndentedAsItWasWritten_data()
{
    QTest::addColumn<QString>("written");
    QTest::addColumn<QString>("shown");
    QTest::newRow("order and numbers stay")
        << uR"({"z":1.50,"a":[12345678901234567890,true]})"_s
        << u"{\n  \"z\": 1.50,\n  \"a\": [\n    12345678901234567890,\n    true\n  ]\n}"_s;
    QTest::newRow("strings stay") << uR"({"a":"{[,: \" \\"})"_s << u"{\n  \"a\": \"{[,: \\\" \\\\\"\n}"_s;
    QTest::newRow("empty") << u"{}"_s << u"{}"_s;
    QTest::newRow("empty inside") << uR"({"a":[],"b":{}})"_s << u"{\n  \"a\": [],\n  \"b\": {}\n}"_s;
    QTest::newRow("cut short") << uR"({"a":)"_s << uR"({"a":)"_s;
    QTest::newRow("words") << u"no JSON"_s << u"no JSON"_s;
}

void TestServerTimings::jsonIsIndentedAsItWasWritten()
{
    QFETCH(QString, written);
    QFETCH(QString, shown);
    QCOMPARE(prettyJson(written), shown);
    QCOMPARE(prettyJson(shown), shown);
}

QTEST_GUILESS_MAIN(TestServerTimings)
#include "tst_servertimings.moc"
