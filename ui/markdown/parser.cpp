#include "ui/markdown/parser.h"

#include "ui/markdown/highlight.h"

#include <QUrl>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <algorithm>
#include <memory>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

struct NodeDeleter {
    void operator()(cmark_node *node) const { cmark_node_free(node); }
};
using Document = std::unique_ptr<cmark_node, NodeDeleter>;

struct ParserDeleter {
    void operator()(cmark_parser *parser) const { cmark_parser_free(parser); }
};

struct IteratorDeleter {
    void operator()(cmark_iter *iterator) const { cmark_iter_free(iterator); }
};

/// What may stand before a block: quotes' and lists' marks.
constexpr QByteArrayView containerMarks(" \t>*+-.)0123456789");

QByteArrayView withoutMarks(QByteArrayView line)
{
    const auto first = std::find_if(line.begin(), line.end(), [](char c) { return !containerMarks.contains(c); });
    return line.sliced(first - line.begin());
}

/// The line that starts there, without its end.
QByteArrayView lineAt(QByteArrayView utf8, qsizetype start)
{
    const qsizetype end = utf8.indexOf('\n', start);
    return utf8.sliced(start, (end < 0 ? utf8.size() : end) - start);
}

bool mayBeDefinition(QByteArrayView line)
{
    return withoutMarks(line).startsWith('[') && line.contains("]:");
}

/// Whether links may copy more out of their definitions than a window should hold: each one copies all of its own.
bool inflatesLinks(QByteArrayView utf8)
{
    constexpr qsizetype most = qsizetype(64) << 20;
    qsizetype definition = -1;
    qsizetype longest = 0;
    for (qsizetype at = 0; at < utf8.size();) {
        const QByteArrayView line = lineAt(utf8, at);
        if (line.isEmpty())
            definition = -1;
        else if (definition < 0 && mayBeDefinition(line))
            definition = at;
        at += line.size() + 1;
        if (definition >= 0)
            longest = std::max(longest, at - definition);
    }
    return longest > most / (std::count(utf8.begin(), utf8.end(), ']') + 1);
}

/// The columns of the table that the line may rule; 0 if it can't.
qsizetype columnsRuled(QByteArrayView line)
{
    const QByteArrayView rest = withoutMarks(line);
    const bool rules =
        std::all_of(rest.begin(), rest.end(), [](char c) { return QByteArrayView("|-: \t\v\f").contains(c); });
    return rules ? std::count(rest.begin(), rest.end(), '|') + 1 : 0;
}

Document parse(QByteArrayView utf8)
{
    static const bool registered = (cmark_gfm_core_extensions_ensure_registered(), true);
    Q_UNUSED(registered)
    const std::unique_ptr<cmark_parser, ParserDeleter> parser(cmark_parser_new(CMARK_OPT_DEFAULT));
    const auto attach = [&parser](const char *name) {
        if (cmark_syntax_extension *extension = cmark_find_syntax_extension(name))
            cmark_parser_attach_syntax_extension(parser.get(), extension);
    };
    for (const char *name : { "strikethrough", "autolink", "tasklist" })
        attach(name);
    if (!inflatesTables(utf8))
        attach("table");
    cmark_parser_feed(parser.get(), utf8.data(), std::size_t(utf8.size()));
    return Document(cmark_parser_finish(parser.get()));
}

QString literal(cmark_node *node)
{
    return QString::fromUtf8(cmark_node_get_literal(node));
}

QString safeHref(cmark_node *node)
{
    const QUrl url(QString::fromUtf8(cmark_node_get_url(node)), QUrl::StrictMode);
    const QString scheme = url.scheme();
    const bool followable = scheme == "http"_L1 || scheme == "https"_L1 || scheme == "mailto"_L1;
    return followable ? QString::fromUtf8(url.toEncoded()) : QString();
}

/// Walks the tree with cmark's iterator, never by recursion: depth is the input's choice.
class RowWriter {
public:
    Rows write(cmark_node *document);

private:
    struct List {
        bool ordered = false;
        int number = 1;
        bool tight = false;
        bool begun = false;
    };

    void enter(cmark_node *node);
    void leave(cmark_node *node);
    bool extension(cmark_node *node, bool entering);
    void inlineNode(cmark_node *node, bool entering);
    void open(Row::Kind kind, int level = 0);
    void close();
    void item(cmark_node *node);
    void flushMarker();
    void code(cmark_node *node);
    void htmlBlock(cmark_node *node);
    void tableStart(cmark_node *node);
    void text(const QString &text, quint8 extra = 0);

    static constexpr int deepest = 12;

    Rows m_rows;
    QList<List> m_lists;
    QStringList m_hrefs;
    QString m_marker;
    Row m_row;
    bool m_open = false;
    bool m_inCell = false;
    int m_quote = 0;
    int m_bold = 0;
    int m_italic = 0;
    int m_strike = 0;
};

Rows RowWriter::write(cmark_node *document)
{
    const std::unique_ptr<cmark_iter, IteratorDeleter> iterator(cmark_iter_new(document));
    for (cmark_event_type event = cmark_iter_next(iterator.get()); event != CMARK_EVENT_DONE;
         event = cmark_iter_next(iterator.get())) {
        cmark_node *node = cmark_iter_get_node(iterator.get());
        if (event == CMARK_EVENT_ENTER)
            enter(node);
        else
            leave(node);
    }
    return m_rows;
}

void RowWriter::open(Row::Kind kind, int level)
{
    m_row = Row();
    m_row.kind = kind;
    m_row.level = level;
    m_row.quote = std::min(m_quote, deepest);
    m_row.indent = std::min(int(m_lists.size()), deepest);
    // The first line of an outermost list keeps a paragraph's distance from what stands before.
    m_row.tight = !m_lists.isEmpty() && m_lists.last().tight && (m_lists.size() > 1 || m_lists.last().begun);
    if (!m_lists.isEmpty())
        m_lists.last().begun = true;
    m_row.marker = std::exchange(m_marker, {});
    m_open = true;
}

void RowWriter::close()
{
    if (m_open)
        m_rows.append(m_row);
    m_open = false;
}

void RowWriter::flushMarker()
{
    if (m_marker.isEmpty())
        return;
    open(Row::Kind::Paragraph);
    close();
}

void RowWriter::item(cmark_node *node)
{
    flushMarker();
    if (m_lists.isEmpty())
        return;
    List &list = m_lists.last();
    if (qstrcmp(cmark_node_get_type_string(node), "tasklist") == 0) {
        const bool checked = cmark_gfm_extensions_get_tasklist_item_checked(node);
        m_marker = checked ? QString::fromUtf16(checkedMarker) : QString::fromUtf16(uncheckedMarker);
    } else if (list.ordered) {
        m_marker = QString::number(list.number) + u'.';
    } else {
        static constexpr char16_t bullets[] = { u'•', u'◦', u'▪' };
        m_marker = QChar(bullets[std::size_t(m_lists.size() - 1) % std::size(bullets)]);
    }
    ++list.number;
}

void RowWriter::code(cmark_node *node)
{
    QString source = literal(node);
    if (source.endsWith(u'\n'))
        source.chop(1);
    const QString language = QString::fromUtf8(cmark_node_get_fence_info(node)).section(u' ', 0, 0).left(24);
    Highlighter highlighter(language);
    const QStringList lines = source.split(u'\n');
    for (qsizetype i = 0; i < lines.size(); ++i) {
        open(Row::Kind::Code);
        m_row.language = language;
        m_row.codeFirst = i == 0;
        m_row.codeLast = i == lines.size() - 1;
        m_row.runs = highlighter.line(lines.at(i));
        close();
    }
}

void RowWriter::htmlBlock(cmark_node *node)
{
    open(Row::Kind::Paragraph);
    text(literal(node).trimmed().replace(u'\n', QChar::LineSeparator));
    close();
}

void RowWriter::tableStart(cmark_node *node)
{
    flushMarker();
    open(Row::Kind::Table);
    const int columns = cmark_gfm_extensions_get_table_columns(node);
    const uint8_t *alignments = cmark_gfm_extensions_get_table_alignments(node);
    for (int i = 0; i < columns; ++i)
        m_row.alignments.append(alignments[i] == 'c'       ? Row::Align::Centre
                                    : alignments[i] == 'r' ? Row::Align::Right
                                                           : Row::Align::Left);
}

void RowWriter::text(const QString &text, quint8 extra)
{
    if (text.isEmpty() || !m_open)
        return;
    Run run;
    run.text = text;
    run.flags = quint8((m_bold ? Run::Bold : 0) | (m_italic ? Run::Italic : 0) | (m_strike ? Run::Strike : 0) | extra);
    run.href = m_hrefs.isEmpty() ? QString() : m_hrefs.last();
    Runs &runs = m_inCell ? m_row.cells.last().last() : m_row.runs;
    if (!runs.isEmpty() && runs.last().flags == run.flags && runs.last().href == run.href)
        runs.last().text += run.text;
    else
        runs.append(run);
}

bool RowWriter::extension(cmark_node *node, bool entering)
{
    const QByteArrayView type(cmark_node_get_type_string(node));
    if (type == "table") {
        if (entering)
            tableStart(node);
        else
            close();
    } else if (type == "table_row" || type == "table_header") {
        if (entering)
            m_row.cells.append(QList<Runs>());
    } else if (type == "table_cell") {
        if (entering)
            m_row.cells.last().append(Runs());
        m_inCell = entering;
    } else if (type == "strikethrough") {
        m_strike += entering ? 1 : -1;
    } else {
        return false;
    }
    return true;
}

void RowWriter::enter(cmark_node *node)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_BLOCK_QUOTE:
        flushMarker();
        ++m_quote;
        break;
    case CMARK_NODE_LIST:
        m_lists.append({ cmark_node_get_list_type(node) == CMARK_ORDERED_LIST, cmark_node_get_list_start(node),
                         cmark_node_get_list_tight(node) != 0, false });
        break;
    case CMARK_NODE_ITEM:
        item(node);
        break;
    case CMARK_NODE_CODE_BLOCK:
        code(node);
        break;
    case CMARK_NODE_HTML_BLOCK:
        htmlBlock(node);
        break;
    case CMARK_NODE_PARAGRAPH:
        open(Row::Kind::Paragraph);
        break;
    case CMARK_NODE_HEADING:
        open(Row::Kind::Heading, cmark_node_get_heading_level(node));
        break;
    case CMARK_NODE_THEMATIC_BREAK:
        open(Row::Kind::Rule);
        close();
        break;
    default:
        if (!extension(node, true))
            inlineNode(node, true);
    }
}

void RowWriter::leave(cmark_node *node)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_BLOCK_QUOTE:
        --m_quote;
        break;
    case CMARK_NODE_LIST:
        flushMarker();
        m_lists.removeLast();
        break;
    case CMARK_NODE_PARAGRAPH:
    case CMARK_NODE_HEADING:
        close();
        break;
    default:
        if (!extension(node, false))
            inlineNode(node, false);
    }
}

void RowWriter::inlineNode(cmark_node *node, bool entering)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_TEXT:
    case CMARK_NODE_HTML_INLINE:
        text(literal(node));
        break;
    case CMARK_NODE_CODE:
        text(literal(node), Run::Code);
        break;
    case CMARK_NODE_SOFTBREAK:
        text(u" "_s);
        break;
    case CMARK_NODE_LINEBREAK:
        text(QString(QChar::LineSeparator));
        break;
    case CMARK_NODE_STRONG:
        m_bold += entering ? 1 : -1;
        break;
    case CMARK_NODE_EMPH:
        m_italic += entering ? 1 : -1;
        break;
    case CMARK_NODE_LINK:
    case CMARK_NODE_IMAGE:
        if (!entering) {
            m_hrefs.removeLast();
            break;
        }
        m_hrefs.append(safeHref(node));
        if (cmark_node_get_type(node) == CMARK_NODE_IMAGE)
            text(cmark_node_first_child(node) ? u"Image: "_s : u"Image"_s);
        break;
    default:
        break;
    }
}

} // namespace

Rows parseMarkdown(QByteArrayView utf8)
{
    if (inflatesLinks(utf8))
        return plainRows(QString::fromUtf8(utf8));
    const Document document = parse(utf8);
    return RowWriter().write(document.get());
}

Rows plainRows(const QString &text)
{
    Rows rows;
    const QStringList lines = text.split(u'\n');
    for (const QString &line : lines) {
        Row row;
        row.tight = true;
        if (!line.isEmpty())
            row.runs.append(Run { line, 0, Token::Plain, {} });
        rows.append(row);
    }
    return rows;
}

qsizetype settledLength(QByteArrayView utf8)
{
    const qsizetype lastNewline = utf8.lastIndexOf('\n');
    if (lastNewline < 0)
        return 0;
    const Document document = parse(utf8.first(lastNewline + 1));
    cmark_node *last = cmark_node_last_child(document.get());
    if (!last || last == cmark_node_first_child(document.get()))
        return 0;
    qsizetype offset = 0;
    for (int line = cmark_node_get_start_line(last); line > 1 && offset >= 0; --line)
        offset = utf8.indexOf('\n', offset) + 1;
    return offset;
}

bool mayDefineReferences(QByteArrayView utf8)
{
    for (qsizetype at = 0; at < utf8.size();) {
        const QByteArrayView line = lineAt(utf8, at);
        if (mayBeDefinition(line))
            return true;
        at += line.size() + 1;
    }
    return false;
}

bool inflatesTables(QByteArrayView utf8)
{
    constexpr qsizetype fewCells = 256;
    constexpr qsizetype mostColumns = 256;
    qsizetype start = 0;
    qsizetype lines = 0;
    qsizetype columns = 0;
    for (qsizetype at = 0; at < utf8.size();) {
        const QByteArrayView line = lineAt(utf8, at);
        at += line.size() + 1;
        if (line.isEmpty()) {
            start = at;
            lines = columns = 0;
            continue;
        }
        columns = std::max(columns, columnsRuled(line));
        if (++lines * columns > at - start + fewCells || columns > mostColumns)
            return true;
    }
    return false;
}

} // namespace talkbench::ui
