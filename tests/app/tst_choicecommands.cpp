#include "core/config/settings.h"
#include "core/cost/budget.h"
#include "core/simulator/simulator.h"
#include "core/store/store.h"
#include "tests/app/commandline.h"
#include "tests/select/runs.h"

#include <QDateTime>
#include <QFile>
#include <QTest>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;

/// `talkbench select` and `talkbench chat --model auto`, as a shell sees them. Of two servers one always refuses.
class TestChoiceCommands final : public QObject {
    Q_OBJECT

private:
    Output run(const QStringList &arguments) const
    {
        return m_shell->run(arguments, {}, u"sk-of-the-named-provider-only"_s);
    }
    static config::ProviderConfig provider(const QString &id, const QUrl &url)
    {
        config::ProviderConfig provider;
        provider.id = id;
        provider.name = id == u"bad"_s ? u"The Bad"_s : u"The Good"_s;
        provider.protocol = u"openai-chat"_s;
        provider.baseUrl = QUrl(url.toString() + u"/v1"_s);
        return provider;
    }
    void set(const char *key, const QVariant &value) const
    {
        config::Settings settings(m_shell->dataDir());
        QVERIFY(settings.load());
        QVERIFY(settings.setValue(key, value));
    }

    std::unique_ptr<CommandLine> m_shell;
    QList<config::ProviderConfig> m_providers;
    std::unique_ptr<simulator::Simulator> m_good;
    std::unique_ptr<simulator::Simulator> m_bad;

private Q_SLOTS:
    void initTestCase()
    {
        simulator::Knobs knobs = fastKnobs();
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
        m_shell = std::make_unique<CommandLine>();
        config::Settings settings(m_shell->dataDir());
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

    /// A chat learns from the newest 2,000 runs.
    void explainRestsOnWhatAChatRestsOn()
    {
        {
            store::Store store(m_shell->dataDir());
            store.open();
            const qint64 now = QDateTime::currentMSecsSinceEpoch();
            for (int i = 0; i < 2100; ++i) {
                profile::RunRecord record = test::answered({ u"good"_s, u"sim-small"_s }, now - 3'600'000 + i, 100);
                record.id = QString::number(i);
                store.saveRun(record);
            }
        }
        const QJsonObject json = run({ u"select"_s, u"--explain"_s, u"Hello"_s }).json();
        QCOMPARE(json["candidates"_L1][1]["model"_L1].toString(), u"good/sim-small"_s);
        QCOMPARE(json["candidates"_L1][1]["calls"_L1].toInt(), 2000);
        QCOMPARE(json["quality"_L1].toString(), u"balanced"_s);
    }

    void aProviderThatIsNotThereIsRefused()
    {
        const Output output = run({ u"select"_s, u"--explain"_s, u"Hello"_s, u"--candidates"_s, u"sm/nope,zz/q"_s });
        QCOMPARE(output.code, 1);
        QVERIFY(output.json()["chosen"_L1].isNull());
        QVERIFY2(output.text.contains(u"there is no provider 'sm'"_s), qPrintable(output.text));
    }

    void qualityIsKnownByName()
    {
        const QStringList explain {
            u"select"_s,     u"--explain"_s, u"Hello"_s,     u"--candidates"_s, u"good/sim-fast,good/sim-large"_s,
            u"--strategy"_s, u"measured"_s,  u"--weights"_s, u"good=1"_s
        };
        const QJsonObject json = run(explain).json();
        QVERIFY(json["candidates"_L1][1]["quality"_L1].toDouble() > json["candidates"_L1][0]["quality"_L1].toDouble());
        QVERIFY(json["candidates"_L1][1]["utility"_L1].toDouble() > json["candidates"_L1][0]["utility"_L1].toDouble());
    }

    void aListOfModelsIsKept()
    {
        const Output listed = run({ u"models"_s, u"--provider"_s, u"good"_s, u"--json"_s });
        QVERIFY2(listed.code == 0, qPrintable(listed.errors));
        store::Store store(m_shell->dataDir());
        auto lists = store.modelLists();
        lists.waitForFinished();
        const QList<store::ModelList> kept = *lists.result();
        QCOMPARE(kept.size(), 1);
        QCOMPARE(kept.first().providerId, u"good"_s);
        QVERIFY(!kept.first().models.isEmpty());
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

    void rulesKnowQualityTagsAndBudget()
    {
        set("select/rules", uR"([{"name":"fine","quality":"high","models":["good/sim-large"]},
            {"name":"work","tags":["work"],"models":["good/sim-large"]},
            {"name":"poor","budget_below":0.5,"models":["good/sim-large"]}])"_s);
        const QStringList explain { u"select"_s, u"--explain"_s, u"Hello"_s };
        QCOMPARE(run(explain).json()["rule"_L1].toString(), QString());
        QCOMPARE(run(explain + QStringList { u"--quality"_s, u"high"_s }).json()["rule"_L1].toString(), u"fine"_s);
        QCOMPARE(run(explain + QStringList { u"--tag"_s, u"work"_s }).json()["rule"_L1].toString(), u"work"_s);
        set("budgets", cost::toSetting({ { cost::BudgetScope::Day, {}, 0.4, cost::BudgetAction::Warn } }));
        const QJsonObject poor = run(explain).json();
        QCOMPARE(poor["rule"_L1].toString(), u"poor"_s);
        QCOMPARE(poor["budget_left_usd"_L1].toDouble(), 0.4);
        const Output chat = run({ u"chat"_s, u"--model"_s, u"auto"_s, u"--json"_s, u"Hello"_s });
        QVERIFY2(chat.code == 0, qPrintable(chat.errors));
        QCOMPARE(chat.json()["decision"_L1]["rule"_L1].toString(), u"poor"_s);
        const Output wrong = run({ u"chat"_s, u"--model"_s, u"auto"_s, u"--quality"_s, u"best"_s, u"Hello"_s });
        QCOMPARE(wrong.code, 2);
    }

    void aProviderWhoseBudgetIsUsedUpIsNotChosen()
    {
        const QStringList explain { u"select"_s, u"--explain"_s, u"Hello"_s };
        QCOMPARE(run(explain).json()["chosen"_L1].toString(), u"bad/sim-small"_s);
        set("budgets", cost::toSetting({ { cost::BudgetScope::Day, u"bad"_s, 0, cost::BudgetAction::Refuse } }));
        const QJsonObject decision = run(explain).json();
        QCOMPARE(decision["chosen"_L1].toString(), u"good/sim-small"_s);
        QVERIFY(decision["candidates"_L1][0]["excluded"_L1].toString().contains(u"is used up"_s));
        const Output chat = run({ u"chat"_s, u"--model"_s, u"auto"_s, u"--json"_s, u"Hello"_s });
        QVERIFY2(chat.code == 0, qPrintable(chat.errors));
        QCOMPARE(chat.json()["decision"_L1]["chosen"_L1].toString(), u"good/sim-small"_s);
    }

    void aRefusedKeyIsNotAskedAgainSoon()
    {
        simulator::Knobs knobs = fastKnobs();
        knobs.requireKey = u"another"_s;
        simulator::Simulator locked(knobs);
        const auto url = locked.start();
        QVERIFY(url);
        config::Settings settings(m_shell->dataDir());
        QVERIFY(settings.load());
        config::ProviderConfig keyless = provider(u"keyless"_s, *url);
        keyless.keys = { { {}, {}, u"TALKBENCH_NO_SUCH_KEY"_s } };
        QVERIFY(settings.setProviders(m_providers + QList { provider(u"locked"_s, *url), keyless }));
        QVERIFY(settings.setValue("select/candidates", u"keyless/m,locked/sim-small,good/sim-small"_s));
        QVERIFY(settings.flush());
        const QStringList chat { u"chat"_s, u"--model"_s, u"auto"_s, u"Hello"_s };
        const Output first = run(chat);
        QVERIFY2(first.code == 0, qPrintable(first.errors));
        QVERIFY2(first.errors.contains(u"refuses the key: asking sim-small of The Good instead"_s),
                 qPrintable(first.errors));
        const Output second = run(chat);
        QCOMPARE(second.code, 0);
        QVERIFY2(!second.errors.contains(u"refuses the key"_s), qPrintable(second.errors));
        const QJsonObject decision = run({ u"select"_s, u"--explain"_s, u"Hello"_s }).json();
        QVERIFY(decision["candidates"_L1][0]["excluded"_L1].toString().contains(u"TALKBENCH_NO_SUCH_KEY"_s));
        QVERIFY(decision["candidates"_L1][1]["excluded"_L1].toString().contains(u"refused the key"_s));
    }

    void aPromptThatIsTooLongGoesElsewhere()
    {
        simulator::Knobs knobs = fastKnobs();
        knobs.context = 50;
        simulator::Simulator small(knobs);
        const auto url = small.start();
        QVERIFY(url);
        config::Settings settings(m_shell->dataDir());
        QVERIFY(settings.load());
        QVERIFY(settings.setProviders(m_providers + QList { provider(u"short"_s, *url) }));
        const auto fallBackOn = [&settings](const QString &model) {
            settings.setValue("select/fallbacks", QVariantMap { { u"short/sim-small"_s, QStringList { model } } });
            QVERIFY(settings.flush());
        };
        const QStringList chat { u"chat"_s,    u"--provider"_s, u"short"_s,
                                 u"--model"_s, u"sim-small"_s,  u"Some more words than fit. "_s.repeated(20) };
        fallBackOn(u"good/sim-medium"_s);
        const Output answered = run(chat);
        QVERIFY2(answered.code == 0, qPrintable(answered.errors));
        QVERIFY2(answered.errors.contains(u"the prompt is too long for sim-small"_s), qPrintable(answered.errors));
        fallBackOn(u"short/sim-medium"_s);
        const Output failed = run(chat);
        QCOMPARE(failed.code, 1);
        QVERIFY2(failed.errors.contains(u"no model with a longer context is left"_s), qPrintable(failed.errors));
    }

    void aBatchChoosesForEachPrompt()
    {
        const QString prompts = m_shell->filePath(u"p.txt"_s);
        QFile file(prompts);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("one\ntwo\nthree\n");
        file.close();
        const QStringList batch { u"batch"_s, prompts, u"--model"_s, u"auto"_s, u"--json"_s };
        const Output done = run(batch);
        QVERIFY2(done.code == 0, qPrintable(done.errors));
        QCOMPARE(done.json()["ok"_L1].toInt(), 3);
        QFile results(m_shell->filePath(u"p.results.jsonl"_s));
        QVERIFY(results.open(QIODevice::ReadOnly));
        const QJsonObject row = QJsonDocument::fromJson(results.readLine()).object();
        QCOMPARE(row["provider"_L1].toString(), u"good"_s);
        QCOMPARE(row["model"_L1].toString(), u"sim-small"_s);
        QVERIFY(!row["decision"_L1]["reason"_L1].toString().isEmpty());
        QCOMPARE(run(batch).json()["from_before"_L1].toInt(), 3);
        const Output asOne = run(batch + QStringList { u"--via"_s, u"provider"_s });
        QCOMPARE(asOne.code, 2);
        QVERIFY(asOne.json()["error"_L1]["message"_L1].toString().contains(u"one model"_s));
    }

    void theLengthIsOfTheWholeConversation()
    {
        const QString path = m_shell->filePath(u"messages.json"_s);
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QJsonArray messages;
        for (int i = 0; i < 10; ++i)
            messages.append(QJsonObject { { u"role"_s, i % 2 == 0 ? u"user"_s : u"assistant"_s },
                                          { u"content"_s, u"Some words of a talk. "_s.repeated(100) } });
        file.write(QJsonDocument(messages).toJson());
        file.close();
        const QStringList explain { u"select"_s, u"--explain"_s, u"Hello"_s };
        QVERIFY(run(explain).json()["input_tokens"_L1].toInt() < 50);
        const Output whole = run(explain + QStringList { u"--messages"_s, path });
        QVERIFY2(whole.json()["input_tokens"_L1].toInt() > 3000, qPrintable(whole.errors));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"([{"role":"nobody","content":"x"}])");
        file.close();
        QCOMPARE(run(explain + QStringList { u"--messages"_s, path }).code, 2);
        QCOMPARE(run(explain + QStringList { u"--conversation"_s, u"none"_s }).code, 2);
    }

    /// Of a conversation in the store, against contexts that the servers have told.
    void aStoredConversationIsMeasured()
    {
        {
            store::Store store(m_shell->dataDir());
            store.open();
            store::Conversation conversation;
            conversation.id = conversation.title = u"talk"_s;
            conversation.tags = QStringList { u"work"_s };
            store.saveConversation(conversation);
            store::StoredMessage message;
            message.id = u"1"_s;
            message.conversationId = u"talk"_s;
            message.message = llm::Message::fromText(llm::Role::User, u"Some words of a talk. "_s.repeated(1000));
            store.saveMessage(message);
            store.saveModelList({ u"bad"_s, 1, { { u"sim-small"_s, {}, 2000 } } });
            store.saveModelList({ u"good"_s, 1, { { u"sim-small"_s, {}, 100'000 } } });
        }
        const Output output = run(
            { u"select"_s, u"--explain"_s, u"Hello"_s, u"--conversation"_s, u"talk"_s, u"--strategy"_s, u"fixed"_s });
        QVERIFY2(output.code == 0, qPrintable(output.errors));
        QCOMPARE(output.json()["chosen"_L1].toString(), u"good/sim-small"_s);
        QCOMPARE(output.json()["tags"_L1], QJsonValue(QJsonArray { u"work"_s }));
        QVERIFY(output.json()["candidates"_L1][0]["excluded"_L1].toString().contains(u"too short"_s));
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
        QVERIFY(json["fallbacks"_L1][0]["reason"_L1].toString().contains(u"asking good/sim-small instead"_s));
        QCOMPARE(json["fallbacks"_L1][0]["error"_L1].toString(), u"rate_limited"_s);
        QVERIFY2(output.errors.contains(u"auto: "_s), qPrintable(output.errors));
        QVERIFY2(
            output.errors.contains(u"sim-small of The Bad is rate limited: asking sim-small of The Good instead"_s),
            qPrintable(output.errors));
        const Output replay = run({ u"select"_s, u"--replay"_s });
        QCOMPARE(replay.code, 0);
        const QStringList lines = replay.text.split(u'\n');
        QVERIFY2(lines.filter(u"measured"_s).constFirst().simplified().split(u' ').value(1) == u"1"_s,
                 qPrintable(replay.text));
        QVERIFY2(!replay.text.contains(u"Left out"_s), qPrintable(replay.text));
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

    void whoTakesOverIsWithinItsBudget()
    {
        set("select/fallbacks", QVariantMap { { u"bad/sim-small"_s, QStringList { u"good/sim-large"_s } } });
        const QList<cost::Budget> none { { cost::BudgetScope::Day, u"good"_s, 0, cost::BudgetAction::Refuse } };
        set("budgets", cost::toSetting(none));
        const Output output =
            run({ u"chat"_s, u"--provider"_s, u"bad"_s, u"--model"_s, u"sim-small"_s, u"--json"_s, u"Hello"_s });
        QCOMPARE(output.code, 1);
        QCOMPARE(output.json()["provider"_L1].toString(), u"bad"_s);
        const QJsonObject step = output.json()["fallbacks"_L1][1].toObject();
        QVERIFY2(step["reason"_L1].toString().contains(u"for good is used up"_s), qPrintable(output.text));
    }

    void aBatchSaysWhoseBudgetIsUsedUp()
    {
        const QList<cost::Budget> none { { cost::BudgetScope::Day, u"bad"_s, 0, cost::BudgetAction::Refuse } };
        set("budgets", cost::toSetting(none));
        QFile prompts(m_shell->filePath(u"p.txt"_s));
        QVERIFY(prompts.open(QIODevice::WriteOnly) && prompts.write("one\n") > 0);
        prompts.close();
        const QStringList batch { u"batch"_s, prompts.fileName(), u"--models"_s, u"auto"_s };
        const Output output = run(batch);
        QVERIFY2(output.code == 0, qPrintable(output.errors));
        QVERIFY2(output.errors.contains(u"for bad is used up: $0.00 spent. Auto asks the other providers."_s),
                 qPrintable(output.errors));
        set("select/candidates", u"bad/sim-small"_s);
        const Output held = run(batch + QStringList { u"--out"_s, m_shell->filePath(u"anew.jsonl"_s) });
        QCOMPARE(held.code, 1);
        QVERIFY2(held.errors.contains(u"Nothing was sent"_s), qPrintable(held.errors));
    }

    void aRuleForOneModelHasItsList()
    {
        set("select/rules", uR"([{"name":"all","models":["bad/sim-small"]}])"_s);
        set("select/fallbacks", QVariantMap { { u"bad/sim-small"_s, QStringList { u"good/sim-large"_s } } });
        const Output output = run({ u"chat"_s, u"--model"_s, u"auto"_s, u"--json"_s, u"Hello"_s });
        QVERIFY2(output.code == 0, qPrintable(output.errors));
        QCOMPARE(output.json()["model"_L1].toString(), u"sim-large"_s);
    }
};

QTEST_GUILESS_MAIN(TestChoiceCommands)
#include "tst_choicecommands.moc"
