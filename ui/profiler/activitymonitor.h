#pragma once

#include "core/profile/activity.h"
#include "core/run/runservice.h"
#include "ui/profiler/framemonitor.h"
#include "ui/profiler/livecall.h"
#include "ui/profiler/pastcalls.h"

#include <QHash>
#include <QObject>
#include <QTimer>

#include <deque>

namespace talkbench::store {
class Store;
}

namespace talkbench::ui {

struct AppContext;

/// The state of the program at one moment, with what only the window looks at.
struct ActivitySample : profile::Activity {
    double seconds = 0; ///< since the monitor was made
    double requestsPerS = 0; ///< successes of the last minute
    /// Since the start, in percent; unset before the first call.
    std::optional<double> cacheHitRate;
    /// Of all calls together, estimated from what came in the last second; while something is in flight,
    /// and then until it is 0.
    std::optional<double> tokensPerS;
    /// The longest absence of the GUI thread since the last sample; while something is in flight.
    std::optional<double> stallMs;
};

/// Follows every call of the window and the program's own use of the machine. Samples twice a second while calls are in
/// flight and rarely when nothing happens, so that an idle window costs nothing.
class ActivityMonitor final : public QObject {
    Q_OBJECT

public:
    static constexpr int busyMs = 500;
    static constexpr int idleMs = 15'000;

    explicit ActivityMonitor(AppContext &context, QObject *parent = nullptr);

    const ActivitySample &sample() const { return m_sample; }
    /// Every call that runs or waits.
    const run::EngineState &state() const { return m_state; }
    /// What every call of this start came to, and over the last day those of earlier starts.
    const profile::Monitor &calls() const { return m_calls; }
    /// Of today, as the clock has it now.
    Spending spending() const;
    /// The call that began last: live, then as recorded. `key` is the message's or the run's id.
    const profile::RunRecord &lastCall() const { return m_lastCall.record(); }
    bool isLastCallLive() const { return !m_lastKey.isEmpty() && m_live.contains(m_lastKey); }
    qint64 nowNs() const { return m_clock.nowNs(); }
    double seconds() const;

    void callUpdated(const QString &key, const run::RunUpdate &update);

Q_SIGNALS:
    void sampled(const talkbench::ui::ActivitySample &sample);
    void lastCallChanged();
    void callEnded(const talkbench::profile::RunRecord &record);
    void spendingChanged();
    /// The calls of this start are not what they were when they ended, but these, in the order of their ends.
    void callsRewritten(const QList<talkbench::profile::RunRecord> &records);

private:
    struct Arrival {
        qint64 ns;
        double tokens; ///< estimated
    };

    void setState(const run::EngineState &state);
    void record(const profile::RunRecord &record);
    void addArrivals(const run::RunUpdate &update);
    /// What other starts of the program left, and what was spent today.
    void readPast(store::Store &store);
    void reload(store::Store &store);
    void replaceCalls(QList<profile::RunRecord> records);
    qint64 endOf(const profile::RunRecord &record) const;
    void take();
    double tokensPerS();

    const base::Clock &m_clock;
    const Start m_start;
    profile::Monitor m_calls;
    profile::ResourceSampler m_resources;
    FrameMonitor m_frames;
    QTimer m_timer;
    ActivitySample m_sample;
    run::EngineState m_state;
    Spending m_spending; ///< of the day of the last call
    QHash<QString, qint64> m_live; ///< calls by key: when they were submitted
    QString m_lastKey;
    LiveCall m_lastCall;
    qint64 m_lastSubmittedNs = 0;
    std::deque<Arrival> m_arrivals; ///< of the last second
    quint64 m_reloads = 0;
    quint64 m_pasts = 0;
    QList<profile::RunRecord> m_meanwhile; ///< that ended since the last reload was asked for
    bool m_reloading = false;
};

} // namespace talkbench::ui
