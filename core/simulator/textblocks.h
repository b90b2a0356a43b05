#pragma once

#include <span>

namespace talkbench::simulator {

/// A hand-written section of an answer. `%topic%` stands for what the prompt is about, `%a%`, `%b%` and `%c%` for words of it.
struct TextBlock {
    enum class Kind { List, Table, Code, Prose };

    Kind kind;
    const char *triggers; ///< words of a prompt that ask for it, between blanks
    const char *markdown;
};

std::span<const TextBlock> textBlocks();

/// Sentences of reasoning, with the same placeholders.
std::span<const char *const> reasoningSentences();

} // namespace talkbench::simulator
