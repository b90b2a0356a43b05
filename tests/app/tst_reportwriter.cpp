#include "app/reportwriter.h"
#include "core/config/settings.h"
#include "tests/profile/records.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace talkbench;
using namespace talkbench::app;
using namespace Qt::StringLiterals;

class TestReportWriter final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_records.clear();
    }

    void writesOnlyWhatIsNew()
    {
        const config::Settings settings(m_dir->path());
        ReportWriter writer(settings, m_dir->path(), source());
        writer.write();
        writer.wait();
        QVERIFY(QDir(m_dir->path()).isEmpty());
        m_records << profile::success(u"p"_s, u"m"_s);
        writer.write();
        writer.write();
        writer.wait();
        QCOMPARE(content().count("a test"), 1);
        m_records << profile::success(u"p"_s, u"n"_s);
        writer.write();
        writer.wait();
        QCOMPARE(content().count("a test"), 2);
    }

    void theLastOneIsWrittenAtTheEnd()
    {
        config::Settings settings(m_dir->path());
        m_records << profile::success(u"p"_s, u"m"_s);
        {
            const ReportWriter writer(settings, m_dir->path(), source());
        }
        QCOMPARE(content().count("a test"), 1);
        QVERIFY(settings.setValue("monitor/report_s", 0));
        m_records << profile::success(u"p"_s, u"m"_s);
        {
            const ReportWriter writer(settings, m_dir->path(), source());
        }
        QCOMPARE(content().count("a test"), 1); // off
    }

    void holdsNoWordsAndNoKeys()
    {
        const config::Settings settings(m_dir->path());
        profile::RunRecord record = profile::success(u"p"_s, u"sk-proj-SECRETsecret123"_s);
        record.answer.text = u"SECRET answer"_s;
        m_records << record;
        ReportWriter writer(settings, m_dir->path(), source());
        writer.write();
        writer.wait();
        QVERIFY(content().contains("a test"));
        QVERIFY(!content().contains("SECRET"));
    }

    void rotates()
    {
        const config::Settings settings(m_dir->path());
        for (const auto &name : { u"report.log"_s, u"report.log.1"_s }) {
            QFile file(m_dir->filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(QByteArray(ReportWriter::largestBytes, name == u"report.log"_s ? 'n' : 'o'));
        }
        m_records << profile::success(u"p"_s, u"m"_s);
        ReportWriter writer(settings, m_dir->path(), source());
        writer.write();
        writer.wait();
        QVERIFY(content().size() < 10'000);
        QCOMPARE(content(u"report.log.1"_s).at(0), 'n');
        QCOMPARE(QDir(m_dir->path()).entryList(QDir::Files).size(), 2);
    }

    void aFolderThatIsGoneStopsNothing()
    {
        const config::Settings settings(m_dir->path());
        m_records << profile::success(u"p"_s, u"m"_s);
        ReportWriter writer(settings, m_dir->filePath(u"gone"_s), source());
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"the report can't be written"_s));
        writer.write();
        writer.wait();
    }

private:
    ReportWriter::Source source()
    {
        return [this] {
            return profile::Report { u"a test"_s, profile::reportRows(m_records, profile::ReportBy::Model, 1) };
        };
    }

    QByteArray content(const QString &name = u"report.log"_s) const
    {
        QFile file(m_dir->filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    QList<profile::RunRecord> m_records;
};

QTEST_GUILESS_MAIN(TestReportWriter)
#include "tst_reportwriter.moc"
