#pragma once

#include "core/base/clock.h"
#include "core/bench/batchjournal.h"
#include "core/bench/batchplan.h"
#include "core/cost/pricebook.h"
#include "core/llm/batchapi.h"
#include "core/run/runservice.h"
#include "core/run/scheduler.h"

#include <QObject>
#include <QSet>

#include <functional>
#include <memory>
#include <vector>

namespace talkbench::bench {

/// Prompts × models as batches of the provider's own: handed over, asked after until they have ended, collected into the
/// journal. Each step is in the journal before the next, so that whoever comes after a crash goes on where it was. One point
/// can't be known, a batch whose making was not answered: it is looked for with the provider, by its tag or else by its size,
/// time and results, and made again only if it is not there. Lives in any thread, its journal in the same.
class ProviderBatch final : public QObject {
    Q_OBJECT

public:
    /// Of one of the provider's batches: less than any of them takes.
    static constexpr qsizetype mostRequests = 10'000;
    static constexpr qint64 mostBytes = 64 << 20;

    struct Services {
        run::RunService &runs;
        const base::Clock &clock;
        run::Scheduler &scheduler;
        cost::PriceBook prices;
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
    struct Job;
    using Answered = std::function<void(const base::Result<QByteArray> &)>;

    std::optional<base::Error> resume();
    std::optional<base::Error> divide(const QList<BatchItem> &items);
    void next();
    void beginRound();
    void upload(Job &job);
    void submit(Job &job, const QString &file, const QByteArrayList &entries);
    void onSubmitted(Job &job, const base::Result<QByteArray> &answer);
    void find(Job &job, const QString &after = {}, int pages = 0);
    void onListed(Job &job, const llm::RemoteBatches &list, int pages);
    void poll(Job &job);
    void onPolled(Job &job, const base::Result<QByteArray> &answer);
    void giveUp(Job &job);
    void collect(Job &job, qsizetype request);
    void read(Job &job, const QByteArray &lines, qsizetype offset, qsizetype request);
    bool isOurs(Job &job, const QString &customId);
    bool keep(Job &job, const llm::BatchOutcome &outcome, QList<BatchResult> &results);
    bool isKept(const Job &job, const QString &key) const;
    profile::RunRecord recordOf(const Job &job, const llm::BatchOutcome &outcome) const;
    bool write(Job &job, Submission::State state);
    void startAfresh(Job &job);
    void drop(const Job &job);
    void ask(const Job &job, const base::HttpRequest &request, const Answered &then, bool persists = true);
    void later(qint64 ms, const std::function<void()> &then);
    qint64 troubleMs(const base::Error &error);
    void report();
    void finish(const std::optional<base::Error> &error = {});

    const Services m_services;
    BatchJournal &m_journal;
    const BatchPlan m_plan;
    QHash<QString, BatchItem> m_items; ///< by key
    std::vector<std::unique_ptr<Job>> m_jobs;
    BatchProgress m_progress;
    int m_rounds = 0; ///< of questions how far they are
    std::unique_ptr<QObject> m_roundTimer; ///< until the next one
    int m_troubles = 0; ///< in a row
    QString m_trouble; ///< the last one, while it lasts
    bool m_cancelled = false;
    bool m_finished = false;
};

} // namespace talkbench::bench
