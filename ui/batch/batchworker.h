#pragma once

#include "core/bench/batchestimate.h"
#include "core/bench/batchjournal.h"
#include "core/bench/providerbatch.h"
#include "core/store/store.h"

#include <QObject>

#include <memory>
#include <stop_token>

namespace talkbench::ui {

/// A batch as the page's form describes it.
struct BatchTask {
    QString file; ///< of prompts; empty: `text`, a prompt a line
    QString text;
    QString pattern;
    QString out;
    bench::BatchPlan plan;
    cost::PriceBook prices;
};

/// A batch that can begin. The page takes the items, where it sends them call by call; the journal is the worker's.
struct BatchReady {
    bench::BatchJournal journal;
    QList<bench::BatchItem> items;
    QList<bench::BatchPlace> places; ///< of all, those that are done too
    bench::BatchProgress before;
    QList<bench::BatchResult> rows; ///< of those before, the last
    QList<bench::BatchCost> costs;
};

/// What of a batch takes long: reading the prompts and the results, keeping results, writing tables, and all of a provider's own
/// batch. Lives in a thread of its own; whoever makes it calls its functions there.
class BatchWorker final : public QObject {
    Q_OBJECT

public:
    /// A stop ends what it is reading.
    BatchWorker(run::RunService &runs, store::Store &store, const base::Clock &clock, std::stop_token stop);

    /// Rows of earlier results that a table gets.
    static constexpr qsizetype mostRows = 1000;

    /// How far the task is, of whose targets only the names count: looked() follows where its file of results is there and can
    /// be read.
    void look(const BatchTask &task);
    /// prepared() or failed() follows.
    void prepare(const BatchTask &task);
    /// A result of what prepare() made: on its way to the disk when it returns.
    base::Result<void> keep(const bench::BatchItem &item, const profile::RunRecord &record);
    /// What prepare() made, as the provider's batch: finished() follows.
    void send();
    void leave();
    void cancel();
    /// told() follows where what was prepared or looked at holds such a result: the beginning of its answer, or what went
    /// wrong.
    void tell(const QString &key);
    /// exported() follows.
    void exportTo(const QString &path);

Q_SIGNALS:
    void looked(const talkbench::bench::BatchProgress &before, const QList<talkbench::bench::BatchResult> &rows);
    void prepared(const std::shared_ptr<talkbench::ui::BatchReady> &ready);
    void failed(const QString &message);
    void resulted(const QList<talkbench::bench::BatchResult> &results);
    void progressed(const talkbench::bench::BatchProgress &progress);
    void told(const QString &key, const QString &text);
    void finished(const std::optional<talkbench::base::Error> &error);
    /// `problem` is empty if it went well.
    void exported(const QString &path, const QString &problem);

private:
    base::Result<QList<bench::BatchPrompt>> prompts(const BatchTask &task) const;

    run::RunService &m_runs;
    store::Store &m_store;
    const base::Clock &m_clock;
    const std::stop_token m_stop;
    run::TimerScheduler m_scheduler;
    BatchTask m_task;
    std::shared_ptr<BatchReady> m_ready; ///< of look(): with a journal that is not to be written
    std::unique_ptr<bench::ProviderBatch> m_batch;
};

} // namespace talkbench::ui
