#include "ui/profiler/waterfall.h"

#include <QTest>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class WaterfallTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void showsThePhases();
    void keepsReasoningApart();
    void saysThatTheConnectionWasReused();
    void growsWhileItRuns();
    void saysWhatWentWrong();
    void aLongReasonIsReadWhole();
    void aCachedAnswerHasNoPhases();
};

static constexpr qint64 ms = 1'000'000;

static profile::RunRecord record()
{
    profile::RunRecord record;
    profile::Trace &trace = record.trace;
    trace.submittedNs = 1000 * ms;
    trace.dispatchedNs = 1002 * ms;
    trace.connectStartedNs = 1002 * ms;
    trace.encryptedNs = 1040 * ms;
    trace.sentNs = 1041 * ms;
    trace.headersNs = 1300 * ms;
    trace.firstByteNs = 1300 * ms;
    trace.firstContentNs = 1412 * ms;
    trace.firstOutputNs = 1412 * ms;
    trace.lastContentNs = 3130 * ms;
    trace.endNs = 3131 * ms;
    trace.chunks = { { 1412 * ms, 4, profile::ChunkKind::Text }, { 3130 * ms, 4, profile::ChunkKind::Text } };
    record.answer.finished = true;
    return record;
}

static QStringList ids(const Waterfall &waterfall)
{
    QStringList found;
    for (const auto &row : waterfall.rows())
        found << QString::fromLatin1(row.id);
    return found;
}

void WaterfallTest::showsThePhases()
{
    Waterfall waterfall;
    waterfall.setRecord(record());
    QCOMPARE(ids(waterfall),
             (QStringList { u"queue"_s, u"tls"_s, u"send"_s, u"wait"_s, u"first_content"_s, u"stream"_s, u"end"_s }));
    QCOMPARE(waterfall.rows().at(3).ms(), 259.0);
    QVERIFY(waterfall.accessibleDescription().contains(u"Total 2.1 s"_s));
    QVERIFY(waterfall.sizeHint().height() > 8 * waterfall.fontMetrics().height());
    waterfall.resize(280, waterfall.sizeHint().height());
    QVERIFY(!waterfall.grab().isNull());
}

void WaterfallTest::keepsReasoningApart()
{
    auto call = record();
    call.trace.firstOutputNs = 2000 * ms;
    call.trace.chunks.first().kind = profile::ChunkKind::Reasoning;
    Waterfall waterfall;
    waterfall.setRecord(call);
    QVERIFY(ids(waterfall).contains(u"reasoning"_s));
    for (const auto &row : waterfall.rows()) {
        if (row.id == "reasoning")
            QCOMPARE(row.ms(), 588.0);
        if (row.id == "stream")
            QCOMPARE(row.ms(), 1130.0);
    }
}

void WaterfallTest::saysThatTheConnectionWasReused()
{
    auto call = record();
    call.trace.reusedConnection = true;
    call.trace.connectStartedNs = call.trace.encryptedNs = 0;
    Waterfall waterfall;
    waterfall.setRecord(call);
    QVERIFY(!ids(waterfall).contains(u"tls"_s));
    QVERIFY(waterfall.note().contains(u"reused connection"_s));
}

void WaterfallTest::growsWhileItRuns()
{
    profile::Trace trace;
    trace.submittedNs = 1000 * ms;
    trace.dispatchedNs = 1001 * ms;
    trace.sentNs = 1002 * ms;
    Waterfall waterfall;
    waterfall.setLive(trace, 1100 * ms);
    QVERIFY(waterfall.rows().last().open);
    QCOMPARE(waterfall.rows().last().id, QByteArray("wait"));
    QCOMPARE(waterfall.rows().last().ms(), 98.0);
    trace.headersNs = 1150 * ms;
    trace.firstContentNs = trace.firstOutputNs = trace.lastContentNs = 1200 * ms;
    waterfall.setLive(trace, 1500 * ms);
    QCOMPARE(waterfall.rows().last().id, QByteArray("stream"));
    QCOMPARE(waterfall.rows().last().ms(), 300.0);
}

void WaterfallTest::saysWhatWentWrong()
{
    auto call = record();
    call.answer.error = base::Error { base::ErrorKind::Overloaded, u"The server is overloaded."_s, {}, 529, {} };
    Waterfall waterfall;
    waterfall.setRecord(call);
    QVERIFY(waterfall.note().contains(u"The server is overloaded."_s));
    call.answer.error->kind = base::ErrorKind::Cancelled;
    waterfall.setRecord(call);
    QVERIFY(waterfall.note().contains(u"stopped"_s));
    call.answer.error->kind = base::ErrorKind::Interrupted;
    waterfall.setRecord(call);
    QVERIFY(waterfall.note().contains(u"interrupted: the program ended"_s));
}

void WaterfallTest::aLongReasonIsReadWhole()
{
    auto call = record();
    call.answer.error = base::Error { base::ErrorKind::Overloaded, u"The server is overloaded."_s, {}, 529, {} };
    Waterfall waterfall;
    waterfall.resize(280, 400);
    waterfall.setRecord(call);
    const int height = waterfall.sizeHint().height();
    call.answer.error->message = u"The server says that it has too much to do at the moment. "_s.repeated(4).trimmed();
    waterfall.setRecord(call);
    const QFontMetrics metrics = waterfall.fontMetrics();
    QVERIFY(waterfall.sizeHint().height() >= height + 3 * metrics.lineSpacing());
    QVERIFY(waterfall.toolTip().isEmpty());
    call.answer.error->message = u"and so on "_s.repeated(1000);
    waterfall.setRecord(call);
    QVERIFY(waterfall.sizeHint().height() <= height + 6 * metrics.lineSpacing());
    QVERIFY(waterfall.toolTip().contains(call.answer.error->message.trimmed()));
}

void WaterfallTest::aCachedAnswerHasNoPhases()
{
    auto call = record();
    call.cached = true;
    Waterfall waterfall;
    waterfall.setRecord(call);
    QVERIFY(waterfall.rows().isEmpty());
    QVERIFY(waterfall.note().contains(u"cache"_s));
}

QTEST_MAIN(WaterfallTest)
#include "tst_waterfall.moc"
