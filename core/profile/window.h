#pragma once

#include <QtGlobal>

#include <array>
#include <cstddef>

namespace talkbench::profile {

/// The time that figures are of, back from now.
enum class Window { Minute, Hour, Day, Start };

/// How a window moves: in so many steps of a width.
struct Steps {
    qint64 widthNs;
    qint64 count;

    /// Before the clock began, too.
    qint64 indexOf(qint64 ns) const { return (ns >= 0 ? ns : ns - widthNs + 1) / widthNs; }
    qint64 firstIndex(qint64 nowNs) const { return indexOf(nowNs) - count + 1; }
};

constexpr qint64 secondNs = 1'000'000'000;

/// Of every window but the start's, in its order.
constexpr std::array windowSteps { Steps { secondNs, 60 }, Steps { 60 * secondNs, 60 }, Steps { 900 * secondNs, 96 } };

constexpr std::size_t rowOf(Window window)
{
    return static_cast<std::size_t>(window);
}

} // namespace talkbench::profile
