#include "ui/compare/differencetable.h"

#include "ui/theme/colours.h"
#include "ui/theme/metrics.h"

#include <QCoreApplication>
#include <QHeaderView>
#include <QStyleOptionHeader>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

/// Room for a figure and how it compares.
constexpr int leastColumn = 132;

/// Names of models differ at both ends: one that is too long loses its middle, which Qt 6.4's own header does not do.
class NamesHeader final : public QHeaderView {
public:
    explicit NamesHeader(QWidget *parent) : QHeaderView(Qt::Horizontal, parent) { }

protected:
    void initStyleOptionForIndex(QStyleOptionHeader *option, int section) const override
    {
        QHeaderView::initStyleOptionForIndex(option, section);
        option->text = fontMetrics().elidedText(option->text, Qt::ElideMiddle, sectionSize(section) - 2 * grid::unit);
    }
};

} // namespace

DifferenceTable::DifferenceTable(QWidget *parent) : QTableWidget(parent)
{
    setHorizontalHeader(new NamesHeader(this));
    setAccessibleName(tr("How the answers differ"));
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setSelectionMode(QAbstractItemView::NoSelection);
    setShowGrid(false);
    setFrameShape(QFrame::NoFrame);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    horizontalHeader()->setMinimumSectionSize(leastColumn);
    setTabKeyNavigation(false);
    verticalHeader()->hide();
    // No style sheet: it would keep the colours of the theme it was set in.
    viewport()->setAutoFillBackground(false);
    horizontalHeader()->viewport()->setAutoFillBackground(false);
}

void DifferenceTable::setRows(const QList<Difference> &rows, const QStringList &titles)
{
    clear();
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + grid::unit);
    setRowCount(static_cast<int>(rows.size()));
    setColumnCount(static_cast<int>(titles.size()) + 1);
    setHorizontalHeaderLabels(QStringList(QString()) + titles);
    for (int column = 0; column < titles.size(); ++column) {
        horizontalHeaderItem(column + 1)->setToolTip(titles.at(column).toHtmlEscaped());
        horizontalHeaderItem(column + 1)->setTextAlignment(Qt::AlignCenter);
    }
    for (int row = 0; row < rows.size(); ++row)
        fillRow(row, rows.at(row));
    horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
}

void DifferenceTable::fillRow(int row, const Difference &difference)
{
    const Colours &theme = colours(this);
    auto *title = new QTableWidgetItem(QCoreApplication::translate("Metric", difference.metric->title));
    title->setForeground(theme.mutedText);
    setItem(row, 0, title);
    for (int column = 0; column < difference.values.size(); ++column) {
        const auto &value = difference.values.at(column);
        QString text = difference.text(column);
        if (const auto ratio = difference.ratio(column))
            text += tr("  ·  %1×").arg(*ratio, 0, 'f', *ratio < 0.095 || *ratio >= 1.05 ? 1 : 2);
        auto *item = new QTableWidgetItem(text);
        item->setTextAlignment(Qt::AlignCenter);
        const bool best = difference.best == column;
        item->setForeground(best ? theme.ok : value ? theme.text : theme.mutedText);
        if (best) {
            QFont bold = font();
            bold.setWeight(QFont::DemiBold);
            item->setFont(bold);
            item->setText(text + tr("  best"));
        }
        setItem(row, column + 1, item);
    }
}

int DifferenceTable::wantedHeight() const
{
    return horizontalHeader()->sizeHint().height() + verticalHeader()->length() + 2;
}

} // namespace talkbench::ui
