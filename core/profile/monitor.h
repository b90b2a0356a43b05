#pragma once

#include "core/base/clock.h"
#include "core/profile/levelseries.h"
#include "core/profile/tally.h"

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace talkbench::profile {

/// Calls of one model of one provider for one purpose; an empty field stands for all.
struct Series {
    QString providerId = {};
    QString model = {};
    std::optional<Operation> operation = {};

    bool operator==(const Series &) const = default;
    bool operator<(const Series &other) const
    {
        return std::tie(providerId, model, operation) < std::tie(other.providerId, other.model, other.operation);
    }
};

/// What all calls of this start of the program came to, by model and operation, over sliding windows, and how
/// long the queue was meanwhile. Fed with every record at its end, once. A window moves in steps of its resolution: 1 s of the minute, 1 min of the hour, 15 min of the day. Memory grows
/// with the number of models and of distinct figures (to three digits), not with the number of calls.
class Monitor {
public:
    explicit Monitor(const base::Clock &clock);

    void add(const RunRecord &record) { add(record, m_clock.nowNs()); }
    /// One that ended before this start of the program, at this time of its clock: it is of the windows, not of the start's.
    void addEarlier(const RunRecord &record, qint64 endNs);
    /// What addEarlier() was told there.
    void mergeEarlier(const Monitor &other);
    /// As if nothing had been added but these, in the order of their ends (monotonic ns): what is known of calls has changed.
    void replace(const QList<std::pair<qint64, RunRecord>> &ended);
    void setQueued(int calls);

    /// Of every model and operation that was called, in order.
    QList<Series> series() const;
    Tally tally(Window window, const Series &series = {}) const;
    /// Calls that waited for their turn.
    LevelSeries::Figures queued(Window window) const { return m_queued.figures(window, m_clock.nowNs()); }
    /// As tally(…).counts(), for less.
    Counts counts(Window window, const Series &series = {}) const;
    /// Of the window, how much lies between its first step, or the first call that is known, or the start, and now.
    double seconds(Window window) const;

private:
    struct Slot {
        qint64 index;
        Tally tally;
    };
    using Slots = std::deque<Slot>;

    struct History {
        std::array<Slots, 3> windows;
        Tally all;
    };

    static Tally &tallyAt(Slots &ring, qint64 index);
    void add(const RunRecord &record, qint64 endNs);
    void addCall(const RunRecord &call, qint64 endNs);
    void addToWindows(History &history, const Sample &sample, qint64 endNs);
    void forgetOld(History &history);
    void visit(Window window, const Series &series, const auto &use) const;

    const base::Clock &m_clock;
    qint64 m_startNs;
    qint64 m_knownSinceNs; ///< m_startNs, or the end of the first earlier call
    std::map<Series, History> m_series;
    LevelSeries m_queued;
};

} // namespace talkbench::profile
