#include "core/config/settings.h"
#include "core/simulator/simulator.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace talkbench;
using namespace Qt::StringLiterals;

/// `talkbench select` and `talkbench chat --model auto`, as a shell sees them. Of two servers one always refuses.
class TestChoiceCommands final : public QObject {
    Q_OBJECT

private:
    struct Output {
        int code = -1;
        QString text;
        QString errors;

        QJsonObject json() const { return QJsonDocument::fromJson(text.toUtf8()).object(); }
    };

    Output run(const QStringList &arguments) const
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"TALKBENCH_API_KEY"_s, u"sk-of-the-named-provider-only"_s);
        process.setProcessEnvironment(environment);
        process.start(QStringLiteral(TALKBENCH_EXECUTABLE), QStringList { u"--data-dir"_s, m_dir->path() } + arguments);
        if (!process.waitForFinished(60'000))
            return {};
        return { process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
                 QString::fromUtf8(process.readAllStandardError()) };
    }
    static config::ProviderConfig provider(const QString &id, const QUrl &url)
    {
        config::ProviderConfig provider;
        provider.id = provider.name = id;
        provider.protocol = u"openai-chat"_s;
        provider.baseUrl = QUrl(url.toString() + u"/v1"_s);
        return provider;
    }
    void set(const char *key, const QVariant &value) const
    {
        config::Settings settings(m_dir->path());
        QVERIFY(settings.load());
        QVERIFY(settings.setValue(key, value));
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    QList<config::ProviderConfig> m_providers;
    std::unique_ptr<simulator::Simulator> m_good;
    std::unique_ptr<simulator::Simulator> m_bad;

private Q_SLOTS:
    void initTestCase()
    {
        simulator::Knobs knobs;
        knobs.ttft = simulator::Spread { simulator::Spread::Shape::Constant, 5, 0 };
        knobs.gap = simulator::Spread { simulator::Spread::Shape::Constant, 1, 0 };
        knobs.tokens = 20;
        m_good = std::make_unique<simulator::Simulator>(knobs);
        knobs.errorStatus = 429;
        m_bad = std::make_unique<simulator::Simulator>(knobs);
        const auto good = m_good->start();
        const auto bad = m_bad->start();
        QVERIFY(good && bad);
        m_providers = { provider(u"bad"_s, *bad), provider(u"good"_s, *good) };
    }

    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        config::Settings settings(m_dir->path());
        QVERIFY(settings.load());
        QVERIFY(settings.setProviders(m_providers));
        QVERIFY(settings.setValue("retry/max_attempts", 1));
        QVERIFY(settings.setValue("select/candidates", u"bad/sim-small,good/sim-small"_s));
        QVERIFY(settings.setValue("select/strategy", u"fixed"_s));
    }

    void explainPrintsTheDecision()
    {
        const Output output = run({ u"select"_s, u"--explain"_s, u"Hello"_s, u"--strategy"_s, u"measured"_s });
        QCOMPARE(output.code, 0);
        const QJsonObject json = output.json();
        QVERIFY(QStringList({ u"bad/sim-small"_s, u"good/sim-small"_s }).contains(json["chosen"_L1].toString()));
        QVERIFY(!json["reason"_L1].toString().isEmpty());
        double sum = 0;
        const QJsonArray candidates = json["candidates"_L1].toArray();
        for (const auto &row : candidates)
            sum += row.toObject()["propensity"_L1].toDouble();
        QVERIFY(std::abs(sum - 1) < 1e-6);
    }

    void aRuleDecides()
    {
        set("select/rules", uR"([{"name":"code","has_code":true,"models":["good/sim-large"]}])"_s);
        const Output code = run({ u"select"_s, u"--explain"_s, u"```\nint x;\n```"_s });
        QCOMPARE(code.json()["chosen"_L1].toString(), u"good/sim-large"_s);
        QCOMPARE(code.json()["rule"_L1].toString(), u"code"_s);
        QCOMPARE(code.json()["rules"_L1][0]["matches"_L1], QJsonValue(true));
        const Output words = run({ u"select"_s, u"--explain"_s, u"Hello"_s });
        QCOMPARE(words.json()["chosen"_L1].toString(), u"bad/sim-small"_s);
    }

    void usageIsSaid_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("nothing") << QStringList {};
        QTest::newRow("both") << QStringList { u"--explain"_s, u"x"_s, u"--replay"_s };
        QTest::newRow("strategy") << QStringList { u"--explain"_s, u"x"_s, u"--strategy"_s, u"luck"_s };
        QTest::newRow("weights") << QStringList { u"--explain"_s, u"x"_s, u"--weights"_s, u"fast=-1"_s };
        QTest::newRow("candidates") << QStringList { u"--explain"_s, u"x"_s, u"--candidates"_s, u"nobody"_s };
        QTest::newRow("seed") << QStringList { u"--explain"_s, u"x"_s, u"--seed"_s, u"x"_s };
    }

    void usageIsSaid()
    {
        QFETCH(QStringList, arguments);
        const Output output = run(QStringList { u"select"_s } + arguments);
        QCOMPARE(output.code, 2);
        QVERIFY(output.text.isEmpty());
        QVERIFY(output.errors.startsWith(u"talkbench select: "_s));
    }

    void aRuleForAProviderThatIsGone()
    {
        set("select/rules", uR"([{"name":"all","models":["nowhere/x"]}])"_s);
        const Output output = run({ u"chat"_s, u"--model"_s, u"auto"_s, u"Hello"_s });
        QCOMPARE(output.code, 1);
        QVERIFY2(output.errors.contains(u"nowhere"_s), qPrintable(output.errors));
    }

    /// The first refuses: the second answers, everything says so, and the choice can be replayed.
    void autoAnswersByAnother()
    {
        const Output output = run({ u"chat"_s, u"--model"_s, u"auto"_s, u"--json"_s, u"Hello"_s });
        QVERIFY2(output.code == 0, qPrintable(output.errors));
        const QJsonObject json = output.json();
        QCOMPARE(json["provider"_L1].toString(), u"good"_s);
        QCOMPARE(json["decision"_L1]["chosen"_L1].toString(), u"bad/sim-small"_s);
        QVERIFY(json["fallbacks"_L1][0]["reason"_L1].toString().contains(u"trying good/sim-small"_s));
        QVERIFY2(output.errors.contains(u"auto: "_s), qPrintable(output.errors));
        QVERIFY2(output.errors.contains(u"rate_limited at bad/sim-small: trying good/sim-small"_s),
                 qPrintable(output.errors));
        const Output replay = run({ u"select"_s, u"--replay"_s });
        QCOMPARE(replay.code, 0);
        const QStringList lines = replay.text.split(u'\n');
        QVERIFY2(lines.filter(u"measured"_s).constFirst().simplified().split(u' ').value(1) == u"1"_s,
                 qPrintable(replay.text));
    }

    void aNamedModelHasItsOwnList()
    {
        const QStringList chat { u"chat"_s,      u"--provider"_s, u"bad"_s,  u"--model"_s,
                                 u"sim-small"_s, u"--json"_s,     u"Hello"_s };
        QCOMPARE(run(chat).json()["error"_L1]["kind"_L1].toString(), u"rate_limited"_s);
        set("select/fallbacks", QVariantMap { { u"bad/sim-small"_s, QStringList { u"good/sim-large"_s } } });
        const Output output = run(chat);
        QVERIFY2(output.code == 0, qPrintable(output.errors));
        QCOMPARE(output.json()["provider"_L1].toString(), u"good"_s);
        QVERIFY(output.json()["decision"_L1].isNull());
    }
};

QTEST_GUILESS_MAIN(TestChoiceCommands)
#include "tst_choicecommands.moc"
