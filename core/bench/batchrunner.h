#pragma once

#include "core/base/clock.h"
#include "core/bench/batchjournal.h"
#include "core/bench/batchplan.h"
#include "core/run/runservice.h"

#include <QObject>

#include <map>
#include <memory>
#include <optional>

namespace talkbench::bench {

/// Prompts × models, a bounded number at once, each result kept before the next begins. What the journal holds is not
/// asked for again; a call that was cut short is no result and will be asked again.
class BatchRunner final : public QObject {
    Q_OBJECT

public:
    /// So many failures in a row that no retry could mend (a wrong key, no such host) end the batch.
    static constexpr int hopeless = 10;

    BatchRunner(run::RunService &runs, const base::Clock &clock, BatchJournal &journal, const BatchPlan &plan,
                QObject *parent = nullptr);
    ~BatchRunner() override;

    void add(const QList<BatchPrompt> &prompts);
    /// What BatchItems found to do, and to be done already.
    void add(const QList<BatchItem> &items, const BatchProgress &before);
    /// No more will come: finished() follows when all is done, at once if it is.
    void endInput();
    /// Nothing new begins; what is in flight comes to its end.
    void pause();
    void resume();
    bool paused() const { return m_paused; }
    /// Nothing new begins; finished() follows when what is in flight has come to its end.
    void stop();
    /// Stops, and cuts short what is in flight.
    void cancel();

    const BatchProgress &progress() const { return m_progress; }

Q_SIGNALS:
    void resulted(const talkbench::bench::BatchResult &result);
    void progressed(const talkbench::bench::BatchProgress &progress);
    /// Once, last. An error: the journal could not be written, or there was no point in going on.
    void finished(const std::optional<talkbench::base::Error> &error);

private:
    void pump();
    void begin(const BatchItem &item);
    void onFinished(const BatchItem &item, const profile::RunRecord &record);
    void keep(const BatchItem &item, const profile::RunRecord &record);
    void countResult();
    void finishIfDone();

    run::RunService &m_service;
    const base::Clock &m_clock;
    BatchJournal &m_journal;
    const BatchPlan m_plan;
    BatchItems m_items;
    const QString m_id;
    QList<BatchItem> m_waiting;
    qsizetype m_next = 0; ///< of m_waiting
    std::map<QString, std::unique_ptr<run::Run>> m_runs; ///< by key
    QList<qint64> m_recentNs; ///< when the last results came
    BatchProgress m_progress;
    int m_failuresInARow = 0;
    std::optional<base::Error> m_error;
    bool m_inputEnded = false;
    bool m_paused = false;
    bool m_stopped = false;
    bool m_finished = false;
};

} // namespace talkbench::bench
