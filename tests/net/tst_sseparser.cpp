#include "core/net/sseparser.h"
#include "tests/net/splits.h"

#include <QDir>
#include <QTest>

using talkbench::base::ErrorKind;
using talkbench::base::Frame;
using talkbench::net::ParserLimits;
using talkbench::net::SseParser;
using namespace talkbench::tests;

namespace {

Frame data(const QByteArray &text, const QByteArray &name = {})
{
    return { Frame::Kind::Event, name, text };
}
Frame comment(const QByteArray &text)
{
    return { Frame::Kind::Comment, {}, text };
}
Frame stray(const QByteArray &text)
{
    return { Frame::Kind::Stray, {}, text };
}

QByteArray flat(const QList<Frame> &frames)
{
    QByteArray text;
    for (const Frame &frame : frames)
        text += QByteArray::number(static_cast<int>(frame.kind)) + '|' + frame.name + '|' + frame.data + '\n';
    return text;
}

} // namespace

class TestSseParser : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void frames_data();
    void frames();
    void deliversAtOnce();
    void stopsAtLongLine();
    void stopsAtLargeEvent();
    void takesHostileBytes();
    void readsRecordedBodies();
};

void TestSseParser::frames_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QList<Frame>>("expected");
    const auto row = [](const char *title, const QByteArray &body, const QList<Frame> &expected) {
        QTest::newRow(title) << body << expected;
    };

    row("nothing", "", {});
    row("blank lines", "\n\r\n\r\r\n\n", {});
    row("LF", "data: a\n\ndata: b\n\n", { data("a"), data("b") });
    row("CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", { data("a"), data("b") });
    row("CR", "data: a\r\rdata: b\r\r", { data("a"), data("b") });
    row("mixed ends", "data: a\r\n\ndata: b\n\r\ndata: c\r\r\ndata: d\n\r",
        { data("a"), data("b"), data("c"), data("d") });
    row("byte order mark",
        "\xEF\xBB\xBF"
        "data: a\n\n",
        { data("a") });
    row("byte order mark only at the start",
        "data: a\n\n\xEF\xBB\xBF"
        "data: b\n\n",
        { data("a"),
          stray("\xEF\xBB\xBF"
                "data: b") });
    row("no space", "data:{\"a\":1}\n\n", { data("{\"a\":1}") });
    row("one space only is dropped", "data:   a \n\n", { data("  a ") });
    row("several data lines", "data: a\ndata:\ndata: b\n\n", { data("a\n\nb") });
    row("empty data", "data\n\ndata:\n\ndata: \n\n", { data(""), data(""), data("") });
    row("names", "event: ping\ndata: a\n\ndata: b\n\nevent:x\nevent: y\ndata: c\n\n",
        { data("a", "ping"), data("b"), data("c", "y") });
    row("a name without data is no event", "event: ping\n\ndata: a\n\n", { data("a") });
    row("id and retry", "id: 7\nretry: 10\ndata: a\nid\nretry\n\nid: 8\n\n", { data("a") });
    row("comments", ": OPENROUTER PROCESSING\n\n:\n:no space\ndata: a\n: in an event\ndata: b\n\n",
        { comment("OPENROUTER PROCESSING"), comment(""), comment("no space"), comment("in an event"), data("a\nb") });
    row("colons in the value", "data: a:b: c\n\n", { data("a:b: c") });
    row("unterminated event", "data: a\n\ndata: b\n", { data("a"), data("b") });
    row("unterminated line", "data: a\n\nevent: e\ndata: b", { data("a"), data("b", "e") });
    row("unterminated comment", ": a", { comment("a") });
    row("ends in CR", "data: a\r", { data("a") });
    row("UTF-8", "data: \xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80\n\n", { data("\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80") });
    row("bytes that are no text", QByteArray("data: a\0b\xFF\n\n\0\n", 14),
        { data(QByteArray("a\0b\xFF", 4)), stray(QByteArray("\0", 1)) });
    row("unframed error line", "data: a\n\nerror: {\"code\":500}\n\n", { data("a"), stray("error: {\"code\":500}") });
    row("unframed error in an event", "data: a\nerror: {}\n\n", { data("a"), stray("error: {}") });
    row("unframed error before an event", "error: {}\ndata: a\n\n", { stray("error: {}"), data("a") });
    row("bare JSON", "data: a\n\n{\n  \"error\": {\n    \"code\": 503\n  }\n}\n",
        { data("a"), stray("{\n  \"error\": {\n    \"code\": 503\n  }\n}") });
    row("bare JSON, CRLF, unterminated", "data: a\r\n\r\n{\r\n  \"error\": 1\r\n}",
        { data("a"), stray("{\n  \"error\": 1\n}") });
    row("only JSON", "{\"error\":{\"message\":\"no\"}}", { stray("{\"error\":{\"message\":\"no\"}}") });
    row("nearly a field", "Data: a\n\n data: b\n\ndatax\n\n", { stray("Data: a"), stray(" data: b"), stray("datax") });
    row("done", "data: {}\n\ndata: [DONE]\n\n", { data("{}"), data("[DONE]") });
}

void TestSseParser::frames()
{
    QFETCH(QByteArray, body);
    QFETCH(QList<Frame>, expected);
    QCOMPARE(flat(parseSplit<SseParser>(body, {})), flat(expected));
    const auto cuts = splitThatDiffers<SseParser>(body, expected);
    QVERIFY2(!cuts, cuts ? flat(parseSplit<SseParser>(body, *cuts)).constData() : "");
}

void TestSseParser::deliversAtOnce()
{
    SseParser parser;
    QVERIFY(parser.feed("data: a\n").isEmpty());
    QCOMPARE(parser.feed("\n"), QList<Frame> { data("a") });
    QCOMPARE(parser.feed("data: b\r\r"), QList<Frame> { data("b") });
    QVERIFY(parser.feed("\n").isEmpty());
    QCOMPARE(parser.feed(": c\n"), QList<Frame> { comment("c") });
    QVERIFY(parser.end().isEmpty());
    QVERIFY(!parser.error());
}

void TestSseParser::stopsAtLongLine()
{
    const ParserLimits limits { .line = 16, .event = 1024 };
    for (const qsizetype step : { 1, 5, 100 }) {
        SseParser parser(limits);
        QList<Frame> frames;
        const QByteArray body = "data: 0123456789\n\ndata: 01234567890\n\ndata: never\n\n";
        for (qsizetype at = 0; at < body.size(); at += step)
            frames += parser.feed(QByteArrayView(body).sliced(at, qMin(step, body.size() - at)));
        frames += parser.end();
        QCOMPARE(flat(frames), flat({ data("0123456789") }));
        QVERIFY(parser.error());
        QCOMPARE(parser.error()->kind, ErrorKind::TooLarge);
        QVERIFY(parser.error()->message.contains(QLatin1String("line of more than 16 bytes")));
    }
}

void TestSseParser::stopsAtLargeEvent()
{
    for (const QByteArray &prefix : { QByteArray("data: "), QByteArray("{") }) {
        SseParser parser({ .line = 1024, .event = 20 });
        QVERIFY(parser.feed(prefix + "0123456\n" + prefix + "01\n").isEmpty());
        QVERIFY(!parser.error());
        QVERIFY(parser.feed(prefix + "01234567890\n\ndata: never\n\n").isEmpty());
        QVERIFY(parser.error());
        QCOMPARE(parser.error()->kind, ErrorKind::TooLarge);
        QVERIFY(parser.error()->message.contains(QLatin1String("an event of more than 20 bytes")));
        QVERIFY(parser.feed("data: a\n\n").isEmpty());
        QVERIFY(parser.end().isEmpty());
    }
}

void TestSseParser::takesHostileBytes()
{
    QRandomGenerator random(1);
    constexpr char letters[] = "\r\n: dataevn\xEF\xBB\xBF\0{\"";
    const QByteArray alphabet(letters, sizeof letters - 1);
    for (int round = 0; round < 300; ++round) {
        QByteArray body;
        for (int i = 0; i < 120; ++i)
            body += alphabet[random.bounded(int(alphabet.size()))];
        const QList<Frame> whole = parseSplit<SseParser>(body, {});
        QList<qsizetype> everywhere;
        for (qsizetype at = 0; at <= body.size(); ++at)
            everywhere.append(at);
        QCOMPARE(flat(parseSplit<SseParser>(body, everywhere)), flat(whole));
    }
}

void TestSseParser::readsRecordedBodies()
{
    const QDir fixtures(QStringLiteral(FIXTURES_DIR));
    if (!fixtures.exists())
        QSKIP("the recorded bodies are not here");
    int bodies = 0;
    for (const QFileInfo &info : fixtures.entryInfoList({ QStringLiteral("*.sse") }, QDir::Files)) {
        QFile file(info.filePath());
        QVERIFY(file.open(QFile::ReadOnly));
        const QByteArray body = file.readAll();
        const QList<Frame> whole = parseSplit<SseParser>(body, {});
        QVERIFY2(!whole.isEmpty() || body.trimmed().isEmpty(), qPrintable(info.fileName()));
        QList<qsizetype> everywhere;
        for (qsizetype at = 0; at <= body.size(); at += 7)
            everywhere.append(at);
        QVERIFY2(parseSplit<SseParser>(body, everywhere) == whole, qPrintable(info.fileName()));
        ++bodies;
    }
    if (bodies == 0)
        QSKIP("no recorded event stream is here");
}

QTEST_GUILESS_MAIN(TestSseParser)
#include "tst_sseparser.moc"
