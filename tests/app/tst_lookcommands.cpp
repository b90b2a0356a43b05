#include "tests/app/commandline.h"

#include <QDir>
#include <QTest>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;

/// `talkbench cache` and `tokens`, as a shell sees them: what they refuse and what they say.
class TestLookCommands final : public QObject {
    Q_OBJECT

private:
    Output run(const QStringList &arguments) const { return m_shell->run(arguments); }

    std::unique_ptr<CommandLine> m_shell;

private Q_SLOTS:
    void init() { m_shell = std::make_unique<CommandLine>(); }

    /// As of a shell's variable that is not set.
    void anEmptyNameClearsNothing_data()
    {
        QTest::addColumn<QString>("option");
        QTest::newRow("model") << u"--model"_s;
        QTest::newRow("conversation") << u"--conversation"_s;
    }
    void anEmptyNameClearsNothing()
    {
        QFETCH(QString, option);
        const QStringList chat { u"chat"_s, u"--max-tokens"_s, u"4000"_s, u"--temperature"_s, u"0"_s, u"Hello"_s };
        QCOMPARE(run(chat).code, 0);
        const Output output = run({ u"cache"_s, u"clear"_s, option, QString() });
        QCOMPARE(output.code, 2);
        QVERIFY2(output.errors.contains(option), qPrintable(output.errors));
        const Output stats = run({ u"cache"_s, u"stats"_s });
        QVERIFY2(stats.text.contains(u"answers  1\n"_s) && stats.text.contains(u" kB\n"_s), qPrintable(stats.text));
        QCOMPARE(run({ u"cache"_s, u"clear"_s }).text, u"1 answer cleared\n"_s);
        QCOMPARE(run({ u"cache"_s, u"clear"_s }).text, u"0 answers cleared\n"_s);
    }

    void aCacheThatCannotBeOpenedIsNotCleared()
    {
        QVERIFY(QDir().mkdir(m_shell->filePath(u"cache.db"_s)));
        const Output output = run({ u"cache"_s, u"clear"_s });
        QCOMPARE(output.code, 1);
        QVERIFY(output.text.isEmpty());
        QVERIFY2(output.errors.contains(u"could not be cleared"_s), qPrintable(output.errors));
    }

    void bytesThatAreNoTextAreSaid()
    {
        const auto count = [this](const QByteArray &bytes) {
            return run({ u"tokens"_s, u"--json"_s, m_shell->write(u"text"_s, bytes) });
        };
        const Output broken = count("Hello \xff\xfe world");
        QCOMPARE(broken.code, 0);
        QCOMPARE(broken.json()["exact"_L1], QJsonValue(false));
        QVERIFY2(broken.errors.contains(u"not UTF-8"_s), qPrintable(broken.errors));
        for (const QByteArray &text : { QByteArray("Gr\xc3\xb6\xc3\x9f"
                                                   "e"),
                                        QByteArray("\xef\xbb\xbfHello") }) {
            const Output whole = count(text);
            QCOMPARE(whole.json()["exact"_L1], QJsonValue(true));
            QVERIFY2(whole.errors.isEmpty(), qPrintable(whole.errors));
        }
    }
};

QTEST_GUILESS_MAIN(TestLookCommands)
#include "tst_lookcommands.moc"
