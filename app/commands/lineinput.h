#pragma once

#include "core/bench/prompts.h"

#include <QByteArray>

#include <optional>
#include <unistd.h>

namespace talkbench::app {

/// Standard input, line by line, as it comes.
class LineInput final {
public:
    /// Bytes; a longer one is an error.
    static constexpr qsizetype longestLine = 16'000'000;

    /// `file` is an open descriptor, and stays open.
    LineInput(bench::PromptFormat format, const bench::PromptTemplate &pattern, int file = STDIN_FILENO)
        : m_format(format), m_pattern(pattern), m_file(file)
    {
    }

    bool ended() const { return m_ended; }
    /// Input that can't be read, or a line that can't be taken, ends it.
    const std::optional<base::Error> &error() const { return m_error; }
    /// What has come: call it when there is something to read.
    QList<bench::BatchPrompt> read();

private:
    QList<bench::BatchPrompt> takeLines(qsizetype searched);
    void fail(const QString &message);

    const bench::PromptFormat m_format;
    const bench::PromptTemplate m_pattern;
    const int m_file;
    QByteArray m_held; ///< the beginning of a line
    qsizetype m_number = 0;
    std::optional<base::Error> m_error;
    bool m_ended = false;
};

} // namespace talkbench::app
