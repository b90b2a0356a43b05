#pragma once

#include "core/bench/batchrunner.h"
#include "tests/runservice/fakeservice.h"

#include <QSignalSpy>
#include <QTemporaryDir>

namespace talkbench::test {

using namespace bench;
using namespace Qt::StringLiterals;

inline QList<BatchPrompt> prompts(int count)
{
    QList<BatchPrompt> list;
    for (int i = 1; i <= count; ++i)
        list.append({ QString::number(i), u"prompt %1"_s.arg(i) });
    return list;
}

/// A batch by a plan, over a file of results, whose servers the test answers for.
class BatchRunnerTest : public FakeServiceTest {
protected:
    /// These prompts, asked by the test's plan over its file of results.
    struct Batch {
        Batch(BatchRunnerTest &test, const QList<BatchPrompt> &asked, const BatchRunner::Keep &keep = {})
            : runner({ *test.m_service, test.m_clock, test.m_timers, test.m_chooser, *test.m_ledger,
                       keep ? keep : keepIn(journal) },
                     test.m_plan),
              finished(&runner, &BatchRunner::finished)
        {
            QVERIFY(journal.open(test.path()));
            BatchProgress before;
            const QList<BatchItem> items = BatchItems(test.m_plan).pending(asked, journal, before);
            runner.add(items, before);
        }

        BatchJournal journal;
        BatchRunner runner;
        QSignalSpy finished;
    };

    void open()
    {
        makeService();
        m_budgets.clear();
        m_chooser = select::Chooser([](const select::ModelRef &ref) { return select::Candidate { .ref = ref }; });
        m_ledger = std::make_unique<run::Ledger>(
            *m_service, m_clock,
            run::Ledger::Sources { [this] { return m_budgets; },
                                   [](const QString &, const cost::PeriodStarts &) {
                                       return QtFuture::makeReadyFuture(
                                           base::Result<QList<cost::Spent>>(QList<cost::Spent>()));
                                   },
                                   m_prices });
        m_dir = std::make_unique<QTemporaryDir>();
        m_plan = {};
        m_plan.targets.append({ request().endpoint, u"m"_s, u"p"_s });
        m_plan.concurrency = 2;
    }
    void close()
    {
        m_ledger.reset();
        m_service.reset();
    }

    QString path() const { return m_dir->filePath(u"results.jsonl"_s); }
    /// In this order, while they can be asked.
    void chooseAmong(const QList<select::ModelRef> &models)
    {
        m_chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = models });
        m_plan.targets = { BatchTarget::automatic() };
        m_plan.choice.models = models;
        for (const select::ModelRef &ref : models)
            m_plan.choice.endpoints.insert(ref.providerId, request(ref.providerId, ref.providerId).endpoint);
    }

    QList<cost::Budget> m_budgets;
    const cost::PriceBook m_prices = *cost::PriceBook::fromJson(
        R"({"version":"v1","prices":[{"model":"m","input":1,"output":10,"source":"test","date":"2026-01-01"}]})");
    std::unique_ptr<run::Ledger> m_ledger;
    std::unique_ptr<QTemporaryDir> m_dir;
    run::TimerScheduler m_timers;
    select::Chooser m_chooser { {} };
    BatchPlan m_plan;
};

} // namespace talkbench::test
