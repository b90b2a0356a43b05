#pragma once

#include "core/bench/batchdetail.h"
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

/// What a batch comes to, and what of it is in its file of results already.
struct BatchLook {
    std::stop_token stop; ///< stopped: nobody waits for it any more
    qsizetype prompts = 0;
    qsizetype calls = 0; ///< that are still to be made
    QList<bench::BatchPlace> places; ///< of all, those that are done too
    bench::BatchProgress before;
    QList<bench::BatchResult> rows; ///< of those before, the last
    QList<bench::BatchCost> costs; ///< of the calls
};

/// A batch that can begin. The page takes the items, where it sends them call by call; the journal is the worker's.
struct BatchReady : BatchLook {
    bench::BatchJournal journal;
    QList<bench::BatchItem> items;
};

/// One result whole.
struct BatchDetail {
    bench::BatchDetail result; ///< with its prompt, where that is known
    QString system;
    QString problem; ///< why a part is missing
};

/// What of a form is to be mended.
enum class BatchPart { Prompts, Results, Way };

/// What of a batch takes long: reading the prompts and the results, keeping results, writing tables, and all of a provider's own
/// batch. Lives in a thread of its own; whoever makes it calls its functions there.
class BatchWorker final : public QObject {
    Q_OBJECT

public:
    /// A stop ends what it is reading, but for what look() is given a token of its own.
    BatchWorker(run::RunService &runs, store::Store &store, const base::Clock &clock, std::stop_token stop);

    /// Rows of earlier results that a table gets.
    static constexpr qsizetype mostRows = 1000;

    /// What the task comes to, of whose targets only the names count: looked() follows unless it is stopped, with nothing found
    /// where its prompts can't be read.
    void look(const BatchTask &task, const std::stop_token &stop);
    /// prepared() or failed() follows.
    void prepare(const BatchTask &task);
    /// A result of what prepare() made: on its way to the disk when it returns.
    base::Result<void> keep(const bench::BatchItem &item, const profile::RunRecord &record);
    /// What prepare() made, as the provider's batch: finished() follows.
    void send();
    void leave();
    void cancel();
    /// The results in the task's file, of what was looked at or made ready last, as a table: exported() follows.
    void exportTo(const QString &path, const BatchTask &task);
    /// The task's result of this key: detailed() follows.
    void detail(const BatchTask &task, const QString &key);

Q_SIGNALS:
    void looked(const std::shared_ptr<talkbench::ui::BatchLook> &look);
    void prepared(const std::shared_ptr<talkbench::ui::BatchReady> &ready);
    void failed(const QString &message, talkbench::ui::BatchPart part);
    void resulted(const QList<talkbench::bench::BatchResult> &results);
    void progressed(const talkbench::bench::BatchProgress &progress);
    void finished(const std::optional<talkbench::base::Error> &error);
    /// `problem` is empty if it went well.
    void exported(const QString &path, const QString &problem);
    void detailed(const talkbench::ui::BatchDetail &detail);

private:
    base::Result<QList<bench::BatchPrompt>> prompts(const BatchTask &task, const std::stop_token &stop) const;
    base::Result<std::shared_ptr<const bench::BatchJournal>> journalOf(const QString &path) const;
    QList<bench::BatchItem> find(const BatchTask &task, const QList<bench::BatchPrompt> &prompts,
                                 const bench::BatchJournal &journal, BatchLook &look) const;
    void findPrompt(const BatchTask &task, const QString &key, BatchDetail &detail) const;

    run::RunService &m_runs;
    store::Store &m_store;
    const base::Clock &m_clock;
    const std::stop_token m_stop;
    run::TimerScheduler m_scheduler;
    BatchTask m_task;
    std::shared_ptr<BatchReady> m_ready;
    QList<bench::BatchPlace> m_places; ///< of what was looked at or made ready last: what an export holds
    std::unique_ptr<bench::ProviderBatch> m_batch;
};

} // namespace talkbench::ui
