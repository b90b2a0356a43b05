#include "core/cost/tokenizer.h"

#include "core/cost/bytepairs.h"

#include <QFile>

#include <algorithm>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

struct Row {
    Encoding encoding;
    const char *name;
    qsizetype tokens;
};

constexpr std::array rows {
    Row { Encoding::O200k, "o200k_base", 199'998 },
    Row { Encoding::Cl100k, "cl100k_base", 100'256 },
};

const Row &rowOf(Encoding encoding)
{
    return rows[static_cast<std::size_t>(encoding)];
}

QByteArray resource(const QString &name)
{
    QFile file(u":/tokenizers/"_s + name);
    return file.open(QIODevice::ReadOnly) ? qUncompress(file.readAll()) : QByteArray();
}

/// UTF-8 of a text; a lone surrogate is U+FFFD, where QString::toUtf8() writes a question mark.
void appendUtf8(QByteArray &bytes, QStringView text)
{
    for (qsizetype at = 0; at < text.size();) {
        const CodePoint point(text, at);
        at = point.end;
        const auto follow = [&](int shift) { bytes.append(static_cast<char>(0x80 | (point.value >> shift & 0x3f))); };
        if (point.value < 0x80) {
            bytes.append(static_cast<char>(point.value));
        } else if (point.value < 0x800) {
            bytes.append(static_cast<char>(0xc0 | point.value >> 6));
            follow(0);
        } else if (point.value < 0x10000) {
            bytes.append(static_cast<char>(0xe0 | point.value >> 12));
            follow(6);
            follow(0);
        } else {
            bytes.append(static_cast<char>(0xf0 | point.value >> 18));
            follow(12);
            follow(6);
            follow(0);
        }
    }
}

} // namespace

QString encodingName(Encoding encoding)
{
    return QLatin1StringView(rowOf(encoding).name);
}

std::optional<Encoding> encodingFromName(const QString &name)
{
    for (const Row &row : rows) {
        if (name == QLatin1StringView(row.name))
            return row.encoding;
    }
    return std::nullopt;
}

QStringList encodingNames()
{
    QStringList names;
    for (const Row &row : rows)
        names.append(encodingName(row.encoding));
    return names;
}

Tokenizer::Tokenizer(Encoding encoding)
    : m_encoding(encoding), m_classes(resource(u"classes"_s)),
      m_vocabulary(resource(encodingName(encoding) + u".ranks"_s), rowOf(encoding).tokens)
{
}

/// With the piece's bytes, which hold until the next.
template <typename OnPiece>
void Tokenizer::forEachPiece(QStringView text, OnPiece onPiece) const
{
    const Splitter splitter(m_encoding, text, m_classes);
    QByteArray bytes;
    bytes.reserve(64);
    for (qsizetype start = 0; start < text.size();) {
        const qsizetype end = splitter.pieceEnd(start);
        bytes.resize(0);
        appendUtf8(bytes, text.sliced(start, end - start));
        onPiece(QByteArrayView(bytes));
        start = end;
    }
}

qint64 Tokenizer::count(QStringView text) const
{
    qint64 tokens = 0;
    forEachPiece(text, [&](QByteArrayView bytes) {
        const bool whole = m_vocabulary.find(bytes) != Vocabulary::none;
        tokens += whole ? 1 : mergePairs(m_vocabulary, bytes).size() - 1;
    });
    return tokens;
}

QList<quint32> Tokenizer::encode(QStringView text) const
{
    QList<quint32> ranks;
    forEachPiece(text, [&](QByteArrayView bytes) {
        if (const Vocabulary::Rank whole = m_vocabulary.find(bytes); whole != Vocabulary::none) {
            ranks.append(whole);
            return;
        }
        const TokenStarts starts = mergePairs(m_vocabulary, bytes);
        for (qsizetype i = 0; i + 1 < starts.size(); ++i)
            ranks.append(m_vocabulary.find(bytes.sliced(starts[i], starts[i + 1] - starts[i])));
    });
    return ranks;
}

bool Tokenizer::isBorder(QStringView text, qsizetype at) const
{
    const auto isSpace = [](CharClass kind) { return kind == CharClass::Space || kind == CharClass::NewLine; };
    const CharClass before = m_classes.of(text[at - 1].unicode());
    const CharClass after = m_classes.of(text[at].unicode());
    if (before == CharClass::NewLine)
        return !isSpace(after) && text[at] != u'/';
    const bool word = before == CharClass::Upper || before == CharClass::Lower || before == CharClass::Letter
        || before == CharClass::Number;
    return word && isSpace(after);
}

const Tokenizer &Tokenizers::get(Encoding encoding) const
{
    Slot &slot = m_slots[static_cast<std::size_t>(encoding)];
    std::call_once(slot.once, [&] { slot.tokenizer = std::make_unique<const Tokenizer>(encoding); });
    return *slot.tokenizer;
}

} // namespace talkbench::cost
