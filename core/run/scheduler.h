#pragma once

#include <QObject>

#include <functional>

namespace talkbench::run {

/// Later, injectable: what base::Clock is to the present.
class Scheduler {
public:
    virtual ~Scheduler() = default;
    /// Calls once, in `context`'s thread, unless `context` is destroyed before.
    virtual void after(qint64 ms, QObject *context, std::function<void()> call) = 0;
};

class TimerScheduler final : public Scheduler {
public:
    void after(qint64 ms, QObject *context, std::function<void()> call) override;
};

} // namespace talkbench::run
