#include "core/profile/format.h"
#include "core/run/run.h"
#include "ui/profiler/calldetails.h"
#include "ui/profiler/numbersline.h"

#include <QPointer>
#include <QTest>
#include <QTextLayout>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class NumbersLineTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void figures_data();
    void figures();
    void theLineOfARecord();
    void unknownPriceIsSaid();
    void ownCountsAreMarked();
    void aCachedAnswerHasNoLatency();
    void failedAndStoppedAreSaid();
    void liveWhileStreaming();
    void aRetryStartsAnew();
    void wrapsBetweenFigures();
    void enterOpensTheReceipt();
    void theReceiptMarksEstimates();
    void theSameTurnElsewhere();
    void hostileTextStaysText();
};

static constexpr qint64 ms = 1'000'000;

static profile::RunRecord record()
{
    profile::RunRecord record;
    record.model = u"gpt-x"_s;
    profile::Trace &trace = record.trace;
    trace.submittedNs = 1000 * ms;
    trace.dispatchedNs = 1001 * ms;
    trace.sentNs = 1002 * ms;
    trace.headersNs = 1300 * ms;
    trace.firstContentNs = trace.firstOutputNs = 1412 * ms;
    trace.lastContentNs = 1412 * ms + 317 * ms * 1000 / 62;
    trace.endNs = trace.lastContentNs + ms;
    trace.chunks = { { trace.firstContentNs, 4, profile::ChunkKind::Text },
                     { trace.lastContentNs, 4, profile::ChunkKind::Text } };
    record.answer.usage = llm::Usage {};
    record.answer.usage->input = 20;
    record.answer.usage->output = 318;
    record.answer.finished = true;
    record.costUsd = 0.0021;
    return record;
}

void NumbersLineTest::figures_data()
{
    QTest::addColumn<QString>("shown");
    QTest::addColumn<QString>("expected");
    using namespace profile;
    QTest::newRow("0") << formatMs(0) << u"0 ms"_s;
    QTest::newRow("µs") << formatMs(0.42) << u"0.42 ms"_s;
    QTest::newRow("ms") << formatMs(4.21) << u"4.2 ms"_s;
    QTest::newRow("412") << formatMs(412.4) << u"412 ms"_s;
    QTest::newRow("999.6") << formatMs(999.6) << u"1.0 s"_s;
    QTest::newRow("1.2 s") << formatMs(1234) << u"1.2 s"_s;
    QTest::newRow("42 s") << formatMs(42'400) << u"42 s"_s;
    QTest::newRow("min") << formatMs(125'000) << u"2 min 05 s"_s;
    QTest::newRow("nan") << formatMs(std::numeric_limits<double>::quiet_NaN()) << u"–"_s;
    QTest::newRow("318") << formatCount(318) << u"318"_s;
    QTest::newRow("thousands") << formatCount(1'234'567) << u"1\u202f234\u202f567"_s;
    QTest::newRow("negative") << formatCount(-123) << u"-123"_s;
    QTest::newRow("slow") << formatRate(6.24) << u"6.2 tok/s"_s;
    QTest::newRow("fast") << formatRate(62.4) << u"62 tok/s"_s;
    QTest::newRow("free") << formatUsd(0) << u"$0"_s;
    QTest::newRow("little") << formatUsd(0.00001) << u"under $0.0001"_s;
    QTest::newRow("an item") << formatUsdItem(0.0000123) << u"$0.0000123"_s;
    QTest::newRow("a round item") << formatUsdItem(0.0021) << u"$0.0021"_s;
    QTest::newRow("a large item") << formatUsdItem(12.345) << u"$12.35"_s;
    QTest::newRow("0.0021") << formatUsd(0.0021) << u"$0.0021"_s;
    QTest::newRow("0.123") << formatUsd(0.1234) << u"$0.123"_s;
    QTest::newRow("dollars") << formatUsd(12.345) << u"$12.35"_s;
    QTest::newRow("a range") << formatUsdRange(0.0021, 0.02) << u"$0.0021 to $0.020"_s;
    QTest::newRow("from little") << formatUsdRange(0.00001, 0.00012) << u"up to $0.0001"_s;
    QTest::newRow("from nothing") << formatUsdRange(0, 0.02) << u"up to $0.020"_s;
    QTest::newRow("little all over") << formatUsdRange(0, 0.00002) << u"under $0.0001"_s;
    QTest::newRow("no range") << formatUsdRange(0.0123, 0.0124) << u"$0.012"_s;
    QTest::newRow("nothing") << formatMegabytes(0) << u"0 MB"_s;
    QTest::newRow("a byte") << formatMegabytes(1.0 / (1 << 20)) << u"1 kB"_s;
    QTest::newRow("kB") << formatMegabytes(0.04) << u"41 kB"_s;
    QTest::newRow("a MB") << formatMegabytes(0.96) << u"1 MB"_s;
    QTest::newRow("MB") << formatMegabytes(61.2) << u"61 MB"_s;
    QTest::newRow("kB") << formatBytes(1500) << u"2 kB"_s;
    QTest::newRow("no bytes") << formatBytes(0) << u"0 kB"_s;
    QTest::newRow("MB of bytes") << formatBytes(5 << 20) << u"5 MB"_s;
    QTest::newRow("GB") << formatMegabytes(1234) << u"1.2 GB"_s;
}

void NumbersLineTest::figures()
{
    QFETCH(QString, shown);
    QFETCH(QString, expected);
    QCOMPARE(shown, expected);
}

void NumbersLineTest::theLineOfARecord()
{
    NumbersLine line;
    line.setRecord(record());
    QCOMPARE(line.text(), u"412 ms to first token · 62 tok/s · 318 tok · $0.0021"_s);
    QCOMPARE(line.accessibleDescription(), line.text());
    QVERIFY(line.heightForWidth(120) > line.heightForWidth(1000));
}

void NumbersLineTest::unknownPriceIsSaid()
{
    auto call = record();
    call.costUsd.reset();
    NumbersLine line;
    line.setRecord(call);
    QVERIFY(line.text().endsWith(u"price unknown"_s));
    QVERIFY(!line.text().contains(u'$'));
}

void NumbersLineTest::ownCountsAreMarked()
{
    auto call = record();
    call.answer.usage->source = llm::UsageSource::Chunks;
    NumbersLine line;
    line.setRecord(call);
    QCOMPARE(line.text(), u"412 ms to first token · ~62 tok/s · ~318 tok · ~$0.0021"_s);
}

void NumbersLineTest::aCachedAnswerHasNoLatency()
{
    auto call = record();
    call.cached = true;
    call.costUsd = 0;
    NumbersLine line;
    line.setRecord(call);
    QCOMPARE(line.text(), u"from the cache · 318 tok · $0"_s);
}

void NumbersLineTest::failedAndStoppedAreSaid()
{
    auto call = record();
    call.answer.error = base::Error { base::ErrorKind::Reset, u"The connection was reset."_s, {}, 0, {} };
    NumbersLine line;
    line.setRecord(call);
    QVERIFY(line.text().startsWith(u"failed · 412 ms"_s));
    call.answer.error->kind = base::ErrorKind::Cancelled;
    line.setRecord(call);
    QVERIFY(line.text().startsWith(u"stopped · 412 ms"_s));
    call.answer.error->kind = base::ErrorKind::Interrupted;
    line.setRecord(call);
    QVERIFY(line.text().startsWith(u"interrupted · 412 ms"_s));
    profile::RunRecord nothing;
    nothing.trace.submittedNs = ms;
    nothing.trace.endNs = 2 * ms;
    nothing.answer.error = base::Error { base::ErrorKind::Refused, u"No server answers there."_s, {}, 0, {} };
    line.setRecord(nothing);
    QCOMPARE(line.text(), u"failed"_s);
}

void NumbersLineTest::liveWhileStreaming()
{
    NumbersLine line;
    line.begin();
    run::RunUpdate update;
    update.state = run::RunState::Waiting;
    update.trace.submittedNs = 1000 * ms;
    update.trace.dispatchedNs = 1001 * ms;
    line.apply(update);
    QCOMPARE(line.text(), u"waiting for the first token…"_s);
    update.state = run::RunState::Streaming;
    update.trace.firstContentNs = update.trace.firstOutputNs = 1412 * ms;
    for (int i = 0; i < 63; ++i)
        update.chunks << profile::ChunkStamp { (1412 + i * 20) * ms, 4, profile::ChunkKind::Text };
    update.trace.lastContentNs = update.chunks.last().ns;
    line.apply(update);
    QCOMPARE(line.text(), u"412 ms to first token · ~50 tok/s · ~63 tok"_s);
    update.chunks = { { (1412 + 63 * 20) * ms, 4, profile::ChunkKind::Text } };
    update.trace.lastContentNs = update.chunks.last().ns;
    line.apply(update);
    QVERIFY(line.text().endsWith(u"~64 tok"_s));
    QCOMPARE(line.record().trace.chunks.size(), 64);
    line.setRecord(record());
    line.apply(update);
    QCOMPARE(line.text(), u"412 ms to first token · 62 tok/s · 318 tok · $0.0021"_s);
}

void NumbersLineTest::aRetryStartsAnew()
{
    NumbersLine line;
    line.begin();
    run::RunUpdate update;
    update.state = run::RunState::Streaming;
    update.trace.submittedNs = 1000 * ms;
    update.trace.dispatchedNs = 1001 * ms;
    update.trace.firstContentNs = update.trace.lastContentNs = 1100 * ms;
    update.chunks = { { 1100 * ms, 4, profile::ChunkKind::Text } };
    line.apply(update);
    run::RunUpdate retry;
    retry.state = run::RunState::RetryWait;
    retry.lastError = base::Error { base::ErrorKind::Reset, u"The connection was reset."_s, {}, 0, {} };
    retry.trace = update.trace;
    line.apply(retry);
    QVERIFY(line.text().contains(u"The connection was reset."_s));
    retry.state = run::RunState::Waiting;
    retry.trace = {};
    retry.trace.submittedNs = 1000 * ms;
    retry.trace.dispatchedNs = 2000 * ms;
    line.apply(retry);
    QCOMPARE(line.text(), u"waiting for the first token…"_s);
    QVERIFY(line.record().trace.chunks.isEmpty());
}

void NumbersLineTest::wrapsBetweenFigures()
{
    const QString line = breakable(u"stopped · 246 ms to first token · ~82 tok/s · ~108 tok · ~$0.0002"_s);
    QTextLayout layout(line);
    for (int width = 80; width < 500; width += 10) {
        QStringList lines;
        layout.beginLayout();
        for (QTextLine each = layout.createLine(); each.isValid(); each = layout.createLine()) {
            each.setLineWidth(width);
            lines << line.mid(each.textStart(), each.textLength()).trimmed();
        }
        layout.endLayout();
        for (const QString &each : std::as_const(lines)) {
            QVERIFY2(!each.startsWith(u'·') && !each.endsWith(u'/'), qPrintable(lines.join(u'|')));
            QVERIFY2(!each.back().isDigit() || each == lines.last(), qPrintable(lines.join(u'|')));
        }
    }
}

void NumbersLineTest::enterOpensTheReceipt()
{
    NumbersLine line;
    line.setRecord(record());
    line.show();
    QTest::keyClick(&line, Qt::Key_Return);
    QPointer<CallDetails> details = line.findChild<CallDetails *>();
    QVERIFY(details);
    QTRY_VERIFY(details->isVisible());
    QVERIFY(details->plainText().contains(u"Time to first token"_s));
    QVERIFY(details->plainText().contains(u"412 ms"_s));
    QTest::keyClick(details, Qt::Key_Escape);
    QTRY_VERIFY(!details);
}

void NumbersLineTest::theReceiptMarksEstimates()
{
    const auto row = [](const profile::RunRecord &call, const QString &title) {
        const QStringList lines = CallDetails(call).plainText().replace(QChar::Nbsp, u' ').split(u'\n');
        const qsizetype at = lines.indexOf(title);
        return at < 0 ? QString() : lines.value(at + 1);
    };
    const QString output = u"Output tokens, with reasoning"_s;
    const QString before = u"Before this call: its prompt made shorter, other models tried"_s;
    profile::RunRecord call = record();
    call.trace.askedNs = 995 * ms;
    QCOMPARE(row(call, output), u"318 tok"_s);
    QCOMPARE(row(call, u"Reasoning"_s), u"0"_s);
    QCOMPARE(row(call, before), QString());
    call.trace.askedNs = 500 * ms;
    QCOMPARE(row(call, before), u"500 ms"_s);

    // Plain HTTP, no checks, no cache: nothing of that is unknown.
    const QStringList others { u"Connect and TLS"_s, u"Thinking time"_s, u"Passed its checks"_s,
                               u"Time saved by the response cache"_s, u"Cost saved by the response cache"_s };
    for (const QString &title : others)
        QCOMPARE(row(call, title), QString());
    profile::RunRecord checked = call;
    checked.validation.append({ u"judge"_s, profile::Verdict::Outcome::NotChecked, u"asleep"_s });
    QCOMPARE(row(checked, u"Passed its checks"_s), u"unknown"_s);

    call.trace.decisions = { { u"reasoning"_s, u"estimated"_s } };
    QCOMPARE(row(call, output), u"318 tok"_s);
    QCOMPARE(row(call, u"Reasoning tokens"_s), u"~0 tok"_s);
    QCOMPARE(row(call, u"Reasoning"_s), u"~0"_s);

    call.answer.usage->source = llm::UsageSource::Chunks;
    QCOMPARE(row(call, output), u"~318 tok"_s);
    QCOMPARE(row(call, u"Fresh input"_s), u"~20"_s);
    QCOMPARE(row(call, u"Input tokens, all classes"_s), u"only a guess: see Tokens"_s);
}

void NumbersLineTest::theSameTurnElsewhere()
{
    const auto words = [](const profile::RunRecord &call, const QList<cost::Elsewhere> &elsewhere) {
        QString text = CallDetails(call, elsewhere).plainText();
        return text.replace(QChar::Nbsp, u' ');
    };
    const QString told = words(record(), { { { u"p"_s, u"dear"_s }, 0.0042 }, { { u"p"_s, u"new"_s }, std::nullopt } });
    QVERIFY2(told.contains(u"The same turn elsewhere"_s), qPrintable(told));
    QVERIFY2(told.contains(u"$0.0042 (+100 %)"_s), qPrintable(told));
    QVERIFY(told.contains(u"new · p"_s) && told.contains(u"price unknown"_s));
    const CallDetails named(record(), QList<cost::Elsewhere> { { { u"p"_s, u"new"_s }, 0.001 } },
                            [](const QString &id) { return u"The one called "_s + id; });
    const QString byName = named.plainText().replace(QChar::Nbsp, u' ');
    QVERIFY2(byName.contains(u"new · The one called p"_s), qPrintable(byName));
    QVERIFY2(byName.contains(u"Provider\nThe one called "_s), qPrintable(byName));
    QVERIFY(words(record(), {}).contains(u"Star models"_s));
    QVERIFY(!CallDetails(record()).plainText().contains(u"elsewhere"_s)); // nobody asked
    auto cached = record();
    cached.cached = true;
    cached.costUsd = 0;
    const QString free = words(cached, { { { u"p"_s, u"dear"_s }, 0.0042 } });
    QVERIFY(free.contains(u"$0.0042"_s) && !free.contains(u"+100 %"_s));
    auto uncounted = record();
    uncounted.answer.usage.reset();
    QVERIFY(!words(uncounted, {}).contains(u"elsewhere"_s));
}

void NumbersLineTest::hostileTextStaysText()
{
    auto call = record();
    call.model = u"<img src='file:///etc/passwd'><b>x"_s;
    const CallDetails details(call);
    QVERIFY(details.plainText().contains(call.model));
}

QTEST_MAIN(NumbersLineTest)
#include "tst_numbersline.moc"
