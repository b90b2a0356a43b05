#pragma once

#include "core/base/histogram.h"
#include "core/llm/provider.h"
#include "core/profile/resourcesampler.h"
#include "core/run/runservice.h"

#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QObject>

#include <memory>
#include <vector>

namespace talkbench::bench {

struct CalibrationPlan {
    int streams = 64;
    double tokensPerSecond = 100; ///< of each stream, one token a chunk
    int tokens = 200;
};

/// How far the client's stamps are from the truth. Errors are receive stamp − send stamp, in nanoseconds.
struct CalibrationReport {
    CalibrationPlan plan;
    base::Histogram firstChunkErrors;
    base::Histogram chunkErrors;
    qint64 lost = 0;
    /// Stamped before they were sent, or before the chunk ahead of them.
    qint64 reordered = 0;
    /// This process only, while the streams ran.
    double cpuSeconds = 0;
    double residentMegabytes = 0;
    /// Calls that did not end well, and what the first of them said.
    int failed = 0;
    QString problem;

    bool clean() const { return failed == 0 && lost == 0 && reordered == 0; }
};

/// {streams, rate, tokens, first_chunk_error_ms {p50, p90, p99, max}, chunk_error_ms {…}, lost, reordered, cpu_s, rss_mb}
QJsonObject toJson(const CalibrationReport &report);

/// Compares one stream's chunk stamps with when the simulator sent them.
void compareStamps(const QList<profile::ChunkStamp> &received, const QList<qint64> &sentNs, CalibrationReport &report);

/// Drives concurrent streams of a simulator through a RunService and asks the simulator when it really sent each chunk.
/// Both must share one machine, and so one monotonic clock. `simulator` is its root URL.
class Calibration final : public QObject {
    Q_OBJECT

public:
    Calibration(run::RunService &runs, const base::Clock &clock, const QUrl &simulator, const CalibrationPlan &plan,
                QObject *parent = nullptr);
    ~Calibration() override;

    void start();

Q_SIGNALS:
    void finished(const talkbench::bench::CalibrationReport &report);

private:
    run::RunRequest request() const;
    void onEnded(const profile::RunRecord &record);
    void askForTruth(qsizetype index, int triesLeft);
    void onTruth(qsizetype index, const QByteArray &body);
    void settle();

    run::RunService &m_service;
    const QUrl m_simulator;
    profile::ResourceSampler m_resources;
    profile::ResourceSample m_before;
    CalibrationReport m_report;
    std::vector<std::unique_ptr<run::Run>> m_runs;
    QList<profile::RunRecord> m_records;
    qsizetype m_ended = 0;
    qsizetype m_compared = 0;
    QNetworkAccessManager m_network;
};

} // namespace talkbench::bench

Q_DECLARE_METATYPE(talkbench::bench::CalibrationReport)
