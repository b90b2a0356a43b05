#include "core/validate/workdeadline.h"

#include <chrono>
#include <ctime>

namespace talkbench::validate {

namespace {

qint64 workedNs()
{
#ifdef CLOCK_THREAD_CPUTIME_ID
    timespec worked {};
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &worked) == 0)
        return qint64(worked.tv_sec) * 1'000'000'000 + worked.tv_nsec;
#endif
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

} // namespace

WorkDeadline::WorkDeadline(qint64 milliseconds) : m_endNs(workedNs() + milliseconds * 1'000'000)
{
}

bool WorkDeadline::hasExpired() const
{
    return workedNs() >= m_endNs;
}

} // namespace talkbench::validate
