#include "ui/profiler/measuredapplication.h"

#include "core/base/clock.h"

#include <QEvent>

namespace talkbench::ui {

using namespace Qt::StringLiterals;

namespace {

QString figures(const base::Histogram &nanoseconds)
{
    const auto ms = [](qint64 ns) { return QString::number(static_cast<double>(ns) / 1e6, 'f', 3); };
    return u"{\"p50\": %1, \"p95\": %2, \"p99\": %3, \"max\": %4}"_s.arg(
        ms(nanoseconds.percentile(50).value), ms(nanoseconds.percentile(95).value),
        ms(nanoseconds.percentile(99).value), ms(nanoseconds.max()));
}

} // namespace

bool MeasuredApplication::notify(QObject *receiver, QEvent *event)
{
    if (!m_measuring || m_depth > 0)
        return QApplication::notify(receiver, event);
    const base::SystemClock clock;
    const QEvent::Type type = event->type(); // it may be gone afterwards
    const qint64 begun = clock.nowNs();
    ++m_depth;
    const bool handled = QApplication::notify(receiver, event);
    --m_depth;
    const qint64 took = clock.nowNs() - begun;
    m_away.record(took);
    if (type == QEvent::UpdateRequest)
        m_frames.record(took);
    return handled;
}

bool MeasuredApplication::event(QEvent *event)
{
    if (event->type() != QEvent::Quit)
        return QApplication::event(event);
    exit(0);
    return true;
}

void MeasuredApplication::startMeasuring()
{
    m_frames.clear();
    m_away.clear();
    m_measuring = true;
}

QByteArray MeasuredApplication::reportJson() const
{
    return u"{\"frames\": %1, \"frame_ms\": %2, \"away_ms\": %3}"_s
        .arg(QString::number(m_frames.count()), figures(m_frames), figures(m_away))
        .toUtf8();
}

} // namespace talkbench::ui
