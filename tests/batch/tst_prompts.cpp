#include "core/base/csv.h"
#include "core/bench/microbatch.h"
#include "core/bench/prompts.h"
#include "tests/runservice/faketransport.h"

#include <QTest>

using namespace talkbench;
using namespace talkbench::bench;
using namespace Qt::StringLiterals;

class TestPrompts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void formatsByEnding()
    {
        QCOMPARE(promptFormatOf(u"a/b.JSONL"_s), PromptFormat::JsonLines);
        QCOMPARE(promptFormatOf(u"b.ndjson"_s), PromptFormat::JsonLines);
        QCOMPARE(promptFormatOf(u"b.csv"_s), PromptFormat::Csv);
        QCOMPARE(promptFormatOf(u"csv"_s), PromptFormat::Text);
    }

    void aPromptALine()
    {
        const auto prompts = readPrompts("\xEF\xBB\xBFone\r\n\n  \n two \xE2\x82\xAC", PromptFormat::Text, {});
        const QList<BatchPrompt> wanted { { u"1"_s, u"one"_s }, { u"4"_s, u"two €"_s } };
        QCOMPARE(*prompts, wanted);
    }

    void jsonLines()
    {
        const auto prompts = readPrompts(R"("plain, in quotes"
{"id":"x","prompt":"Hi","system":"Be brief."}
{"id":7,"word":"cat","n":2}
)",
                                         PromptFormat::JsonLines, {});
        QVERIFY(!prompts);
        QCOMPARE(prompts.error().message, u"Line 3: there is no 'prompt'."_s);
        const auto filled =
            readPrompts(R"({"id":7,"word":"cat","n":2,"list":[1,"b"],"deep":{"a":null}})", PromptFormat::JsonLines,
                        PromptTemplate(u"{{ n }} {{word}}s {{list}}{{deep}}"_s));
        QCOMPARE(filled->constFirst(), BatchPrompt({ u"7"_s, u"2 cats [1,\"b\"]{\"a\":null}"_s }));
    }

    void aValueIsNoTemplate()
    {
        const auto filled = PromptTemplate(u"{{a}}{{b}}"_s).filled({ { u"a"_s, u"{{b}}"_s }, { u"b"_s, u"x"_s } });
        QCOMPARE(*filled, u"{{b}}x"_s);
        QCOMPARE(PromptTemplate(u"{{b}} {{ größe }} {{b}} {no}"_s).names(), QStringList({ u"b"_s, u"größe"_s }));
    }

    void csvWithColumns()
    {
        const auto prompts = readPrompts("id,prompt,system\r\na,\"two\nlines, \"\"quoted\"\"\",\r\n\r\nb,Hi,Be brief.",
                                         PromptFormat::Csv, {});
        const QList<BatchPrompt> wanted { { u"a"_s, u"two\nlines, \"quoted\""_s },
                                          { u"b"_s, u"Hi"_s, u"Be brief."_s } };
        QCOMPARE(*prompts, wanted);
    }

    void csvKeepsWhatItWrites()
    {
        const QStringList texts { u"plain"_s, u"a,b"_s, u"say \"hi\""_s, u"two\nlines"_s, u""_s, u"ü€😀"_s };
        QStringList fields;
        for (const QString &text : texts)
            fields << base::csvField(text);
        QCOMPARE(*base::csvRows(fields.join(u',') + u"\r\n"_s), QList<QStringList> { texts });
    }

    void wrongInputIsNamed_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<int>("format");
        QTest::addColumn<QString>("message");
        const auto row = [](const char *name, const QByteArray &file, PromptFormat format, const QString &message) {
            QTest::newRow(name) << file << int(format) << message;
        };
        row("no UTF-8", "ok\n\xff\xfe", PromptFormat::Text, u"Line 2: The prompts are not text in UTF-8."_s);
        row("no JSON", "\"a\"\n{", PromptFormat::JsonLines, u"Line 2: that is not JSON"_s);
        row("a number", "12", PromptFormat::JsonLines, u"Line 1: a string or an object is wanted."_s);
        row("two values", "\"a\",\"b\"", PromptFormat::JsonLines, u"Line 1: a string or an object is wanted."_s);
        row("empty", "{\"prompt\":\" \"}", PromptFormat::JsonLines, u"Line 1: the prompt is empty."_s);
        row("too few columns", "prompt,id\nonly", PromptFormat::Csv, u"Line 2: 1 columns instead of 2."_s);
        row("open quote", "prompt\n\"never closed", PromptFormat::Csv, u"Line 2: a quotation mark is never closed."_s);
        row("null", "{\"prompt\":null}", PromptFormat::JsonLines, u"Line 1: there is no 'prompt'."_s);
        row("a column twice", "prompt, id,id \nHi,1,2", PromptFormat::Csv, u"Line 1: two columns are called 'id'."_s);
        row("no such column", "text\nhi", PromptFormat::Csv, u"Line 2: there is no 'prompt'."_s);
    }
    void wrongInputIsNamed()
    {
        QFETCH(QByteArray, file);
        QFETCH(int, format);
        QFETCH(QString, message);
        const auto prompts = readPrompts(file, PromptFormat(format), {});
        QVERIFY(!prompts);
        QVERIFY2(prompts.error().message.startsWith(message), qPrintable(prompts.error().message));
    }

    void collectsToSizeOrTime()
    {
        test::FakeClock clock;
        test::FakeScheduler scheduler(clock);
        MicroBatch collector(scheduler, 3, 50);
        QList<qsizetype> sizes;
        connect(&collector, &MicroBatch::ready, &collector,
                [&sizes](const QList<BatchPrompt> &prompts) { sizes << prompts.size(); });
        const QList<BatchPrompt> one { { u"1"_s, u"x"_s } };
        collector.add(one);
        scheduler.advance(40);
        collector.add(one);
        QCOMPARE(sizes, QList<qsizetype>());
        scheduler.advance(10); // after the first of them
        QCOMPARE(sizes, QList<qsizetype>({ 2 }));
        collector.add(one + one + one + one);
        QCOMPARE(sizes, QList<qsizetype>({ 2, 3 }));
        collector.flush();
        scheduler.advance(1'000);
        QCOMPARE(sizes, QList<qsizetype>({ 2, 3, 1 }));
    }
};

QTEST_GUILESS_MAIN(TestPrompts)

#include "tst_prompts.moc"
