#include "core/net/ndjsonparser.h"
#include "tests/net/splits.h"

#include <QTest>

using talkbench::base::ErrorKind;
using talkbench::base::Frame;
using talkbench::net::NdJsonParser;
using namespace talkbench::tests;

class TestNdJsonParser : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void frames_data();
    void frames();
    void stopsAtLongLine();
};

void TestNdJsonParser::frames_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArrayList>("expected");
    const auto row = [](const char *title, const QByteArray &body, const QByteArrayList &expected) {
        QTest::newRow(title) << body << expected;
    };

    row("nothing", "", {});
    row("LF", "{\"a\":1}\n{\"b\":2}\n", { "{\"a\":1}", "{\"b\":2}" });
    row("CRLF", "{\"a\":1}\r\n{\"b\":2}\r\n", { "{\"a\":1}", "{\"b\":2}" });
    row("CR", "{\"a\":1}\r{\"b\":2}\r", { "{\"a\":1}", "{\"b\":2}" });
    row("blank lines", "\n\r\n{}\n \t\n\n{}\n", { "{}", "{}" });
    row("unterminated", "{}\n{\"error\":\"no\"}", { "{}", "{\"error\":\"no\"}" });
    row("byte order mark", "\xEF\xBB\xBF{}\n\xEF\xBB\xBF{}\n", { "{}", "\xEF\xBB\xBF{}" });
    row("cut UTF-8 and no JSON", "{\"a\":\"\xE2\x82\"}\n<html>\n", { "{\"a\":\"\xE2\x82\"}", "<html>" });
}

void TestNdJsonParser::frames()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArrayList, expected);
    QList<Frame> frames;
    for (const QByteArray &line : expected)
        frames.append({ Frame::Kind::Event, {}, line });
    QCOMPARE(parseSplit<NdJsonParser>(body, {}), frames);
    QVERIFY(!splitThatDiffers<NdJsonParser>(body, frames));
}

void TestNdJsonParser::stopsAtLongLine()
{
    for (const bool terminated : { true, false }) {
        NdJsonParser parser({ .line = 8, .event = 8 });
        QCOMPARE(parser.feed("{\"a\":12}\n").size(), 1);
        QVERIFY(parser.feed("{\"a\"").isEmpty());
        QVERIFY(!parser.error());
        QVERIFY(parser.feed(terminated ? ":123}\n{}\n" : ":123}").isEmpty());
        QVERIFY(parser.error());
        QCOMPARE(parser.error()->kind, ErrorKind::TooLarge);
        QVERIFY(parser.feed("{}\n").isEmpty());
        QVERIFY(parser.end().isEmpty());
    }
}

QTEST_GUILESS_MAIN(TestNdJsonParser)
#include "tst_ndjsonparser.moc"
