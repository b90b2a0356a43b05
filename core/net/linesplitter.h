#pragma once

#include <QByteArray>

#include <cstring>

namespace talkbench::net {

/// Cuts a stream of bytes into lines at LF, CRLF and CR, wherever the reads fall. A line's end is known at its CR: the
/// LF that may follow in a later read is swallowed then, so no line waits for a byte that need not come.
class LineSplitter final {
public:
    explicit LineSplitter(qsizetype longestLine) : m_longest(longestLine) { }

    /// Hands each complete line, without its end, to `take(QByteArrayView) -> bool`, which may stop the cutting.
    /// False if it did, or if a line is longer than allowed.
    template <typename Take>
    bool feed(QByteArrayView bytes, Take &&take)
    {
        if (m_skipLineFeed && !bytes.isEmpty()) {
            m_skipLineFeed = false;
            if (bytes.front() == '\n')
                bytes = bytes.sliced(1);
        }
        while (!bytes.isEmpty()) {
            const char *lineFeed = find(bytes, '\n');
            QByteArrayView block = lineFeed ? bytes.first(lineFeed - bytes.data()) : bytes;
            bytes = bytes.sliced(lineFeed ? block.size() + 1 : block.size());
            // Carriage returns are rare: one look for them in what the line feed closed.
            for (const char *cr = find(block, '\r'); cr; cr = find(block, '\r')) {
                const qsizetype length = cr - block.data();
                if (!close(block.first(length), take))
                    return false;
                block = block.sliced(length + 1);
                if (block.isEmpty()) {
                    m_skipLineFeed = !lineFeed;
                    lineFeed = nullptr; // part of this CRLF
                }
            }
            if (lineFeed ? !close(block, take) : !keep(block))
                return false;
        }
        return true;
    }

    /// The unterminated last line, if there is one.
    template <typename Take>
    bool end(Take &&take)
    {
        return m_open.isEmpty() || close({}, take);
    }

private:
    static const char *find(QByteArrayView bytes, char wanted)
    {
        if (bytes.isEmpty())
            return nullptr;
        return static_cast<const char *>(std::memchr(bytes.data(), wanted, static_cast<size_t>(bytes.size())));
    }

    bool keep(QByteArrayView part)
    {
        if (part.size() > m_longest - m_open.size())
            return false;
        m_open.append(part);
        return true;
    }

    template <typename Take>
    bool close(QByteArrayView rest, Take &take)
    {
        if (m_open.isEmpty())
            return rest.size() <= m_longest && take(rest);
        if (!keep(rest))
            return false;
        const bool goOn = take(QByteArrayView(m_open));
        m_open.resize(0);
        return goOn;
    }

    qsizetype m_longest;
    QByteArray m_open; ///< the line that the reads so far leave open
    bool m_skipLineFeed = false;
};

} // namespace talkbench::net
