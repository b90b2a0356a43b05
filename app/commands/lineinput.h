#pragma once

#include "core/bench/prompts.h"

#include <QByteArray>

#include <optional>

namespace talkbench::app {

/// Standard input, line by line, as it comes.
class LineInput final {
public:
    LineInput(bench::PromptFormat format, const bench::PromptTemplate &pattern) : m_format(format), m_pattern(pattern)
    {
    }

    bool ended() const { return m_ended; }
    /// A line that can't be taken ends the input.
    const std::optional<base::Error> &error() const { return m_error; }
    /// What has come: call it when there is something to read.
    QList<bench::BatchPrompt> read();

private:
    const bench::PromptFormat m_format;
    const bench::PromptTemplate m_pattern;
    QByteArray m_held;
    qsizetype m_number = 0;
    std::optional<base::Error> m_error;
    bool m_ended = false;
};

} // namespace talkbench::app
