#pragma once

#include "core/base/clock.h"
#include "core/bench/batchjournal.h"
#include "core/bench/batchplan.h"
#include "core/run/ledger.h"
#include "core/run/runservice.h"
#include "core/run/scheduler.h"

#include <QObject>

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace talkbench::bench {

/// Prompts × models, a bounded number at once, each result kept before the next begins. A call that was cut short is no result
/// and will be asked again.
class BatchRunner final : public QObject {
    Q_OBJECT

public:
    /// So many failures in a row that no retry could mend (a wrong key, no such host) end the batch.
    static constexpr int hopeless = 10;

    using Kept = std::function<void(const base::Result<void> &kept)>;
    /// Keeps a result, and says so in the runner's thread, at once or later.
    using Keep = std::function<void(const BatchItem &item, const profile::RunRecord &record, const Kept &then)>;

    struct Services {
        run::RunService &runs;
        const base::Clock &clock;
        run::Scheduler &scheduler;
        select::Chooser &chooser; ///< for automatic targets
        run::Ledger &ledger; ///< the budgets that refuse hold for each call
        Keep keep;
    };

    BatchRunner(const Services &services, const BatchPlan &plan, QObject *parent = nullptr);
    ~BatchRunner() override;

    /// What BatchItems found to do, and to be done already.
    void add(const QList<BatchItem> &items, const BatchProgress &before);
    /// No more will come: finished() follows when all is done, at once if it is.
    void endInput();
    /// Nothing new begins; what is in flight comes to its end, what waits for its turn is asked after resume().
    void pause();
    void resume();
    bool paused() const { return m_paused; }
    /// Nothing new begins, and what waits for its turn is given up; finished() follows when what is in flight has come to its
    /// end.
    void stop();
    /// Stops, and cuts short what is in flight.
    void cancel();

    const BatchProgress &progress() const { return m_progress; }
    /// Added, and not begun.
    qsizetype waiting() const;
    /// In flight, waiting for their turn, looked up in the response cache, or on their way into the journal.
    qsizetype begun() const { return static_cast<qsizetype>(m_runs.size()) + m_lookedUp + m_keeping; }

Q_SIGNALS:
    void resulted(const talkbench::bench::BatchResult &result);
    /// At each change, and once a second while calls are under way.
    void progressed(const talkbench::bench::BatchProgress &progress);
    /// Once, last. An error: the journal could not be written, there was no point in going on, or (kind Budget) which prompts were
    /// not sent, for whose budget.
    void finished(const std::optional<talkbench::base::Error> &error);

private:
    void pump();
    bool hasRoom() const { return !m_paused && !m_stopped && begun() < m_plan.concurrency; }
    void beginHeldBack();
    bool begin(const BatchItem &item);
    bool beginChosen(const BatchItem &item);
    std::optional<select::Pick> choose(const BatchItem &item);
    void startChosen(const BatchItem &item, const select::Pick &pick);
    run::RunRequest requestFor(const BatchItem &item, const select::ModelRef &ref, const QJsonObject &decision) const;
    void watch(const BatchItem &item, std::unique_ptr<run::Run> run);
    void refuse(const QString &provider, const QString &why);
    void refuseUnlessKept(const BatchItem &item, const run::RunRequest &request, const QString &why);
    std::optional<base::Error> outcome() const;
    void tellRuns(void (run::Run::*what)());
    void putBack(const BatchItem &item);
    void onUpdated(const QString &key, const run::RunUpdate &update);
    void onFinished(const BatchItem &item, const profile::RunRecord &record);
    void keep(const BatchItem &item, const profile::RunRecord &record);
    void onKept(const BatchItem &item, const profile::RunRecord &record, const base::Result<void> &kept);
    void count(const BatchItem &item, const profile::RunRecord &record);
    void countResult();
    void tell();
    void tick();
    void setPace();
    void finishIfDone();

    const Services m_services;
    const BatchPlan m_plan;
    const QString m_id;
    QList<BatchItem> m_waiting;
    qsizetype m_next = 0; ///< of m_waiting
    /// By target: those that a budget holds back until it is known what calls under way cost.
    QMap<qsizetype, QList<BatchItem>> m_heldBack;
    struct Refused {
        qsizetype prompts = 0;
        QString why; ///< of the last
    };
    QMap<QString, Refused> m_refused; ///< by provider; the next batch asks them
    std::map<QString, std::unique_ptr<run::Run>> m_runs; ///< by key
    QSet<QString> m_withdrawn; ///< of m_runs, those that a pause met
    struct Held {
        QString by;
        bool timed = false; ///< however fast the others are

        bool operator==(const Held &) const = default;
    };
    QHash<QString, Held> m_held; ///< of m_runs, those that wait
    bool m_ticking = false;
    qsizetype m_lookedUp = 0; ///< calls that a budget refuses if they cost anything
    qsizetype m_keeping = 0; ///< results that are on their way into the journal
    QList<qint64> m_recentNs; ///< since when it counts results, then when the last ones came
    BatchProgress m_progress;
    int m_failuresInARow = 0;
    std::optional<base::Error> m_error;
    bool m_inputEnded = false;
    bool m_paused = false;
    bool m_stopped = false;
    bool m_finished = false;
};

/// Keeps results at once, in the runner's thread.
BatchRunner::Keep keepIn(BatchJournal &journal);

} // namespace talkbench::bench
