#pragma once

#include "core/cost/splitter.h"
#include "core/cost/vocabulary.h"

#include <QString>
#include <QStringList>

#include <array>
#include <memory>
#include <mutex>
#include <optional>

namespace talkbench::cost {

/// "o200k_base", "cl100k_base": tiktoken's names.
QString encodingName(Encoding encoding);
std::optional<Encoding> encodingFromName(const QString &name);
QStringList encodingNames();

/// Exact byte-pair encoding, equal to tiktoken's encode_ordinary(): the text of a special token ("<|endoftext|>") is text
/// like any other, and a lone surrogate is U+FFFD. Immutable: any thread may ask. Takes n·log n at worst, for a piece
/// that is one long word.
class Tokenizer {
public:
    /// From the program's resources.
    explicit Tokenizer(Encoding encoding);

    qint64 count(QStringView text) const;
    QList<quint32> encode(QStringView text) const;

    /// True if the counts of both sides of `at` add up to that of the text, whatever else it holds: between a letter or a
    /// number and a space, and between a line break and what is neither a space nor '/'. `at` is within the text.
    bool isBorder(QStringView text, qsizetype at) const;

private:
    template <typename OnPiece>
    void forEachPiece(QStringView text, OnPiece onPiece) const;

    Encoding m_encoding;
    CharClasses m_classes;
    Vocabulary m_vocabulary;
};

/// Each encoding's tokenizer, loaded when first asked for, from any thread. One per program, handed to who counts.
class Tokenizers {
public:
    const Tokenizer &get(Encoding encoding) const;

private:
    struct Slot {
        std::once_flag once;
        std::unique_ptr<const Tokenizer> tokenizer;
    };
    mutable std::array<Slot, 2> m_slots;
};

} // namespace talkbench::cost
