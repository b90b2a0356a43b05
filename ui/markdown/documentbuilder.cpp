#include "ui/markdown/documentbuilder.h"

#include "ui/markdown/parser.h"
#include "ui/markdown/tablewidths.h"

#include <QFontDatabase>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>
#include <QTextTable>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int maxWord = 500;
constexpr QChar wordBreak(0x200B); // zero width space
constexpr double headingScale[] = { 1.5, 1.28, 1.12, 1.0, 1.0, 0.95 };

QFont scaled(QFont font, double factor)
{
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * factor);
    else
        font.setPixelSize(qRound(font.pixelSize() * factor));
    return font;
}

QFont codeFont(const QFont &text)
{
    static const QString family = QFontDatabase::systemFont(QFontDatabase::FixedFont).family();
    QFont font = scaled(text, 0.93);
    font.setFamily(family);
    font.setStyleHint(QFont::Monospace);
    return font;
}

QColor tokenColour(Token token, const Colours &c)
{
    switch (token) {
    case Token::Plain:
        return c.text;
    case Token::Keyword:
        return c.keyword;
    case Token::String:
        return c.string;
    case Token::Comment:
        return c.comment;
    case Token::Number:
        return c.number;
    }
    return c.text;
}

int leftMargin(const Row &row)
{
    const int text = row.indent * documentgrid::indent + row.quote * documentgrid::quote;
    return row.kind == Row::Kind::Code ? text + documentgrid::codePadding : text;
}

/// Puts breaks into the endless words of a block. Qt looks through the rest of a word for each line that it breaks: a word
/// of a megabyte would freeze the window.
class WordBreaker {
public:
    QString operator()(const QString &text)
    {
        QString broken;
        for (const QChar c : text) {
            if (m_length >= maxWord && !c.isLowSurrogate() && !c.isMark()) {
                broken += wordBreak;
                m_length = 0;
            }
            broken += c;
            m_length = c.isSpace() ? 0 : m_length + 1;
        }
        return broken;
    }

private:
    int m_length = 0;
};

} // namespace

QString writtenText(const QTextBlock &block, int from, int length)
{
    QString text = block.text().mid(from, length);
    if (block.length() > maxWord)
        text.remove(wordBreak);
    return text.replace(QChar::LineSeparator, u'\n');
}

DocumentBuilder::DocumentBuilder(QTextDocument *document) : m_document(document)
{
    m_document->setUndoRedoEnabled(false);
    m_document->setDocumentMargin(0);
}

void DocumentBuilder::setMarkdown(const QString &markdown)
{
    m_isPlain = false;
    m_plain.clear();
    m_source.clear();
    m_hasReferences = false;
    rebuild();
    append(markdown);
}

void DocumentBuilder::append(const QString &markdown)
{
    m_source += markdown.toUtf8().replace("\r", "");
    render();
}

void DocumentBuilder::setPlainText(const QString &text)
{
    m_isPlain = true;
    m_plain = text;
    rebuild();
}

void DocumentBuilder::setStyle(const DocumentStyle &style)
{
    if (style == m_style)
        return;
    m_style = style;
    m_document->setDefaultFont(style.font);
    rebuild();
}

void DocumentBuilder::fitTables(qreal width)
{
    if (qFuzzyCompare(m_tablesFit, width))
        return;
    m_tablesFit = width;
    talkbench::ui::fitTables(*m_document, width);
}

void DocumentBuilder::rebuild()
{
    m_document->clear();
    m_document->setUndoRedoEnabled(false);
    m_rows.clear();
    m_starts.clear();
    m_settled = 0;
    m_checked = 0;
    m_settledRows = false;
    m_blockFree = true;
    render();
}

void DocumentBuilder::render()
{
    if (m_isPlain) {
        show(plainRows(m_plain));
        return;
    }
    if (!m_hasReferences && mayDefineReferences(QByteArrayView(m_source).sliced(m_settled))) {
        m_hasReferences = true;
        if (m_settled > 0) {
            rebuild();
            return;
        }
    }
    show(parseMarkdown(QByteArrayView(m_source).sliced(m_settled)));
    settle();
}

void DocumentBuilder::settle()
{
    if (m_hasReferences || m_source.indexOf('\n', m_checked) < 0)
        return;
    m_checked = m_source.size();
    const qsizetype length = settledLength(QByteArrayView(m_source).sliced(m_settled));
    if (length <= 0)
        return;
    const qsizetype settledRows = parseMarkdown(QByteArrayView(m_source).sliced(m_settled, length)).size();
    m_settled += length;
    m_settledRows = m_settledRows || settledRows > 0;
    m_rows.remove(0, settledRows);
    m_starts.remove(0, settledRows);
}

void DocumentBuilder::show(const Rows &rows)
{
    const auto common = std::mismatch(rows.begin(), rows.end(), m_rows.begin(), m_rows.end());
    qsizetype index = common.first - rows.begin();
    if (index == rows.size() && index == m_rows.size())
        return;

    QTextCursor cursor(m_document);
    cursor.beginEditBlock();
    if (index < m_starts.size()) {
        cursor.setPosition(m_starts.at(index));
        cursor.movePosition(QTextCursor::End, QTextCursor::KeepAnchor);
        cursor.removeSelectedText();
        m_blockFree = true;
    } else {
        cursor.movePosition(QTextCursor::End);
    }
    m_starts.resize(index);
    m_changedFrom = cursor.position();
    for (; index < rows.size(); ++index)
        insertRow(cursor, rows.at(index), !m_settledRows && index == 0);
    cursor.endEditBlock();
    m_rows = rows;
}

void DocumentBuilder::insertRow(QTextCursor &cursor, const Row &row, bool first)
{
    const QTextBlockFormat block = blockFormat(row, first);
    const QTextCharFormat characters = charFormat(row);
    if (m_blockFree) {
        cursor.setBlockFormat(block);
        cursor.setBlockCharFormat(characters);
    } else {
        cursor.insertBlock(block, characters);
    }
    m_blockFree = false;
    m_starts.append(cursor.position());
    if (row.kind == Row::Kind::Table)
        insertTable(cursor, row);
    else
        insertRuns(cursor, row.runs, characters);
}

void DocumentBuilder::insertTable(QTextCursor &cursor, const Row &row)
{
    if (row.cells.isEmpty() || row.alignments.isEmpty())
        return;
    const Colours &c = colours(m_style.scheme);
    QTextTableFormat format;
    format.setBorder(1);
    format.setBorderBrush(c.border);
    format.setBorderStyle(QTextFrameFormat::BorderStyle_Solid);
    format.setBorderCollapse(true);
    format.setCellPadding(tableCellPadding);
    format.setCellSpacing(0);
    format.setLeftMargin(leftMargin(row));
    format.setTopMargin(documentgrid::paragraphGap);
    format.setBottomMargin(documentgrid::paragraphGap);
    format.setHeaderRowCount(1);
    setColumnWidths(format, row, m_style.font, codeFont(m_style.font), m_document->textWidth());
    if (!qFuzzyCompare(m_tablesFit, m_document->textWidth()))
        m_tablesFit = -1;
    QTextTable *table = cursor.insertTable(int(row.cells.size()), int(row.alignments.size()), format);
    for (int line = 0; line < row.cells.size(); ++line) {
        for (int column = 0; column < row.alignments.size(); ++column) {
            QTextTableCell cell = table->cellAt(line, column);
            QTextCharFormat characters = charFormat(row);
            if (line == 0) {
                QTextTableCellFormat header;
                header.setBackground(c.surface);
                cell.setFormat(header);
                characters.setFontWeight(QFont::DemiBold);
            }
            QTextCursor inside = cell.firstCursorPosition();
            QTextBlockFormat block;
            const Row::Align align = row.alignments.at(column);
            block.setAlignment(align == Row::Align::Centre      ? Qt::AlignHCenter
                                   : align == Row::Align::Right ? Qt::AlignRight
                                                                : Qt::AlignLeft);
            inside.setBlockFormat(block);
            inside.setBlockCharFormat(characters);
            if (column < row.cells.at(line).size())
                insertRuns(inside, row.cells.at(line).at(column), characters);
        }
    }
    cursor.movePosition(QTextCursor::End);
    // Qt ignores the top margin of a block that follows a table: the next row takes a block of its own.
    QTextCharFormat spacer;
    spacer.setFontPointSize(1);
    cursor.setBlockFormat({});
    cursor.setBlockCharFormat(spacer);
}

void DocumentBuilder::insertRuns(QTextCursor &cursor, const Runs &runs, const QTextCharFormat &base)
{
    const Colours &c = colours(m_style.scheme);
    WordBreaker withBreaks;
    for (const Run &run : runs) {
        QTextCharFormat format = base;
        if (run.flags & Run::Bold)
            format.setFontWeight(QFont::Bold);
        if (run.flags & Run::Italic)
            format.setFontItalic(true);
        if (run.flags & Run::Strike)
            format.setFontStrikeOut(true);
        const bool inCodeBlock = cursor.blockFormat().intProperty(KindProperty) == int(Row::Kind::Code);
        if (run.flags & Run::Code && !inCodeBlock) {
            QFont font = codeFont(base.font());
            font.setWeight(format.font().weight() == QFont::Bold ? QFont::Bold : base.font().weight());
            format.setFont(font);
            format.setBackground(c.hover);
        }
        if (run.token != Token::Plain)
            format.setForeground(tokenColour(run.token, c));
        if (!run.href.isEmpty()) {
            format.setAnchor(true);
            format.setAnchorHref(run.href);
            format.setForeground(c.accent);
            format.setToolTip(run.href);
        }
        cursor.insertText(withBreaks(run.text), format);
    }
}

QTextBlockFormat DocumentBuilder::blockFormat(const Row &row, bool first) const
{
    using namespace documentgrid;
    QTextBlockFormat format;
    format.setProperty(KindProperty, int(row.kind));
    format.setLeftMargin(leftMargin(row));
    if (row.quote > 0)
        format.setProperty(QuoteProperty, row.quote);
    if (!row.marker.isEmpty())
        format.setProperty(MarkerProperty, row.marker);
    format.setLineHeight(row.kind == Row::Kind::Heading ? 115 : 128, QTextBlockFormat::ProportionalHeight);
    qreal top = row.tight ? tightGap : paragraphGap;
    qreal bottom = 0;
    switch (row.kind) {
    case Row::Kind::Heading:
        top = row.level <= 2 ? 22 : 16;
        bottom = 2;
        break;
    case Row::Kind::Code:
        format.setRightMargin(codePadding);
        format.setLineHeight(122, QTextBlockFormat::ProportionalHeight);
        format.setProperty(LanguageProperty, row.language);
        format.setProperty(CodeFirstProperty, row.codeFirst);
        format.setProperty(CodeLastProperty, row.codeLast);
        top = row.codeFirst ? paragraphGap + codeHeader : 0;
        bottom = row.codeLast ? codePadding + paragraphGap : 0;
        break;
    case Row::Kind::Rule:
        top = 8;
        bottom = 8;
        break;
    case Row::Kind::Table:
        top = 0;
        break;
    case Row::Kind::Paragraph:
        break;
    }
    format.setTopMargin(first ? (row.kind == Row::Kind::Code ? codeHeader : 0) : top);
    format.setBottomMargin(bottom);
    return format;
}

QTextCharFormat DocumentBuilder::charFormat(const Row &row) const
{
    const Colours &c = colours(m_style.scheme);
    QTextCharFormat format;
    QFont font = m_style.font;
    if (row.kind == Row::Kind::Heading) {
        font = scaled(font, headingScale[std::clamp(row.level, 1, 6) - 1]);
        font.setWeight(QFont::DemiBold);
    } else if (row.kind == Row::Kind::Code) {
        font = codeFont(font);
    }
    format.setFont(font);
    format.setForeground(row.quote > 0 && row.kind == Row::Kind::Paragraph ? c.mutedText : c.text);
    return format;
}

} // namespace talkbench::ui
