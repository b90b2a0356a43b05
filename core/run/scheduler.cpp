#include "core/run/scheduler.h"

#include <QTimer>

#include <chrono>
#include <utility>

namespace talkbench::run {

void TimerScheduler::after(qint64 ms, QObject *context, std::function<void()> call)
{
    QTimer::singleShot(std::chrono::milliseconds(ms), Qt::PreciseTimer, context, std::move(call));
}

} // namespace talkbench::run
