#pragma once

#include <QList>
#include <QString>

namespace talkbench::ui {

/// What a stretch of a code line is, for its colour.
enum class Token : quint8 { Plain, Keyword, String, Comment, Number };

/// Text in one style.
struct Run {
    enum Flag : quint8 { Bold = 1, Italic = 2, Strike = 4, Code = 8 };

    QString text;
    quint8 flags = 0;
    Token token = Token::Plain;
    /// Where it leads; only http, https and mailto get here.
    QString href;

    bool operator==(const Run &) const = default;
};

using Runs = QList<Run>;

/// One line of the rendered document: a paragraph, a heading, a line of a code block, a rule, a whole table. A list item
/// is a paragraph with a marker. Comparing the rows of two renderings tells what must be laid out again.
struct Row {
    enum class Kind : quint8 { Paragraph, Heading, Code, Rule, Table };
    enum class Align : quint8 { Left, Centre, Right };

    Kind kind = Kind::Paragraph;
    int level = 0; ///< of a heading, 1 to 6
    int quote = 0; ///< depth of block quotes
    int indent = 0; ///< depth of lists
    bool tight = false;
    /// "•", "12.", or checkedMarker / uncheckedMarker; empty where the row begins no list item.
    QString marker;
    bool codeFirst = false;
    bool codeLast = false;
    QString language;
    Runs runs;
    QList<QList<Runs>> cells; ///< the header row first
    QList<Align> alignments;

    bool operator==(const Row &) const = default;
};

inline constexpr char16_t checkedMarker[] = u"[x]";
inline constexpr char16_t uncheckedMarker[] = u"[ ]";

using Rows = QList<Row>;

} // namespace talkbench::ui
