#include "core/cost/splitter.h"

#include <QtEndian>

#include <algorithm>

namespace talkbench::cost {

namespace {

constexpr qsizetype none = -1;
constexpr std::size_t codePoints = 0x110000;

constexpr unsigned bit(CharClass kind)
{
    return 1U << static_cast<unsigned>(kind);
}

constexpr unsigned caseless = bit(CharClass::Letter) | bit(CharClass::Mark);
constexpr unsigned upper = bit(CharClass::Upper) | caseless;
constexpr unsigned lower = bit(CharClass::Lower) | caseless;
constexpr unsigned letters = bit(CharClass::Upper) | bit(CharClass::Lower) | bit(CharClass::Letter);
constexpr unsigned symbols = bit(CharClass::Other) | bit(CharClass::Mark);
constexpr unsigned spaces = bit(CharClass::Space) | bit(CharClass::NewLine);
/// [^\r\n\p{L}\p{N}], which may stand before a word.
constexpr unsigned prefixes = symbols | bit(CharClass::Space);

} // namespace

CharClasses::CharClasses(const QByteArray &runs) : m_classes(codePoints, CharClass::Other)
{
    constexpr qsizetype width = sizeof(quint32);
    for (qsizetype at = 0; at + width <= runs.size(); at += width) {
        const auto run = qFromLittleEndian<quint32>(runs.constData() + at);
        const bool last = at + 2 * width > runs.size();
        const std::size_t end = last ? codePoints : qFromLittleEndian<quint32>(runs.constData() + at + width) >> 3;
        for (std::size_t point = run >> 3; point < std::min(end, codePoints); ++point)
            m_classes[point] = static_cast<CharClass>(run & 7);
    }
}

qsizetype Splitter::pieceEnd(qsizetype start) const
{
    const unsigned first = bit(classOf({ m_text, start }));
    if (first & bit(CharClass::Number))
        return numberEnd(start);
    if (first & bit(CharClass::NewLine))
        return spaceEnd(start);
    if (m_encoding == Encoding::Cl100k) { // where a contraction is a piece of its own, and the first alternative
        if (const qsizetype end = contractionEnd(start); end > start)
            return end;
    }
    if (const qsizetype end = wordEnd(start); end != none)
        return end;
    if (const qsizetype end = symbolsEnd(start); end != none)
        return end;
    return spaceEnd(start);
}

qsizetype Splitter::runEnd(qsizetype start, unsigned classes) const
{
    while (start < m_text.size()) {
        const CodePoint point(m_text, start);
        if (!(bit(classOf(point)) & classes))
            break;
        start = point.end;
    }
    return start;
}

/// cl100k: [^\r\n\p{L}\p{N}]?+\p{L}++
qsizetype Splitter::lettersEnd(qsizetype start) const
{
    const CodePoint first(m_text, start);
    const qsizetype begin = bit(classOf(first)) & prefixes ? first.end : start;
    const qsizetype end = runEnd(begin, letters);
    return end > begin ? end : none;
}

/// o200k: [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+, whose first half gives back what the second needs.
qsizetype Splitter::casedEnd(qsizetype start) const
{
    qsizetype lastCaselessEnd = none;
    qsizetype at = start;
    while (at < m_text.size()) {
        const CodePoint point(m_text, at);
        const unsigned kind = bit(classOf(point));
        if (!(kind & upper))
            break;
        at = point.end;
        if (kind & caseless)
            lastCaselessEnd = at;
    }
    const qsizetype end = runEnd(at, lower);
    return end > at ? end : lastCaselessEnd;
}

qsizetype Splitter::wordEnd(qsizetype start) const
{
    if (m_encoding == Encoding::Cl100k)
        return lettersEnd(start);
    const CodePoint first(m_text, start);
    const bool prefixed = bit(classOf(first)) & prefixes;
    const qsizetype begin = prefixed ? first.end : start;
    if (const qsizetype end = casedEnd(begin); end != none)
        return contractionEnd(end);
    if (prefixed) { // the prefix may be a mark, and then a word itself
        if (const qsizetype end = casedEnd(start); end != none)
            return contractionEnd(end);
    }
    const qsizetype end = runEnd(begin, upper);
    return end > begin ? contractionEnd(end) : none;
}

/// (?i:'s|'t|'re|'ve|'m|'ll|'d)?, and Unicode folds U+017F to s.
qsizetype Splitter::contractionEnd(qsizetype start) const
{
    const QStringView rest = m_text.sliced(start);
    if (rest.size() < 2 || rest[0] != u'\'')
        return start;
    const char16_t first = rest[1].toLower().unicode();
    if (first == u's' || first == u't' || first == u'm' || first == u'd' || first == u'\u017f')
        return start + 2;
    const char16_t second = rest.size() > 2 ? rest[2].toLower().unicode() : u'\0';
    const bool two = (second == u'e' && (first == u'r' || first == u'v')) || (second == u'l' && first == u'l');
    return two ? start + 3 : start;
}

/// \p{N}{1,3}
qsizetype Splitter::numberEnd(qsizetype start) const
{
    for (int digits = 0; digits < 3 && start < m_text.size(); ++digits) {
        const CodePoint point(m_text, start);
        if (classOf(point) != CharClass::Number)
            break;
        start = point.end;
    }
    return start;
}

///  ?[^\s\p{L}\p{N}]+[\r\n]*, and of o200k [\r\n/]*
qsizetype Splitter::symbolsEnd(qsizetype start) const
{
    const qsizetype begin = m_text[start] == u' ' ? start + 1 : start;
    qsizetype end = runEnd(begin, symbols);
    if (end == begin)
        return none;
    const auto follows = [this](QChar c) {
        return c == u'\n' || c == u'\r' || (c == u'/' && m_encoding == Encoding::O200k);
    };
    while (end < m_text.size() && follows(m_text[end]))
        ++end;
    return end;
}

/// o200k: \s*[\r\n]+|\s+(?!\S)|\s+, cl100k: \s++$|\s*[\r\n]|\s+(?!\S)|\s
qsizetype Splitter::spaceEnd(qsizetype start) const
{
    const qsizetype end = runEnd(start, spaces);
    const bool last = end == m_text.size();
    if (last && m_encoding == Encoding::Cl100k)
        return end;
    for (qsizetype at = end; at > start; --at) {
        if (m_text[at - 1] == u'\n' || m_text[at - 1] == u'\r')
            return at;
    }
    return last || end - start == 1 ? end : end - 1;
}

} // namespace talkbench::cost
