#pragma once

#include "core/base/clock.h"
#include "core/profile/tally.h"

#include <array>
#include <deque>
#include <map>
#include <tuple>

namespace talkbench::profile {

/// The time that figures are of, back from now.
enum class Window { Minute, Hour, Day, Start };

/// Calls of one model of one provider; an empty field stands for all.
struct Series {
    QString providerId = {};
    QString model = {};

    bool operator==(const Series &) const = default;
    bool operator<(const Series &other) const
    {
        return std::tie(providerId, model) < std::tie(other.providerId, other.model);
    }
};

/// What all calls of this start of the program came to, by model, over sliding windows. Fed with every record at its end,
/// once. A window moves in steps of its resolution: 1 s of the minute, 1 min of the hour, 15 min of the day. Memory grows
/// with the number of models and of distinct figures (to three digits), not with the number of calls.
class Monitor {
public:
    explicit Monitor(const base::Clock &clock);

    void add(const RunRecord &record);

    /// The models that were called, in order.
    QList<Series> series() const;
    Tally tally(Window window, const Series &series = {}) const;
    /// As tally(…).counts(), for less.
    Counts counts(Window window, const Series &series = {}) const;
    /// Of the window, how much lies between its first step, or the start, and now.
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

    void visit(Window window, const Series &series, const auto &use) const;

    const base::Clock &m_clock;
    qint64 m_startNs;
    std::map<Series, History> m_series;
};

} // namespace talkbench::profile
