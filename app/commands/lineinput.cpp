#include "app/commands/lineinput.h"

#include <array>
#include <unistd.h>

namespace talkbench::app {

QList<bench::BatchPrompt> LineInput::read()
{
    std::array<char, 65'536> buffer {};
    const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    m_ended = size <= 0;
    m_held.append(buffer.data(), qMax<ssize_t>(size, 0));
    if (m_ended && !m_held.endsWith('\n'))
        m_held += '\n';
    QList<bench::BatchPrompt> prompts;
    for (qsizetype end = 0; (end = m_held.indexOf('\n')) >= 0; m_held.remove(0, end + 1)) {
        const auto read = bench::readPromptLine(m_held.first(end), ++m_number, m_format, m_pattern);
        if (!read) {
            m_error = read.error();
            m_ended = true;
            break;
        }
        prompts += *read;
    }
    return prompts;
}

} // namespace talkbench::app
