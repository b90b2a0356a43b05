#include "ui/markdown/tablewidths.h"

#include <QFontMetricsF>
#include <QTextDocument>
#include <QTextTable>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace talkbench::ui {

namespace {

/// Of the columns, without padding: what the longest word asks for, and what all of the text does on one line.
enum WidthProperty { LeastWidths = QTextFormat::UserProperty + 100, MostWidths };

/// Longer words may break.
constexpr int longestWholeWord = 24;
/// A cell's padding, and what rounding may ask for.
constexpr qreal around = 2 * tableCellPadding + 2;

using Widths = QList<qreal>;

QVariantList toVariants(const Widths &widths)
{
    return { widths.begin(), widths.end() };
}

Widths widthsIn(const QTextFormat &format, WidthProperty property)
{
    Widths widths;
    const QVariantList kept = format.property(property).toList();
    for (const QVariant &width : kept)
        widths.append(width.toDouble());
    return widths;
}

/// Of text and of code, each as it is and bold.
class CellMetrics final {
public:
    CellMetrics(const QFont &text, const QFont &code) : m_metrics { plain(text), bold(text), plain(code), bold(code) }
    {
    }

    const QFontMetricsF &of(const Run &run, bool isHeader) const
    {
        const std::size_t weight = isHeader || run.flags & Run::Bold ? 1 : 0;
        return m_metrics[(run.flags & Run::Code ? 2 : 0) + weight];
    }

private:
    static QFontMetricsF plain(const QFont &font) { return QFontMetricsF(font); }
    static QFontMetricsF bold(QFont font)
    {
        font.setBold(true);
        return QFontMetricsF(font);
    }

    std::array<QFontMetricsF, 4> m_metrics;
};

qreal sumOf(const Widths &widths)
{
    return std::accumulate(widths.begin(), widths.end(), 0.0);
}

/// As CSS lays tables out: as wide as its text where there is room, else each column by what it could do with.
void fit(QTextTableFormat &format, qreal room)
{
    const Widths least = widthsIn(format, LeastWidths);
    const Widths most = widthsIn(format, MostWidths);
    const qreal needed = sumOf(least);
    const qreal wanted = sumOf(most);
    const auto columns = static_cast<qreal>(least.size());
    const qreal left = room - format.leftMargin() - 4 * format.border() - columns * around - needed;
    const qreal share = wanted > needed ? std::clamp(left / (wanted - needed), 0.0, 1.0) : 0;
    QList<QTextLength> lengths;
    for (qsizetype i = 0; i < least.size(); ++i) {
        const qreal width = least.at(i) + share * (most.at(i) - least.at(i));
        lengths.append(QTextLength(QTextLength::FixedLength, std::floor(width) + around));
    }
    format.setColumnWidthConstraints(lengths);
}

} // namespace

void setColumnWidths(QTextTableFormat &format, const Row &table, const QFont &text, const QFont &code, qreal room)
{
    Widths least(table.alignments.size(), 0);
    Widths most(table.alignments.size(), 0);
    const CellMetrics fonts(text, code);
    const qreal longest = QFontMetricsF(text).averageCharWidth() * longestWholeWord;
    for (qsizetype line = 0; line < table.cells.size(); ++line) {
        const QList<Runs> &cells = table.cells.at(line);
        for (qsizetype column = 0; column < std::min(least.size(), cells.size()); ++column) {
            qreal whole = 0;
            for (const Run &run : cells.at(column)) {
                const QFontMetricsF &metrics = fonts.of(run, line == 0);
                whole += std::ceil(metrics.horizontalAdvance(run.text));
                const QStringList words = run.text.split(u' ', Qt::SkipEmptyParts);
                for (const QString &word : words)
                    least[column] = std::clamp(std::ceil(metrics.horizontalAdvance(word)), least.at(column),
                                               std::max(longest, least.at(column)));
            }
            most[column] = std::max({ most.at(column), whole, least.at(column) });
        }
    }
    format.setProperty(LeastWidths, toVariants(least));
    format.setProperty(MostWidths, toVariants(most));
    fit(format, room);
}

void fitTables(QTextDocument &document, qreal width)
{
    const QList<QTextFrame *> frames = document.rootFrame()->childFrames();
    for (QTextFrame *frame : frames) {
        auto *table = qobject_cast<QTextTable *>(frame);
        if (!table)
            continue;
        QTextTableFormat format = table->format();
        fit(format, width);
        if (format != table->format())
            table->setFormat(format);
    }
}

} // namespace talkbench::ui
