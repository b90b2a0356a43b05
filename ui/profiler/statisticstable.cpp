#include "ui/profiler/statisticstable.h"

#include "ui/profiler/figureitem.h"

#include <QCoreApplication>
#include <QHeaderView>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

StatisticsTable::StatisticsTable(QWidget *parent) : QTableWidget(parent)
{
    QStringList titles { tr("Figure") };
    for (const profile::ReportStatistic &statistic : profile::reportStatistics())
        titles << QCoreApplication::translate("Report", statistic.title);
    setColumnCount(static_cast<int>(titles.size()));
    setHorizontalHeaderLabels(titles);
    for (int column = 1; column < columnCount(); ++column)
        horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    verticalHeader()->hide();
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setTabKeyNavigation(false);
    setShowGrid(false);
    horizontalHeader()->setHighlightSections(false);
}

void StatisticsTable::setRow(const profile::ReportRow &row)
{
    const int before = rowCount();
    int line = 0;
    for (const profile::Metric &metric : profile::metricTable()) {
        const profile::Figures figures = row.tally.figures(metric);
        if (figures.count == 0)
            continue;
        if (line == rowCount())
            insertRow(line);
        auto *title = new QTableWidgetItem(QCoreApplication::translate("Metric", metric.title));
        title->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
        setItem(line, 0, title);
        int column = 0;
        for (const profile::ReportStatistic &statistic : profile::reportStatistics()) {
            const char *unit = "count"_L1 == QLatin1StringView(statistic.id) ? "" : metric.unit;
            setItem(line, ++column, new FigureItem(statistic.of(figures), unit));
        }
        ++line;
    }
    setRowCount(line);
    if (line != before) // not at every count: a width that was chosen stays
        resizeColumnsToContents();
}

} // namespace talkbench::ui
