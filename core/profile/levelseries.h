#pragma once

#include "core/profile/window.h"

#include <deque>

namespace talkbench::profile {

/// Something that changes now and then, such as the length of a queue: how it was over sliding windows. Stamps are monotonic
/// nanoseconds, in order.
class LevelSeries {
public:
    struct Figures {
        double mean = 0; ///< over time
        double max = 0;
    };

    explicit LevelSeries(qint64 startNs);

    void set(double level, qint64 nowNs);
    double level() const { return m_level; }
    Figures figures(Window window, qint64 nowNs) const;

private:
    struct Slot {
        qint64 index;
        double levelNs = 0; ///< the level times how long it was so
        qint64 ns = 0; ///< that is known of
        double max = 0;
    };

    void advance(qint64 nowNs);

    double m_level = 0;
    qint64 m_nowNs;
    std::array<std::deque<Slot>, windowSteps.size()> m_windows;
    Slot m_all {};
};

} // namespace talkbench::profile
