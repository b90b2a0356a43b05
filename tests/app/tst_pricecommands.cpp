#include "core/config/instancelock.h"
#include "core/config/settings.h"
#include "core/cost/pricelayers.h"
#include "core/simulator/simulator.h"
#include "core/store/store.h"
#include "tests/app/commandline.h"

#include <QTest>

#include <list>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;

/// `talkbench prices set`, `unset` and `recompute`, and the receipt of `talkbench chat`, as a shell sees them.
class TestPriceCommands final : public QObject {
    Q_OBJECT

private:
    Output run(const QStringList &arguments) const { return m_shell->run(arguments); }
    Output set(const QString &model, const QString &input) const
    {
        return run({ u"prices"_s, u"set"_s, model, u"--input"_s, input, u"--output"_s, u"10"_s, u"--json"_s });
    }

    /// Sets a price of each, all at the same time; gives what went wrong.
    QStringList setAtOnce(const QStringList &models) const
    {
        std::list<QProcess> processes;
        for (const QString &model : models) {
            m_shell->prepare(processes.emplace_back(),
                             { u"prices"_s, u"set"_s, model, u"--input"_s, u"1"_s, u"--output"_s, u"2"_s });
            processes.back().start();
        }
        const auto isOver = [](const QProcess &process) { return process.state() == QProcess::NotRunning; };
        if (!QTest::qWaitFor([&] { return std::all_of(processes.begin(), processes.end(), isOver); }, 60'000))
            return { u"one did not end"_s };
        QStringList problems;
        for (QProcess &process : processes) {
            if (process.exitCode() != 0)
                problems.append(QString::fromUtf8(process.readAllStandardError()));
        }
        return problems;
    }
    /// What an open window does when it is asked for a change.
    static config::InstanceLock::Change changing(config::Settings &settings)
    {
        return [&settings](const QJsonObject &asked) -> base::Result<void> {
            const auto own = cost::withChange(settings.value("prices/own").toMap(), asked);
            return own ? settings.setValue("prices/own", *own) : own.error();
        };
    }

    /// A million tokens in, on this day.
    static profile::RunRecord pastCall(const QString &id, const QString &model, const QDate &day)
    {
        profile::RunRecord record;
        record.id = id;
        record.providerId = u"p"_s;
        record.model = model;
        record.startedWallMs = day.startOfDay().toMSecsSinceEpoch() + 1000;
        record.answer.usage = llm::Usage {};
        record.answer.usage->input = 1'000'000;
        record.costUsd = 0.5;
        record.priceVersion = u"old"_s;
        return record;
    }
    void keep(const QList<profile::RunRecord> &records) const
    {
        store::Store store(m_shell->dataDir());
        for (const profile::RunRecord &record : records)
            store.saveRun(record);
    }
    QList<profile::RunRecord> kept() const
    {
        store::Store store(m_shell->dataDir());
        auto runs = store.runs(0);
        runs.waitForFinished();
        return *runs.result();
    }

    std::unique_ptr<CommandLine> m_shell;

private Q_SLOTS:
    void init() { m_shell = std::make_unique<CommandLine>(); }

    void aPriceOfOnesOwnIsSetAndTakenBack()
    {
        const Output first = set(u"my-model"_s, u"1"_s);
        QVERIFY2(first.code == 0, qPrintable(first.errors));
        QCOMPARE(first.rows()[0][u"origin"_s].toString(), u"user"_s);
        QCOMPARE(run({ u"prices"_s, u"set"_s, u"my-model"_s, u"--provider"_s, u"p"_s, u"--input=2"_s, u"--output=4"_s,
                       u"--cache-read=0.2"_s, u"--cache-write=2.5"_s, u"--cache-write-1h=4"_s, u"--reasoning=5"_s,
                       u"--image=3"_s })
                     .code,
                 0);
        const QJsonArray rows = run({ u"prices"_s, u"--json"_s, u"-p"_s, u"p"_s, u"my-model"_s }).rows();
        QCOMPARE(rows.size(), 1);
        QCOMPARE(rows[0][u"input"_s].toDouble(), 2.0);
        QCOMPARE(rows[0][u"cache_read"_s].toDouble(), 0.2);
        QCOMPARE(rows[0][u"cache_write_1h"_s].toDouble(), 4.0);
        QCOMPARE(run({ u"prices"_s, u"my-model"_s, u"--json"_s }).rows().size(), 2);
        QCOMPARE(set(u"my-model"_s, u"7"_s).code, 0); // in place of the first
        QCOMPARE(run({ u"prices"_s, u"my-model"_s, u"--json"_s }).rows().size(), 2);
        QCOMPARE(run({ u"prices"_s, u"unset"_s, u"my-model"_s }).code, 0);
        QCOMPARE(run({ u"prices"_s, u"unset"_s, u"my-model"_s }).code, 1);
        QCOMPARE(run({ u"prices"_s, u"unset"_s, u"my-model"_s, u"-p"_s, u"p"_s }).code, 0);
        QCOMPARE(run({ u"prices"_s, u"my-model"_s, u"--json"_s }).rows().size(), 0);
    }

    void allThatAPriceCanSayIsSet()
    {
        const QStringList set { u"prices"_s, u"set"_s, u"my-model"_s, u"--input=3"_s, u"--output=15"_s };
        const Output all =
            run(set
                + QStringList { u"--tier"_s, u"500000:input=8,output=30"_s, u"--tier"_s,
                                u"200000:input=6,output=22.5,cache-read=0.6"_s, u"--off-peak"_s, u"16:30-00:30=0.5"_s,
                                u"--batch"_s, u"input=1.5,output=7.5"_s, u"--from"_s, u"2026-01-01"_s, u"--until"_s,
                                u"2030-12-31"_s, u"--source"_s, u"a letter"_s, u"--json"_s });
        QVERIFY2(all.code == 0, qPrintable(all.errors));
        const QJsonArray kept = run({ u"prices"_s, u"--json"_s, u"-p"_s, u"p"_s, u"my-model"_s }).rows();
        QCOMPARE(kept, all.rows());
        const QJsonObject row = kept[0].toObject();
        QCOMPARE(row["tiers"_L1].toArray().size(), 2);
        QCOMPARE(row["tiers"_L1][0]["above"_L1].toInt(), 200'000);
        QCOMPARE(row["tiers"_L1][0]["cache_read"_L1].toDouble(), 0.6);
        QCOMPARE(row["off_peak"_L1][0]["until"_L1].toString(), u"00:30"_s);
        QCOMPARE(row["batch"_L1]["output"_L1].toDouble(), 7.5);
        QCOMPARE(row["from"_L1].toString(), u"2026-01-01"_s);
        QCOMPARE(row["until"_L1].toString(), u"2030-12-31"_s);
        QCOMPARE(row["source"_L1].toString(), u"a letter"_s);
        const Output beside = run(set + QStringList { u"--batch-factor=0.5"_s });
        QVERIFY2(beside.text.contains(u"batch"_s), qPrintable(beside.text));
        QCOMPARE(run({ u"prices"_s, u"my-model"_s, u"--json"_s }).rows().size(), 2); // they begin on different days
        QCOMPARE(run({ u"prices"_s, u"unset"_s, u"my-model"_s, u"--from"_s, u"2026-01-01"_s }).code, 0);
        const QJsonArray rest = run({ u"prices"_s, u"my-model"_s, u"--json"_s }).rows();
        QCOMPARE(rest.size(), 1);
        QCOMPARE(rest[0][u"batch_factor"_s].toDouble(), 0.5);
    }

    void nonsenseIsNotSet_data()
    {
        QTest::addColumn<QStringList>("arguments");
        const QStringList rates { u"--input"_s, u"1"_s, u"--output"_s, u"2"_s };
        QTest::newRow("no model") << rates;
        QTest::newRow("two models") << rates + QStringList { u"a"_s, u"b"_s };
        QTest::newRow("empty") << rates + QStringList { u" "_s };
        QTest::newRow("no output") << QStringList { u"m"_s, u"--input"_s, u"1"_s };
        QTest::newRow("negative") << QStringList { u"m"_s, u"--input=-1"_s, u"--output=1"_s };
        QTest::newRow("nan") << QStringList { u"m"_s, u"--input=nan"_s, u"--output=1"_s };
        QTest::newRow("a token's price") << QStringList { u"m"_s, u"--input=1e9"_s, u"--output=1"_s };
        const auto add = [&](const char *name, const QString &option) {
            QTest::newRow(name) << rates + QStringList { u"m"_s, option };
        };
        add("a tier without rates", u"--tier=200000"_s);
        add("a tier without output", u"--tier=200000:input=1"_s);
        add("a tier of nothing", u"--tier=0:input=1,output=2"_s);
        add("a rate nobody knows", u"--tier=9:input=1,output=2,tea=3"_s);
        add("a negative batch", u"--batch=input=-1,output=2"_s);
        add("a dear batch", u"--batch-factor=2"_s);
        add("no hours", u"--off-peak=night=0.5"_s);
        add("no factor", u"--off-peak=16:30-00:30"_s);
        add("no day", u"--from=soon"_s);
        QTest::newRow("two tiers at once")
            << rates + QStringList { u"m"_s, u"--tier=9:input=1,output=2"_s, u"--tier=9:input=1,output=2"_s };
        QTest::newRow("ends first") << rates + QStringList { u"m"_s, u"--from=2026-02-01"_s, u"--until=2026-01-01"_s };
        QTest::newRow("unknown option") << rates + QStringList { u"m"_s, u"--colour=red"_s };
    }

    void nonsenseIsNotSet()
    {
        QFETCH(QStringList, arguments);
        const Output output = run(QStringList { u"prices"_s, u"set"_s } + arguments);
        QCOMPARE(output.code, 2);
        QVERIFY(!output.errors.isEmpty());
        QVERIFY(!QFile::exists(m_shell->filePath(u"settings.json"_s)));
    }

    void anOpenWindowsSettingsAreLeftAlone()
    {
        config::InstanceLock window(m_shell->dataDir());
        QVERIFY(window.acquire());
        const Output output = set(u"m"_s, u"1"_s);
        QCOMPARE(output.code, 1);
        QVERIFY2(output.errors.contains(u"already running"_s), qPrintable(output.errors));
        QVERIFY(!QFile::exists(m_shell->filePath(u"settings.json"_s)));
    }

    /// The window writes it, as if it had been set there.
    void anOpenWindowTakesTheChange()
    {
        config::InstanceLock window(m_shell->dataDir());
        QVERIFY(window.acquire());
        config::Settings settings(m_shell->dataDir());
        window.setChange(changing(settings));
        QCOMPARE(setAtOnce({ u"m"_s }), QStringList());
        const QVariantList rows = settings.value("prices/own").toMap()[u"rows"_s].toList();
        QCOMPARE(rows.size(), 1);
        QCOMPARE(rows[0].toMap()[u"model"_s].toString(), u"m"_s);
    }

    void changesAtOnceLoseNothing_data()
    {
        QTest::addColumn<bool>("open");
        QTest::newRow("beside a window") << true;
        QTest::newRow("alone") << false;
    }
    void changesAtOnceLoseNothing()
    {
        QFETCH(bool, open);
        std::optional<config::InstanceLock> window;
        config::Settings settings(m_shell->dataDir());
        if (open) {
            QVERIFY(window.emplace(m_shell->dataDir()).acquire());
            window->setChange(changing(settings));
        }
        QCOMPARE(setAtOnce({ u"a"_s, u"b"_s, u"c"_s, u"d"_s, u"e"_s, u"f"_s }), QStringList());
        window.reset();
        QVERIFY(open || settings.load());
        QCOMPARE(settings.value("prices/own").toMap()[u"rows"_s].toList().size(), 6);
    }

    void thePastIsRecomputedOnlyWhereAsked()
    {
        const QDate day(2026, 10, 1);
        keep({ pastCall(u"1"_s, u"my-model"_s, day), pastCall(u"2"_s, u"my-model"_s, day.addDays(1)),
               pastCall(u"3"_s, u"my-model"_s, day.addDays(2)), pastCall(u"4"_s, u"nobody-knows"_s, day) });
        QCOMPARE(set(u"my-model"_s, u"1"_s).code, 0);
        for (const profile::RunRecord &record : kept())
            QCOMPARE(record.costUsd, std::optional(0.5)); // a new price alone changes nothing
        const QStringList recompute { u"prices"_s, u"recompute"_s, u"--json"_s };
        const QJsonObject looked = run(recompute + QStringList { u"--dry-run"_s }).json();
        QCOMPARE(looked["calls"_L1].toInt(), 4);
        QCOMPARE(looked["changed"_L1].toInt(), 3);
        QCOMPARE(looked["unpriced"_L1].toInt(), 1);
        QCOMPARE(looked["old_usd"_L1].toDouble(), 2.0);
        QCOMPARE(looked["new_usd"_L1].toDouble(), 3.5);
        QVERIFY(looked["dry_run"_L1].toBool());
        for (const profile::RunRecord &record : kept())
            QCOMPARE(record.costUsd, std::optional(0.5));
        const QJsonObject one =
            run(recompute + QStringList { u"--from"_s, u"2026-10-02"_s, u"--to"_s, u"2026-10-02"_s }).json();
        QCOMPARE(one["calls"_L1].toInt(), 1);
        QCOMPARE(one["changed"_L1].toInt(), 1);
        QCOMPARE(run(recompute + QStringList { u"-m"_s, u"nobody-knows"_s }).json()["changed"_L1].toInt(), 0);
        const Output all = run({ u"prices"_s, u"recompute"_s });
        QCOMPARE(all.code, 0);
        QVERIFY2(all.text.startsWith(u"2 of 4 calls recomputed by the prices of "_s), qPrintable(all.text));
        QVERIFY(all.text.contains(u"old sum  $2.50\nnew sum  $3.50\n"_s));
        for (const profile::RunRecord &record : kept()) {
            const bool priced = record.model == u"my-model"_s;
            QCOMPARE(record.costUsd, std::optional(priced ? 1.0 : 0.5));
            QCOMPARE(record.priceVersion == u"old"_s, !priced);
            QCOMPARE(record.trace.decisions.size(), priced ? 1 : 0); // the note, once
        }
    }

    void datesAreDates()
    {
        for (const QStringList &wrong : { QStringList { u"--from"_s, u"yesterday"_s },
                                          { u"--to=2026-13-01"_s },
                                          { u"--from=2026-10-02"_s, u"--to=2026-10-01"_s },
                                          { u"extra"_s } })
            QCOMPARE(run(QStringList { u"prices"_s, u"recompute"_s } + wrong).code, 2);
    }

    void tokensAreCountedAsAnswersHaveTaught()
    {
        QFile learned(m_shell->filePath(u"tokens.json"_s));
        QVERIFY(learned.open(QIODevice::WriteOnly));
        learned.write(R"({"p": {"claude-opus-4-6": [[900, 1800], [1100, 2200], [5000, 10000]], "old": {"mean": 3}}})");
        learned.close();
        QFile text(m_shell->filePath(u"text"_s));
        QVERIFY(text.open(QIODevice::WriteOnly));
        text.write(QByteArray(" word").repeated(1000));
        text.close();
        const auto count = [&](const QStringList &more) {
            return run(QStringList { u"tokens"_s, u"--json"_s, u"--model"_s, u"claude-opus-4-6"_s, text.fileName() }
                       + more)
                .json();
        };
        QVERIFY(count({})["why"_L1].toString().contains(u"an assumption"_s));
        const QJsonObject taught = count({ u"--provider"_s, u"p"_s });
        QVERIFY(taught["why"_L1].toString().contains(u"learned from 3 answers"_s));
        QVERIFY(std::abs(taught["tokens"_L1].toInt() - 2000) < 60);
    }

    void theReceiptTellsOfFailedAnswers()
    {
        simulator::Simulator simulator(fastKnobs());
        const auto url = simulator.start();
        QVERIFY(url);
        const QStringList chat { u"chat"_s,       u"Hello"_s,        u"--base-url"_s,         url->toString(),
                                 u"--model"_s,    u"sim-small"_s,    u"--validate-retries"_s, u"2"_s,
                                 u"--validate"_s, u"regex:^never$"_s };
        const Output plain = run(chat + QStringList { u"--receipt"_s });
        QVERIFY2(plain.errors.contains(u"2 failed answers  $"_s), qPrintable(plain.errors));
        const QJsonObject json = run(chat + QStringList { u"--json"_s }).json();
        const QJsonObject receipt = json["receipt"_L1].toObject();
        const double besides = receipt["besides"_L1][0]["usd"_L1].toDouble();
        QVERIFY(besides > 0);
        QCOMPARE(receipt["computed_usd"_L1].toDouble() + besides, receipt["total_usd"_L1].toDouble());
        QCOMPARE(receipt["total_usd"_L1], json["metrics"_L1]["cost_usd"_L1]);
    }

    void theReceiptTellsOfTheFavourites()
    {
        const QStringList chat { u"chat"_s, u"Hello"_s, u"--max-tokens"_s, u"2000"_s };
        const Output plain = run(chat + QStringList { u"--receipt"_s });
        QCOMPARE(plain.code, 0);
        QVERIFY2(plain.errors.contains(u"no favourite models"_s), qPrintable(plain.errors));
        QVERIFY(plain.errors.contains(u" a million = "_s));
        {
            config::Settings settings(m_shell->dataDir());
            QVERIFY(settings.load());
            QVERIFY(settings.setValue("models/favourites",
                                      QVariantMap { { u"p"_s, QStringList { u"dear"_s, u"unknown"_s } } }));
        }
        QCOMPARE(set(u"dear"_s, u"1000"_s).code, 0);
        const Output told = run(chat + QStringList { u"--receipt"_s });
        QVERIFY2(told.errors.contains(u"p/dear"_s) && told.errors.contains(u" %"_s), qPrintable(told.errors));
        QVERIFY(told.errors.contains(u"p/unknown  price unknown"_s));
        const QJsonObject json = run(chat + QStringList { u"--json"_s }).json();
        QVERIFY(json["receipt"_L1]["computed_usd"_L1].toDouble() > 0);
        const QJsonArray elsewhere = json["same_turn_elsewhere"_L1].toArray();
        QCOMPARE(elsewhere.size(), 2);
        QCOMPARE(elsewhere[0][u"model"_s].toString(), u"dear"_s);
        QVERIFY(elsewhere[0][u"difference_percent"_s].toDouble() > 0);
        QVERIFY(elsewhere[1][u"usd"_s].isNull());
    }
};

QTEST_GUILESS_MAIN(TestPriceCommands)
#include "tst_pricecommands.moc"
