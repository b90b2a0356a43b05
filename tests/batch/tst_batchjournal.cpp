#include "core/bench/batchexport.h"
#include "core/bench/batchjournal.h"
#include "core/bench/batchplan.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace talkbench;
using namespace talkbench::bench;
using namespace Qt::StringLiterals;

namespace {

void put(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("%s can't be written", qPrintable(path));
}

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestBatchJournal : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsEachResult()
    {
        const QTemporaryDir dir;
        const QString path = dir.filePath(u"r.jsonl"_s);
        {
            BatchJournal journal;
            QVERIFY(journal.open(path));
            QVERIFY(journal.append({ { u"key"_s, u"a"_s }, { u"ok"_s, false } }));
            QVERIFY(journal.append({ { u"key"_s, u"b"_s }, { u"ok"_s, true }, { u"text"_s, u"two\nlines"_s } }));
            QVERIFY(journal.append({ { u"key"_s, u"a"_s }, { u"ok"_s, true } }));
        }
        BatchJournal journal;
        QVERIFY(journal.open(path));
        QCOMPARE(journal.entries().size(), 2);
        QVERIFY(journal.entries()[u"a"_s].ok); // the last one counts
        QCOMPARE(journal.row(journal.entries()[u"b"_s])[u"text"_s].toString(), u"two\nlines"_s);
        const QByteArray csv = batchCsv(journal, { { u"b"_s, u"now"_s }, { u"not asked yet"_s, u"x"_s } });
        QCOMPARE(csv.count("\r\n"), 2); // of no other batch that the file has
        QVERIFY(csv.contains("\r\nnow,")); // by its present name
    }

    void aTableTakesNothingsPlace()
    {
        const QTemporaryDir dir;
        const QString prompts = dir.filePath(u"p.txt"_s);
        const QString results = dir.filePath(u"r.jsonl"_s);
        QVERIFY(checkExport(dir.filePath(u"t.csv"_s), prompts, results));
        QVERIFY(checkExport({}, prompts, results));
        QVERIFY(!checkExport(prompts, prompts, results));
        put(results, "");
        const QString link = dir.filePath(u"link.csv"_s);
        QVERIFY(QFile::link(results, link));
        QVERIFY(!checkExport(link, prompts, results));
    }

    void aKeptAnswerIsMarked()
    {
        const QTemporaryDir dir;
        profile::RunRecord record;
        BatchJournal journal;
        QVERIFY(journal.open(dir.filePath(u"r.jsonl"_s)));
        QVERIFY(journal.append(rowOf(u"a"_s, { .id = u"p1"_s, .text = {} }, record)));
        record.cached = true;
        QVERIFY(journal.append(rowOf(u"b"_s, { .id = u"p2"_s, .text = {} }, record)));
        QCOMPARE(journal.row(journal.entries()[u"a"_s])["cached"_L1], QJsonValue(false));
        QCOMPARE(journal.row(journal.entries()[u"b"_s])["cached"_L1], QJsonValue(true));
        const QList<QByteArray> lines = batchCsv(journal, { { u"a"_s, u"p1"_s }, { u"b"_s, u"p2"_s } }).split('\n');
        const qsizetype at = lines[0].trimmed().split(',').indexOf("cached");
        QVERIFY(at > 0);
        QCOMPARE(lines[1].trimmed().split(',').at(at), "false");
        QCOMPARE(lines[2].trimmed().split(',').at(at), "true");
    }

    void halfARowIsCutOff()
    {
        const QTemporaryDir dir;
        const QByteArray whole = "{\"key\":\"a\",\"ok\":true}\n{\"key\":\"b\",\"ok\":true}\n";
        const qsizetype firstRow = whole.indexOf('\n');
        for (qsizetype size = firstRow; size <= whole.size(); ++size) {
            const QString path = dir.filePath(QString::number(size));
            put(path, whole.first(size));
            BatchJournal journal;
            QVERIFY(journal.open(path));
            QCOMPARE(journal.entries().size(), size < whole.size() - 1 ? 1 : 2);
            QCOMPARE(contents(path), whole.first(size)); // until something is to be written
            QVERIFY(journal.append({ { u"key"_s, u"c"_s }, { u"ok"_s, true } }));
            const QList<QByteArray> lines = contents(path).split('\n');
            QCOMPARE(lines.size(), journal.entries().size() + 1);
            QVERIFY(lines[lines.size() - 2].contains("\"c\""));
            for (const BatchJournal::Entry &entry : journal.entries())
                QVERIFY(journal.row(entry)[u"ok"_s].toBool());
        }
    }

    /// An editor leaves other ends of lines, or none.
    void anEditedJournalGoesOn()
    {
        const QTemporaryDir dir;
        const QString path = dir.filePath(u"r.jsonl"_s);
        put(path, "{\"key\":\"a\",\"ok\":true}\r\n\r\n{\"ok\":false,\"key\":\"b\"}");
        {
            BatchJournal journal;
            QVERIFY(journal.open(path));
            QCOMPARE(journal.entries().size(), 2);
            QVERIFY(journal.append({ { u"key"_s, u"c"_s }, { u"ok"_s, true } }));
            QVERIFY(journal.append({ { u"key"_s, u"d"_s }, { u"ok"_s, true } }));
        }
        BatchJournal journal;
        QVERIFY(journal.open(path));
        QCOMPARE(journal.entries().size(), 4);
        QCOMPARE(journal.row(journal.entries()[u"c"_s])[u"key"_s].toString(), u"c"_s);
    }

    void anotherFileIsNotTouched_data()
    {
        QTest::addColumn<QByteArray>("text");
        const QByteArray row = "{\"key\":\"a\",\"ok\":true}\n";
        QTest::newRow("text") << QByteArray("dear diary\nno newline at the end");
        QTest::newRow("one line") << QByteArray("dear diary");
        QTest::newRow("JSON of one line") << QByteArray("{\"important\":\"x\"}");
        QTest::newRow("half a row and no other") << QByteArray("{\"key\":\"a\",\"o");
        QTest::newRow("prompts") << QByteArray("{\"key\":\"a\",\"prompt\":\"b\"}\n");
        QTest::newRow("binary") << QByteArray("\x7f"
                                              "ELF\0\1\0\0",
                                              8);
        QTest::newRow("broken in the middle") << row + "{\"key\":\"b\",\"o\n" + row;
        QTest::newRow("JSON after a row") << row + "{\"important\":\"x\"}";
        QTest::newRow("text after a row") << row + "dear diary";
    }

    void anotherFileIsNotTouched()
    {
        QFETCH(QByteArray, text);
        const QTemporaryDir dir;
        const QString path = dir.filePath(u"diary.txt"_s);
        put(path, text);
        BatchJournal journal;
        const auto opened = journal.open(path);
        QVERIFY(!opened);
        QVERIFY(opened.error().message.contains(path));
        QCOMPARE(contents(path), text);
        QVERIFY(!BatchJournal().look(path));
        QCOMPARE(contents(path), text);
    }

    void lookingChangesNothing()
    {
        const QTemporaryDir dir;
        const QString path = dir.filePath(u"r.jsonl"_s);
        QVERIFY(!BatchJournal().look(path));
        QVERIFY(!QFile::exists(path));
        BatchJournal writer;
        QVERIFY(writer.open(path));
        QVERIFY(writer.append({ { u"key"_s, u"a"_s }, { u"ok"_s, true } }));
        BatchJournal journal;
        QVERIFY(journal.look(path)); // while another writes it
        QCOMPARE(journal.row(journal.entries()[u"a"_s])[u"key"_s].toString(), u"a"_s);
        QVERIFY(!journal.append({ { u"key"_s, u"b"_s }, { u"ok"_s, true } }));
        QCOMPARE(contents(path).count('\n'), 1);
    }

    void aPipeIsRefused()
    {
        const QTemporaryDir dir;
        const QString path = dir.filePath(u"pipe"_s);
        QCOMPARE(::mkfifo(qPrintable(path), 0600), 0);
        QVERIFY(!BatchJournal().look(path)); // which would wait for ever
        QVERIFY(!BatchJournal().open(path));
    }

    void oneProcessAtATime()
    {
        const QTemporaryDir dir;
        BatchJournal first;
        QVERIFY(first.open(dir.filePath(u"r.jsonl"_s)));
        BatchJournal second;
        const auto opened = second.open(dir.filePath(u"r.jsonl"_s));
        QVERIFY(!opened);
        QVERIFY(opened.error().message.contains(u"Another"_s));
    }

    void aFolderCannotBeWritten()
    {
        const QTemporaryDir dir;
        BatchJournal journal;
        const auto opened = journal.open(dir.path());
        QVERIFY(!opened);
        QCOMPARE(opened.error().kind, base::ErrorKind::Storage);
    }

    /// A file that may not grow is to a process what a full disk is.
    void aFullDiskIsSaid()
    {
        const QTemporaryDir dir;
        BatchJournal journal;
        QVERIFY(journal.open(dir.filePath(u"r.jsonl"_s)));
        QVERIFY(journal.append({ { u"key"_s, u"a"_s }, { u"ok"_s, true } }));
        const qint64 before = QFileInfo(journal.path()).size();
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit unlimited {};
        getrlimit(RLIMIT_FSIZE, &unlimited);
        const rlimit full { static_cast<rlim_t>(before) + 10, unlimited.rlim_max };
        setrlimit(RLIMIT_FSIZE, &full);
        const auto kept = journal.append({ { u"key"_s, u"b"_s }, { u"ok"_s, true } }); // a part of it fits
        setrlimit(RLIMIT_FSIZE, &unlimited);
        QVERIFY(!kept);
        QVERIFY2(kept.error().message.contains(u"File too large"_s), qPrintable(kept.error().message));
        QCOMPARE(QFileInfo(journal.path()).size(), before);
        QVERIFY(journal.append({ { u"key"_s, u"c"_s }, { u"ok"_s, true } }));
        QCOMPARE(journal.row(journal.entries()[u"c"_s])[u"key"_s].toString(), u"c"_s);
    }
};

QTEST_GUILESS_MAIN(TestBatchJournal)

#include "tst_batchjournal.moc"
