#include "core/bench/batchexport.h"
#include "core/bench/batchjournal.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/resource.h>

using namespace talkbench;
using namespace talkbench::bench;
using namespace Qt::StringLiterals;

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
        QCOMPARE(batchCsv(journal).count("\r\n"), 3);
    }

    void halfALineIsCutOff()
    {
        const QTemporaryDir dir;
        const QByteArray whole = "{\"key\":\"a\",\"ok\":true}\n{\"key\":\"b\",\"ok\":true}\n";
        const qsizetype firstLine = whole.indexOf('\n') + 1;
        for (qsizetype size = 0; size <= whole.size(); ++size) {
            const QString path = dir.filePath(QString::number(size));
            {
                QFile file(path);
                QVERIFY(file.open(QIODevice::WriteOnly));
                file.write(whole.first(size));
            }
            BatchJournal journal;
            QVERIFY(journal.open(path));
            QCOMPARE(journal.entries().size(), size < firstLine ? 0 : size < whole.size() ? 1 : 2);
            QVERIFY(journal.append({ { u"key"_s, u"c"_s }, { u"ok"_s, true } }));
            QFile file(path);
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QList<QByteArray> lines = file.readAll().split('\n');
            QCOMPARE(lines.size(), journal.entries().size() + 1);
            QVERIFY(lines[lines.size() - 2].contains("\"c\""));
        }
    }

    void anotherFileIsNotTouched()
    {
        const QTemporaryDir dir;
        const QString path = dir.filePath(u"diary.txt"_s);
        const QByteArray diary = "dear diary\nno newline at the end";
        {
            QFile file(path);
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(diary);
        }
        BatchJournal journal;
        const auto opened = journal.open(path);
        QVERIFY(!opened);
        QVERIFY(opened.error().message.contains(path));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), diary);
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
