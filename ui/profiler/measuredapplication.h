#pragma once

#include "core/base/histogram.h"

#include <QApplication>

namespace talkbench::ui {

/// A QApplication that times its own thread: every turn away from the event loop, and of those the repaints of a window. Told by
/// the system to quit, it does: nobody may be there to answer what a window would ask before it closes.
class MeasuredApplication final : public QApplication {
public:
    using QApplication::QApplication;

    bool notify(QObject *receiver, QEvent *event) override;
    bool event(QEvent *event) override;
    void startMeasuring();
    /// {frames, frame_ms {p50, p95, p99, max}, away_ms {p50, p95, p99, max}}
    QByteArray reportJson() const;

private:
    bool m_measuring = false;
    int m_depth = 0;
    base::Histogram m_frames;
    base::Histogram m_away;
};

} // namespace talkbench::ui
