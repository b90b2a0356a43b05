#pragma once

#include "ui/markdown/row.h"
#include "ui/theme/colours.h"

#include <QByteArray>
#include <QFont>
#include <QTextFormat>

class QTextBlock;
class QTextCursor;
class QTextDocument;

namespace talkbench::ui {

struct DocumentStyle {
    Scheme scheme = Scheme::Light;
    QFont font;

    bool operator==(const DocumentStyle &) const = default;
};

/// Block properties that MarkdownView paints from.
enum BlockProperty {
    KindProperty = QTextFormat::UserProperty + 1, ///< int(Row::Kind)
    MarkerProperty,
    QuoteProperty,
    LanguageProperty,
    CodeFirstProperty,
    CodeLastProperty,
};

/// Geometry shared with MarkdownView.
namespace documentgrid {
inline constexpr int indent = 26;
inline constexpr int quote = 18;
inline constexpr int codeHeader = 32;
inline constexpr int codePadding = 12;
inline constexpr int paragraphGap = 10;
inline constexpr int tightGap = 4;
} // namespace documentgrid

/// A part of a block's text as it was written: without the breaks that DocumentBuilder puts into endless words.
QString writtenText(const QTextBlock &block, int from = 0, int length = -1);

/// Keeps a QTextDocument in step with a growing markdown text: parses what is not settled yet, compares the rows with
/// those on display and lays out again from the first that differs.
class DocumentBuilder {
public:
    explicit DocumentBuilder(QTextDocument *document);

    void setMarkdown(const QString &markdown);
    void append(const QString &markdown);
    void setPlainText(const QString &text);
    void setStyle(const DocumentStyle &style);
    const DocumentStyle &style() const { return m_style; }

    /// Makes the tables fit another width of the document.
    void fitTables(qreal width);

    /// Where the last change began, in characters of the document.
    int changedFrom() const { return m_changedFrom; }

private:
    void rebuild();
    void render();
    void show(const Rows &rows);
    void settle();
    void insertRow(QTextCursor &cursor, const Row &row, bool first);
    void insertTable(QTextCursor &cursor, const Row &row);
    void insertRuns(QTextCursor &cursor, const Runs &runs, const QTextCharFormat &base);
    QTextBlockFormat blockFormat(const Row &row, bool first) const;
    QTextCharFormat charFormat(const Row &row) const;

    QTextDocument *m_document;
    DocumentStyle m_style;
    QByteArray m_source;
    QString m_plain;
    bool m_isPlain = false;
    bool m_hasReferences = false;
    /// The first bytes of m_source, whose rows can't change any more and are no longer held.
    qsizetype m_settled = 0;
    /// The first byte that has not been looked at for settling.
    qsizetype m_checked = 0;
    bool m_settledRows = false;
    Rows m_rows;
    QList<int> m_starts; ///< of each row in the document
    /// The cursor stands in an empty block that the next row may take.
    bool m_blockFree = true;
    int m_changedFrom = 0;
    qreal m_tablesFit = -1; ///< the width that all tables fit
};

} // namespace talkbench::ui
