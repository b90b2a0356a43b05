#pragma once

#include <QObject>
#include <QThreadPool>

#include <functional>

namespace talkbench::run {

/// Later and elsewhere, injectable: what base::Clock is to the present.
class Scheduler {
public:
    /// What is left to do, in the thread that asked.
    using Then = std::function<void()>;
    /// Holds values only.
    using Work = std::function<Then()>;

    virtual ~Scheduler() = default;
    /// Calls once, in `context`'s thread, unless `context` is destroyed before.
    virtual void after(qint64 ms, QObject *context, std::function<void()> call) = 0;
    /// Works in another thread, for what takes long; then follows in this one, which is `context`'s, unless `context` is
    /// destroyed before.
    virtual void aside(QObject *context, Work work) = 0;
};

class TimerScheduler final : public Scheduler {
public:
    TimerScheduler();
    /// Waits for what is being worked at; what has not begun never does.
    ~TimerScheduler() override;

    void after(qint64 ms, QObject *context, std::function<void()> call) override;
    void aside(QObject *context, Work work) override;

private:
    QThreadPool m_pool;
};

} // namespace talkbench::run
