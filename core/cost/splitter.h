#pragma once

#include <QByteArray>
#include <QStringView>

#include <vector>

namespace talkbench::cost {

/// Vocabularies that OpenAI publishes, by tiktoken's names: o200k_base and cl100k_base.
enum class Encoding { O200k, Cl100k };

/// What the split patterns tell apart; the numbers are those of resources/tokenizers/classes.
enum class CharClass : quint8 {
    Other,
    Upper, ///< Lu, Lt
    Lower, ///< Ll
    Letter, ///< Lm, Lo
    Mark, ///< M
    Number, ///< N
    Space, ///< White_Space but CR and LF
    NewLine, ///< CR, LF
};

/// The class of each code point as tiktoken's regular expressions know it. QChar's own tables are those of another Unicode.
class CharClasses {
public:
    /// Runs of one class, in order, each a little-endian uint32: first code point << 3 | class.
    explicit CharClasses(const QByteArray &runs);

    CharClass of(char32_t point) const { return m_classes[point]; }

private:
    std::vector<CharClass> m_classes;
};

/// The code point at `at`, which is below text.size(). A lone surrogate is U+FFFD.
struct CodePoint {
    char32_t value;
    qsizetype end;

    CodePoint(QStringView text, qsizetype at) : value(text[at].unicode()), end(at + 1)
    {
        if (!QChar::isSurrogate(value))
            return;
        const bool pair = QChar::isHighSurrogate(value) && end < text.size() && text[end].isLowSurrogate();
        value = pair ? QChar::surrogateToUcs4(text[at], text[end]) : char32_t(QChar::ReplacementCharacter);
        end += pair ? 1 : 0;
    }
};

/// Cuts a text into the pieces that tiktoken's split pattern (`pat_str`) of an encoding finds, in linear time. Tokens never
/// cross the border of a piece.
class Splitter {
public:
    Splitter(Encoding encoding, QStringView text, const CharClasses &classes)
        : m_encoding(encoding), m_text(text), m_classes(classes)
    {
    }

    /// Where the piece ends that begins at `start`, which is below text.size() and where a piece ends.
    qsizetype pieceEnd(qsizetype start) const;

private:
    CharClass classOf(const CodePoint &point) const { return m_classes.of(point.value); }
    qsizetype runEnd(qsizetype start, unsigned classes) const;
    qsizetype lettersEnd(qsizetype start) const;
    qsizetype casedEnd(qsizetype start) const;
    qsizetype wordEnd(qsizetype start) const;
    qsizetype contractionEnd(qsizetype start) const;
    qsizetype numberEnd(qsizetype start) const;
    qsizetype symbolsEnd(qsizetype start) const;
    qsizetype spaceEnd(qsizetype start) const;

    Encoding m_encoding;
    QStringView m_text;
    const CharClasses &m_classes;
};

} // namespace talkbench::cost
