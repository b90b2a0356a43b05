#include "core/config/settings.h"
#include "core/cost/budget.h"
#include "core/simulator/simulator.h"
#include "tests/app/commandline.h"

#include <QTest>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;

/// `talkbench chat --fit` and `--messages`, as a shell sees them.
class TestFitCommand final : public QObject {
    Q_OBJECT

private:
    Output run(const QStringList &arguments) const { return m_shell->run(arguments); }
    static QStringList chat(const QUrl &url, const QStringList &more)
    {
        return QStringList { u"chat"_s, u"--base-url"_s, url.toString(), u"--model"_s, u"sim-small"_s } + more;
    }

    /// Turns of about 200 tokens.
    QString conversation(int turns = 6) const
    {
        QJsonArray messages;
        for (int turn = 0; turn < turns; ++turn) {
            messages.append(
                QJsonObject { { u"role"_s, u"user"_s },
                              { u"content"_s, u"Question %1. "_s.arg(turn) + u"Tell of the sea. "_s.repeated(20) } });
            messages.append(QJsonObject {
                { u"role"_s, u"assistant"_s },
                { u"content"_s,
                  QJsonArray { QJsonObject { { u"type"_s, u"text"_s },
                                             { u"text"_s, u"The sea is deep and wide. "_s.repeated(20) } } } } });
        }
        return m_shell->write(u"before.json"_s, QJsonDocument(messages).toJson());
    }
    /// Goes on in that conversation, with room for about half of six turns.
    Output goOn(const QUrl &url, const QStringList &more, int turns = 6) const
    {
        return run(chat(url,
                        QStringList { u"--json"_s, u"--max-tokens"_s, u"100"_s, u"--messages"_s, conversation(turns),
                                      u"--context-limit"_s, u"1300"_s }
                            + more + QStringList { u"And now?"_s }));
    }
    static qint64 inputOf(const Output &output) { return output.json()["usage"_L1]["input"_L1].toInteger(); }

    std::unique_ptr<CommandLine> m_shell;
    std::unique_ptr<simulator::Simulator> m_simulator;
    QUrl m_url;

private Q_SLOTS:
    void initTestCase()
    {
        m_simulator = std::make_unique<simulator::Simulator>(fastKnobs());
        const auto url = m_simulator->start();
        QVERIFY(url);
        m_url = *url;
    }
    void init() { m_shell = std::make_unique<CommandLine>(); }

    void aLongPromptIsMadeToFit()
    {
        QString text;
        for (int i = 0; i < 400; ++i)
            text += u"Sentence number %1 says something of the sea. "_s.arg(i);
        const auto ask = [&](const QStringList &more) {
            return run(chat(m_url,
                            QStringList { u"--json"_s, u"--max-tokens"_s, u"100"_s, u"--system"_s, u"Be brief."_s }
                                + more + QStringList { text }));
        };
        const Output whole = ask({});
        const qint64 all = whole.json()["usage"_L1]["input"_L1].toInteger();
        QVERIFY2(all > 2'000, qPrintable(whole.text));
        QVERIFY(!whole.errors.contains(u"left out"_s));
        const Output cut = ask({ u"--fit"_s, u"cut"_s, u"--context-limit"_s, u"1100"_s });
        QVERIFY2(cut.errors.contains(u"the longest message was cut"_s), qPrintable(cut.errors));
        const qint64 sent = cut.json()["usage"_L1]["input"_L1].toInteger();
        QVERIFY2(sent > 500 && sent <= 1'000, qPrintable(QString::number(sent)));
        // One turn can't be dropped.
        const Output drop = ask({ u"--fit"_s, u"drop"_s, u"--context-limit"_s, u"1100"_s });
        QCOMPARE(drop.code, 1);
        QCOMPARE(drop.json()["error"_L1]["kind"_L1].toString(), u"context_too_long"_s);
        QCOMPARE(
            ask({ u"--fit"_s, u"off"_s, u"--context-limit"_s, u"1100"_s }).json()["usage"_L1]["input"_L1].toInteger(),
            all);
        QVERIFY(ask({ u"--fit"_s, u"drop"_s }).errors.contains(u"--context-limit"_s));
        const Output nobody = ask({ u"--fit"_s, u"summarise"_s, u"--context-limit"_s, u"1100"_s });
        QVERIFY2(nobody.errors.contains(u"--summary-model"_s), qPrintable(nobody.errors));
        QCOMPARE(ask({ u"--fit"_s, u"shrink"_s }).code, 2);
        QCOMPARE(ask({ u"--fit"_s, u"drop"_s, u"--summary-model"_s, u"a/b"_s }).code, 2);
        QCOMPARE(ask({ u"--fit"_s, u"summarise"_s, u"--summary-model"_s, u"nothing"_s }).code, 2);
        QCOMPARE(ask({ u"--fit"_s, u"cut"_s, u"--context-limit"_s, u"0"_s }).code, 2);
    }

    void aConversationGoesOn()
    {
        const Output alone = run(chat(m_url, { u"--json"_s, u"And now?"_s }));
        const Output all = goOn(m_url, {});
        QVERIFY2(all.code == 0 || all.json()["finish_reason"_L1].toString() == "length"_L1, qPrintable(all.errors));
        QVERIFY(inputOf(all) > inputOf(alone) + 1'000);
        const Output dropped = goOn(m_url, { u"--fit"_s, u"drop"_s });
        QVERIFY2(dropped.errors.contains(u"were left out"_s), qPrintable(dropped.errors));
        QVERIFY(inputOf(dropped) > inputOf(alone) && inputOf(dropped) <= 1'200);
    }

    /// Its server lists no contexts, and needs not even be there.
    void theTableKnowsTheContext()
    {
        const QStringList goOnFrom {
            u"chat"_s,    u"--provider"_s, u"openai"_s,       u"--base-url"_s, u"http://127.0.0.1:9"_s,
            u"--model"_s, u"gpt-4"_s,      u"--max-tokens"_s, u"100"_s,        u"--fit"_s,
            u"drop"_s,    u"--messages"_s, conversation(60),  u"And now?"_s
        };
        const Output table = run(goOnFrom);
        QVERIFY2(table.errors.contains(u"were left out"_s) && table.errors.contains(u"8092 have room"_s),
                 qPrintable(table.errors));
        const Output said = run(goOnFrom + QStringList { u"--context-limit"_s, u"3000"_s });
        QVERIFY2(said.errors.contains(u"2900 have room"_s), qPrintable(said.errors));
    }

    void whatCannotBeSentIsRefused_data()
    {
        QTest::addColumn<QByteArray>("messages");
        QTest::addColumn<QString>("why");
        QTest::newRow("not JSON") << QByteArray("Hello") << QString();
        QTest::newRow("none") << QByteArray("[]") << u"holds no messages"_s;
        QTest::newRow("no role") << QByteArray(R"([{"content":"Hello"}])") << u"no known role"_s;
        QTest::newRow("no content") << QByteArray(R"([{"role":"user"}])") << u"no content"_s;
        QTest::newRow("a picture elsewhere")
            << QByteArray(R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"picture.png"}}]}])")
            << u"not in the file"_s;
        QTest::newRow("no picture") << QByteArray(
            R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}])")
                                    << u"no PNG"_s;
    }
    void whatCannotBeSentIsRefused()
    {
        QFETCH(QByteArray, messages);
        QFETCH(QString, why);
        const Output output = run(chat(m_url, { u"--messages"_s, m_shell->write(u"m.json"_s, messages), u"Hello"_s }));
        QCOMPARE(output.code, 2);
        QVERIFY2(!output.errors.isEmpty() && output.errors.contains(why), qPrintable(output.errors));
    }

    void aDeveloperSpeaksAsTheSystem()
    {
        const QByteArray messages = R"([{"role":"developer","content":"Be brief."},{"role":"user","content":"Hello"},)"
                                    R"({"role":"assistant","content":"Hi"}])";
        const Output output = run(chat(
            m_url,
            { u"--max-tokens"_s, u"4000"_s, u"--messages"_s, m_shell->write(u"m.json"_s, messages), u"And now?"_s }));
        QVERIFY2(output.code == 0, qPrintable(output.errors));
    }

    void aSummaryTakesThePlaceOfOlderTurns()
    {
        const Output summed = goOn(m_url, { u"--fit"_s, u"summarise"_s, u"--summary-model"_s, u"custom/sim-small"_s });
        QVERIFY2(summed.errors.contains(u"asking custom/sim-small for a summary"_s)
                     && summed.errors.contains(u"become a summary"_s) && !summed.errors.contains(u"no summary"_s),
                 qPrintable(summed.errors));
        QVERIFY(inputOf(summed) <= 1'200);
        const QJsonArray runs = m_shell->runs();
        QCOMPARE(runs.size(), 2);
        QStringList operations;
        for (const auto &run : runs)
            operations << run["operation"_L1].toString();
        operations.sort();
        QCOMPARE(operations, (QStringList { u"chat"_s, u"summary"_s }));
    }

    /// Whose server refuses what is longer than its context.
    void aLongConversationIsSummedUpByASmallModel()
    {
        simulator::Knobs knobs = fastKnobs();
        knobs.context = 1'300;
        simulator::Simulator strict(knobs);
        const auto url = strict.start();
        QVERIFY(url);
        const Output summed =
            goOn(*url, { u"--fit"_s, u"summarise"_s, u"--summary-model"_s, u"custom/sim-small"_s }, 20);
        QVERIFY2(summed.errors.contains(u"become a summary. The summary leaves out the "_s)
                     && !summed.errors.contains(u"no summary"_s),
                 qPrintable(summed.errors));
        QCOMPARE(m_shell->runs().size(), 2);
    }

    void withoutASummaryTheOldestGo()
    {
        // A server of its own that nobody has configured: its address is a placeholder.
        const Output nobody = goOn(m_url, { u"--fit"_s, u"summarise"_s, u"--summary-model"_s, u"azure/knows"_s });
        QVERIFY2(nobody.errors.contains(u"There is no summary of the older turns: "_s), qPrintable(nobody.errors));
        QVERIFY(inputOf(nobody) > 0 && inputOf(nobody) <= 1'200);
        QCOMPARE(m_shell->runs().size(), 1);
    }

    void whoIsNotThereIsNotAsked()
    {
        const Output nobody = goOn(m_url, { u"--fit"_s, u"summarise"_s, u"--summary-model"_s, u"nobody/knows"_s });
        QCOMPARE(nobody.code, 2);
        QVERIFY2(nobody.errors.contains(u"nobody/knows can't sum up: There is no provider 'nobody'"_s),
                 qPrintable(nobody.errors));
        QCOMPARE(m_shell->runs().size(), 0);
    }

    void aBudgetHoldsForTheSummaryToo()
    {
        {
            config::Settings settings(m_shell->dataDir());
            QVERIFY(settings.setValue(
                "budgets",
                cost::toSetting({ { cost::BudgetScope::Call, u"simulator"_s, 1e-9, cost::BudgetAction::Refuse } })));
        }
        const Output output =
            goOn(m_url, { u"--fit"_s, u"summarise"_s, u"--summary-model"_s, u"simulator/sim-small"_s });
        QVERIFY2(output.errors.contains(u"no summary of the older turns: "_s)
                     && output.errors.contains(u"budget"_s, Qt::CaseInsensitive),
                 qPrintable(output.errors));
        QCOMPARE(m_shell->runs().size(), 1);
    }

    /// Its server knows better: it is asked once, and its refusal stands.
    void whatIsTooLongNeverthelessIsSaidOnce()
    {
        simulator::Knobs knobs;
        knobs.context = 100;
        simulator::Simulator strict(knobs);
        const auto url = strict.start();
        QVERIFY(url);
        const Output output = goOn(*url, { u"--fit"_s, u"drop"_s });
        QCOMPARE(output.code, 1);
        QCOMPARE(output.json()["error"_L1]["kind"_L1].toString(), u"context_too_long"_s);
        QCOMPARE(output.json()["attempts"_L1].toInt(), 1);
        QVERIFY2(output.errors.contains(u"were left out"_s), qPrintable(output.errors));
        QCOMPARE(m_shell->runs().size(), 1);
    }
};

QTEST_GUILESS_MAIN(TestFitCommand)
#include "tst_fitcommand.moc"
