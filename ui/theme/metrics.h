#pragma once

namespace talkbench::ui {

/// The 8-px grid. Every margin, gap and fixed size is one of these or a sum of them.
namespace grid {
inline constexpr int hair = 2;
inline constexpr int half = 4;
inline constexpr int unit = 8;
inline constexpr int wide = 12;
inline constexpr int gap = 16;
inline constexpr int section = 24;
inline constexpr int block = 32;

inline constexpr int radius = 8;
inline constexpr int icon = 18;
inline constexpr int control = 32;
/// The transcript's and the composer's reading column.
inline constexpr int column = 800;
} // namespace grid

} // namespace talkbench::ui
