#pragma once

#include <QtGlobal>

namespace talkbench::validate {

/// A limit on the work of this thread: its processor time, so that a busy machine makes no check fail. To be asked in the
/// thread that made it. Where the system does not tell a thread's time, the time of the clock.
class WorkDeadline final {
public:
    explicit WorkDeadline(qint64 milliseconds);

    bool hasExpired() const;

private:
    qint64 m_endNs;
};

} // namespace talkbench::validate
