#pragma once

#include "core/simulator/knobs.h"

#include <optional>
#include <span>

namespace talkbench::simulator {

constexpr int contextTokens = 131'072; ///< what the lists of models tell

/// The character of a simulated model; knobs that are set outweigh it.
struct Model {
    const char *name;
    const char *size; ///< as Ollama tells it
    Spread ttft;
    Spread gap;
    int sections; ///< of an ordinary answer
    int reasoning; ///< tokens before the text
};

std::span<const Model> models();

/// Any other name that begins with `sim-` is a model too, with the character of sim-medium.
std::optional<Model> modelByName(const QString &name);

} // namespace talkbench::simulator
