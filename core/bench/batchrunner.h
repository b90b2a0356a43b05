#pragma once

#include "core/base/clock.h"
#include "core/bench/batchjournal.h"
#include "core/bench/prompts.h"
#include "core/run/runservice.h"

#include <QObject>

#include <map>
#include <memory>
#include <optional>

namespace talkbench::bench {

struct BatchTarget {
    llm::Endpoint endpoint;
    QString model;
    /// What tells this server from others the next time: the provider's id, or an address that somebody typed.
    QString server;
};

struct BatchPlan {
    QList<BatchTarget> targets;
    QString system; ///< for prompts that have none of their own
    llm::ChatOptions options;
    net::TransportLimits limits;
    int concurrency = 8; ///< calls at once, of this batch
    /// Ask again what had failed when the batch last ran.
    bool retryFailed = false;
};

/// A result as a table shows it; the whole is in the journal. What is unknown is unset.
struct BatchResult {
    QString id; ///< the prompt's
    QString model;
    bool ok = false;
    QString text; ///< the answer, or what went wrong
    std::optional<double> outputTokens = {};
    std::optional<double> costUsd = {};
    std::optional<double> ttftMs = {};
    std::optional<double> responseMs = {};
};

struct BatchProgress {
    qsizetype total = 0; ///< so far: prompts × targets
    qsizetype ok = 0;
    qsizetype failed = 0;
    qsizetype fromBefore = 0; ///< of those, found in the journal
    qsizetype inFlight = 0;
    double perSecond = 0; ///< of the last few results
    std::optional<qint64> remainingMs;
    double costUsd = 0; ///< of this run of the batch
    qsizetype unpriced = 0; ///< calls that are not in it

    qsizetype done() const { return ok + failed; }
};

/// "1200 of 10000 · 64 in flight · 2 failed · 210/s · 42 s left · $0.12"
QString progressLine(const BatchProgress &progress);

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
    struct Item {
        QString key;
        BatchPrompt prompt;
        qsizetype target = 0;
    };

    void pump();
    void begin(const Item &item);
    void onFinished(const Item &item, const profile::RunRecord &record);
    static BatchResult resultOf(const Item &item, const profile::RunRecord &record);
    void keep(const Item &item, const profile::RunRecord &record);
    void countResult();
    void finishIfDone();
    QString keyOf(const BatchPrompt &prompt, const BatchTarget &target);

    run::RunService &m_service;
    const base::Clock &m_clock;
    BatchJournal &m_journal;
    const BatchPlan m_plan;
    const QString m_id;
    QList<Item> m_waiting;
    qsizetype m_next = 0; ///< of m_waiting
    std::map<QString, std::unique_ptr<run::Run>> m_runs; ///< by key
    QHash<QByteArray, int> m_seen; ///< the same request may be wanted several times
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

Q_DECLARE_METATYPE(talkbench::bench::BatchProgress)
