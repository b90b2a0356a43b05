#pragma once

#include "core/llm/validation.h"
#include "core/profile/verdict.h"
#include "core/run/scheduler.h"

#include <functional>
#include <memory>

namespace talkbench::run {

/// The checks of an answer, beside the network thread: hostile ones take tenths of a second each, and every stream's stamps
/// would wait for them.
class Checking final {
public:
    using Then = std::function<void(const QList<profile::Verdict> &verdicts)>;

    explicit Checking(Scheduler &scheduler) : m_scheduler(scheduler) { }

    /// Calls once, unless this goes before. One at a time.
    void start(const QList<llm::Validator> &validators, const QString &answer, const Then &then);
    bool isOn() const { return m_then != nullptr; }
    /// Calls at once: nothing was checked.
    void stop();

private:
    void end(const QList<profile::Verdict> &verdicts);

    Scheduler &m_scheduler;
    QList<llm::Validator> m_validators;
    Then m_then;
    std::unique_ptr<QObject> m_context;
};

} // namespace talkbench::run
