#include "app/commands/lineinput.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace talkbench::app {

using namespace Qt::StringLiterals;

QList<bench::BatchPrompt> LineInput::read()
{
    std::array<char, 65'536> buffer {};
    const ssize_t size = ::read(m_file, buffer.data(), buffer.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
        return {};
    if (size < 0)
        fail(u"The input can't be read: %1."_s.arg(QString::fromLocal8Bit(std::strerror(errno))));
    if (size <= 0)
        m_ended = true;
    const qsizetype searched = m_held.size();
    m_held.append(buffer.data(), qMax<ssize_t>(size, 0));
    if (size == 0 && !m_held.isEmpty())
        m_held += '\n'; // of a last line that has none
    QList<bench::BatchPrompt> prompts = takeLines(searched);
    if (!m_ended && m_held.size() > longestLine)
        fail(u"Line %1 is longer than %2 MB."_s.arg(m_number + 1).arg(longestLine / 1'000'000));
    return prompts;
}

/// Whole lines of what is held, in which there is no end of a line before `searched`.
QList<bench::BatchPrompt> LineInput::takeLines(qsizetype searched)
{
    QList<bench::BatchPrompt> prompts;
    qsizetype begin = 0;
    for (qsizetype end = m_held.indexOf('\n', searched); end >= 0; end = m_held.indexOf('\n', begin)) {
        const auto read = bench::readPromptLine(m_held.mid(begin, end - begin), ++m_number, m_format, m_pattern);
        begin = end + 1;
        if (!read) {
            m_error = read.error();
            m_ended = true;
            break;
        }
        prompts += *read;
    }
    m_held.remove(0, begin);
    return prompts;
}

void LineInput::fail(const QString &message)
{
    m_error = base::Error { base::ErrorKind::Storage, message, {}, 0, {} };
    m_ended = true;
}

} // namespace talkbench::app
