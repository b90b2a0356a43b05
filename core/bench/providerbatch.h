#pragma once

#include "core/base/clock.h"
#include "core/bench/batchjob.h"
#include "core/bench/batchjournal.h"
#include "core/bench/batchplan.h"
#include "core/cost/pricebook.h"
#include "core/llm/batchapi.h"
#include "core/run/runservice.h"
#include "core/run/scheduler.h"

#include <QObject>

#include <functional>
#include <memory>

namespace talkbench::bench {

/// Prompts × models as batches of the provider's own: handed over, asked after until they have ended, collected into the
/// journal. Each step is in the journal before the next, so that whoever comes after a crash goes on where it was. One point
/// can't be known, a batch whose making was not answered: it is looked for with the provider, by its tag or else by its size,
/// time and results, and made again only if it is not there. Lives in any thread, its journal in the same.
class ProviderBatch final : public QObject {
    Q_OBJECT

public:
    struct Services {
        run::RunService &runs;
        const base::Clock &clock;
        run::Scheduler &scheduler;
        cost::PriceBook prices;
        /// Answered when the runs recorded so far are on disk.
        std::function<QFuture<base::Result<void>>()> settled;
    };

    ProviderBatch(const Services &services, BatchJournal &journal, const BatchPlan &plan, QObject *parent = nullptr);
    ~ProviderBatch() override;

    /// What BatchItems found to do, and to be done already. Batches that the journal has open come first.
    void start(const QList<BatchItem> &items, const BatchProgress &before);
    /// Leaves what is under way to the provider; finished() follows at once.
    void stop();
    /// Has the provider stop; what it has answered by then is collected before finished().
    void cancel();

    const BatchProgress &progress() const { return m_progress; }

Q_SIGNALS:
    void resulted(const QList<talkbench::bench::BatchResult> &results);
    void progressed(const talkbench::bench::BatchProgress &progress);
    /// Once, last. With an error what is under way stays so; the next one on this journal goes on with it.
    void finished(const std::optional<talkbench::base::Error> &error);

private:
    using Answered = std::function<void(const base::Result<QByteArray> &)>;

    struct Collected {
        QString key;
        profile::RunRecord record;
    };

    void next();
    void beginRound();
    void upload(BatchJob &job);
    void submit(BatchJob &job, const QString &file, const QByteArrayList &entries);
    void onSubmitted(BatchJob &job, const base::Result<QByteArray> &answer);
    void onRefused(BatchJob &job, const base::Error &error);
    void find(BatchJob &job, const QString &after = {}, int pages = 0);
    void onListed(BatchJob &job, const llm::RemoteBatches &list, int pages);
    void poll(BatchJob &job);
    void onPolled(BatchJob &job, const base::Result<QByteArray> &answer);
    void giveUp(BatchJob &job);
    void deleteFile(BatchJob &job, const std::function<void()> &then);
    void collect(BatchJob &job, qsizetype request);
    void read(BatchJob &job, const QByteArray &lines, qsizetype offset, qsizetype request);
    void warn(const QString &what);
    void countUnanswered(const BatchJob &job);
    bool isOurs(BatchJob &job, const QString &customId);
    void take(const BatchJob &job, const llm::BatchOutcome &outcome, QList<Collected> &collected);
    bool keep(const BatchJob &job, const QList<Collected> &collected);
    void count(const Collected &row, const BatchResult &result);
    bool isKept(const BatchJob &job, const QString &key) const;
    bool write(BatchJob &job, Submission::State state);
    void startAfresh(BatchJob &job);
    void drop(const BatchJob &job);
    void ask(const BatchJob &job, const base::HttpRequest &request, const Answered &then, bool persists = true);
    void later(qint64 ms, const std::function<void()> &then);
    qint64 troubleMs(const base::Error &error);
    void report();
    void finish(const std::optional<base::Error> &error = {});

    const Services m_services;
    BatchJournal &m_journal;
    const BatchPlan m_plan;
    QHash<QString, BatchItem> m_items; ///< by key
    BatchJobs m_jobs;
    BatchProgress m_progress;
    int m_rounds = 0; ///< of questions how far they are
    std::unique_ptr<QObject> m_roundTimer; ///< until the next one
    int m_troubles = 0; ///< in a row
    QString m_trouble; ///< the last one, while it lasts
    bool m_cancelled = false;
    bool m_finished = false;
};

} // namespace talkbench::bench
