#include "core/profile/metrictable.h"
#include "core/profile/runrecord.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace talkbench;
using namespace talkbench::profile;
using namespace Qt::StringLiterals;

namespace {

RunRecord fullRecord()
{
    RunRecord record;
    record.id = u"id"_s;
    record.conversationId = u"c"_s;
    record.messageId = u"m"_s;
    record.providerId = u"openai"_s;
    record.protocol = u"openai-chat"_s;
    record.model = u"gpt-4o"_s;
    record.startedWallMs = 1'800'000'000'123;
    record.streamed = false;
    record.cached = true;
    record.answer.text = u"héllo 🙂"_s;
    record.answer.finished = true;
    record.answer.error = base::Error { base::ErrorKind::Truncated, u"cut"_s, u"detail"_s, 200, 1500 };
    // Beyond 2^53: a double would lose these nanoseconds.
    const qint64 start = 9'007'199'254'740'993;
    record.trace.submittedNs = start;
    record.trace.queuedNs = start + 1;
    record.trace.dispatchedNs = start + 2;
    record.trace.connectStartedNs = start + 3;
    record.trace.encryptedNs = start + 4;
    record.trace.sentNs = start + 5;
    record.trace.headersNs = start + 6;
    record.trace.firstByteNs = start + 7;
    record.trace.firstContentNs = start + 8;
    record.trace.firstOutputNs = start + 9;
    record.trace.lastContentNs = start + 10;
    record.trace.endNs = start + 11;
    record.trace.reusedConnection = true;
    record.trace.bytesReceived = 4711;
    record.trace.bytesSent = 815;
    record.operation = Operation::Compare;
    record.trace.httpStatus = 200;
    record.trace.chunks = { { start + 8, 3, ChunkKind::Reasoning },
                            { start + 9, 7, ChunkKind::Text },
                            { start + 9, 2, ChunkKind::ToolCall } };
    record.cached = true;
    record.cacheHit = CacheHit { u"first"_s, 259'200'000, 1800.5, 0.012 };
    record.trace.decisions = {
        { u"admit"_s, u"at once"_s },
        { u"fallback"_s, {}, Handover { u"p/m"_s, u"q/n"_s, base::ErrorKind::RateLimited } },
        { u"hedge"_s, {}, Handover { u"q/n"_s, u"r/o"_s, {}, 1200 } },
    };
    Trace earlier;
    earlier.submittedNs = start;
    earlier.httpStatus = 429;
    record.earlierAttempts.append(
        { earlier, base::Error { base::ErrorKind::RateLimited, u"slow down"_s, u"{}"_s, 429, 1500 } });
    record.earlierAttempts.last().providerId = u"another"_s;
    record.costUsd = 0.00123;
    record.priceVersion = u"2026"_s;
    record.price = { { u"model"_s, u"m"_s }, { u"input"_s, 0.1 } };
    return record;
}

} // namespace

class TestRunRecord : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void damagedNumbersHaveRoom()
    {
        constexpr qint64 most = std::numeric_limits<qint64>::max();
        const QJsonObject chunks { { u"ns"_s, QJsonArray { most, most, -most } },
                                   { u"characters"_s, QJsonArray { 1, most, -1 } },
                                   { u"kinds"_s, u"ttt"_s } };
        const QJsonObject trace { { u"submitted_ns"_s, -most }, { u"end_ns"_s, most }, { u"chunks"_s, chunks } };
        const QJsonObject usage { { u"input"_s, most }, { u"cache_read"_s, most }, { u"output"_s, -1 } };
        const RunRecord record =
            runRecordFromJson({ { u"trace"_s, trace }, { u"answer"_s, QJsonObject { { u"usage"_s, usage } } } });
        QVERIFY(record.trace.submittedNs >= 0 && record.trace.endNs > record.trace.submittedNs);
        for (const ChunkStamp &chunk : record.trace.chunks)
            QVERIFY(chunk.ns >= 0);
        QVERIFY(!record.costUsd);
        QVERIFY(record.answer.usage->inputTotal() >= record.answer.usage->input);
        QCOMPARE(record.answer.usage->output, 0);
        QCOMPARE(toJson(runRecordFromJson(toJson(record))), toJson(record));
    }

    void survivesJson()
    {
        const RunRecord record = fullRecord();
        const QByteArray bytes = QJsonDocument(toJson(record)).toJson(QJsonDocument::Compact);
        const RunRecord back = runRecordFromJson(QJsonDocument::fromJson(bytes).object());
        QCOMPARE(back.trace, record.trace);
        QCOMPARE(back.earlierAttempts, record.earlierAttempts);
        QCOMPARE(back.operation, record.operation);
        QCOMPARE(back.answer.text, record.answer.text);
        QVERIFY(back.answer.error == record.answer.error);
        QCOMPARE(back.costUsd, record.costUsd);
        QCOMPARE(back.price, record.price);
        QCOMPARE(QJsonDocument(toJson(back)).toJson(), QJsonDocument(toJson(record)).toJson());
        QCOMPARE(metricsJson(back), metricsJson(record));
    }

    /// Of versions that kept words instead of what they say.
    void oldDecisionsKeepTheirWords()
    {
        const QJsonObject old { { u"stage"_s, u"fallback"_s }, { u"reason"_s, u"overloaded at p/m: trying q/n"_s } };
        const RunRecord record =
            runRecordFromJson({ { u"trace"_s, QJsonObject { { u"decisions"_s, QJsonArray { old } } } } });
        QCOMPARE(record.trace.decisions, QList<Decision>({ { u"fallback"_s, u"overloaded at p/m: trying q/n"_s } }));
    }

    void unknownCostStaysUnknown()
    {
        RunRecord record = fullRecord();
        record.costUsd.reset();
        QVERIFY(toJson(record)["cost_usd"_L1].isNull());
        QVERIFY(!runRecordFromJson(toJson(record)).costUsd);
    }

    void readsHostileJson_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::newRow("empty") << QByteArray("{}");
        QTest::newRow("types") << QByteArray(R"({"id":1,"trace":[],"answer":7,"earlier_attempts":{},"cost_usd":"x"})");
        QTest::newRow("chunks of unequal length")
            << QByteArray(R"({"trace":{"chunks":{"ns":[1,2,3],"characters":[-1],"kinds":"??"}}})");
    }
    void readsHostileJson()
    {
        QFETCH(QByteArray, json);
        const RunRecord record = runRecordFromJson(QJsonDocument::fromJson(json).object());
        QVERIFY(record.trace.chunks.size() <= 1);
        QVERIFY(!record.costUsd);
    }

    void chunksAreCompact()
    {
        RunRecord record;
        for (int i = 0; i < 1000; ++i)
            record.trace.chunks.append({ 9'007'199'254'740'993 + i * 12'345'678LL, 4, ChunkKind::Text });
        const QJsonObject trace = toJson(record)["trace"_L1].toObject();
        QVERIFY(QJsonDocument(trace["chunks"_L1].toObject()).toJson(QJsonDocument::Compact).size() < 14'000);
    }
};

QTEST_GUILESS_MAIN(TestRunRecord)
#include "tst_runrecord.moc"
