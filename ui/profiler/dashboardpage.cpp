#include "ui/profiler/dashboardpage.h"

#include "core/profile/monitor.h"
#include "core/profile/operation.h"
#include "ui/profiler/activitymonitor.h"
#include "ui/profiler/figureitem.h"
#include "ui/profiler/statisticstable.h"
#include "ui/profiler/summarytiles.h"
#include "ui/theme/controls.h"
#include "ui/theme/flowlayout.h"
#include "ui/theme/metrics.h"

#include <QClipboard>
#include <QComboBox>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTableWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <optional>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int refreshMs = 1000;
constexpr int leastLines = 4; ///< that a table shows, its header among them
constexpr int firstFigure = 2; ///< after model and provider

profile::Series keyOf(const profile::ReportRow &row)
{
    return { row.providerId, row.model, row.operation };
}

} // namespace

DashboardPage::DashboardPage(const ActivityMonitor &monitor, QWidget *parent)
    : QWidget(parent), m_monitor(monitor), m_window(new QComboBox(this)), m_by(new QComboBox(this)),
      m_operation(new QComboBox(this)), m_queue(new ElidedLabel(this)),
      m_copy(textButton(u"dashboardCopy"_s, u"copy"_s, tr("Copy as CSV"), this)), m_stack(new QStackedWidget(this)),
      m_empty(mutedLabel(u"dashboardEmpty"_s, this)), m_tiles(new SummaryTiles(this)), m_table(new QTableWidget(this)),
      m_more(new Disclosure(u"dashboardMore"_s, {}, this)), m_statistics(new StatisticsTable(this))
{
    setObjectName(u"dashboardPage"_s);
    m_queue->setObjectName(u"dashboardQueue"_s);
    m_queue->setForegroundRole(QPalette::PlaceholderText);
    makeTable();
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeFigures());
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(grid::gap, grid::gap, grid::gap, grid::gap);
    column->setSpacing(grid::wide);
    column->addWidget(makeBar());
    column->addWidget(m_stack, 1);
    m_soon.setSingleShot(true);
    m_soon.setInterval(refreshMs);
    connect(&m_soon, &QTimer::timeout, this, &DashboardPage::refresh);
    const auto later = [this] {
        if (isVisible() && !m_soon.isActive())
            m_soon.start();
    };
    connect(&monitor, &ActivityMonitor::callEnded, this, later);
    connect(&monitor, &ActivityMonitor::sampled, this, later);
    connect(&monitor, &ActivityMonitor::callsRewritten, this, later);
    connect(&monitor, &ActivityMonitor::spendingChanged, this, later); // with the calls of earlier starts
}

QWidget *DashboardPage::makeFigures()
{
    m_statistics->setObjectName(u"dashboardStatistics"_s);
    m_more->setAccessibleName(tr("Every figure"));
    m_more->setChecked(true);
    connect(m_more, &Disclosure::toggled, this, [this](bool shown) {
        m_statistics->setVisible(shown);
        showChosen();
    });
    for (QTableWidget *table : { m_table, static_cast<QTableWidget *>(m_statistics) })
        table->setMinimumHeight(leastLines * grid::control);
    auto *figures = new QWidget;
    auto *stacked = new QVBoxLayout(figures);
    stacked->setContentsMargins(0, 0, 0, 0);
    stacked->setSpacing(grid::unit);
    stacked->addWidget(m_tiles);
    stacked->addSpacing(grid::unit);
    stacked->addWidget(m_table, 1);
    stacked->addWidget(m_more);
    stacked->addWidget(m_statistics, 1);
    auto *area = new QScrollArea(this); // where the window is too low for all
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    area->setWidgetResizable(true);
    area->setWidget(figures);
    area->viewport()->setAutoFillBackground(false);
    figures->setAutoFillBackground(false);
    return area;
}

QWidget *DashboardPage::makeBar()
{
    const std::pair<QString, profile::Window> windows[] = { { tr("Last minute"), profile::Window::Minute },
                                                            { tr("Last hour"), profile::Window::Hour },
                                                            { tr("Last day"), profile::Window::Day },
                                                            { tr("Since the start"), profile::Window::Start } };
    for (const auto &[title, window] : windows)
        m_window->addItem(title, static_cast<int>(window));
    m_window->setCurrentIndex(m_window->count() - 1);
    m_window->setObjectName(u"dashboardWindow"_s);
    m_window->setAccessibleName(tr("Time"));
    connect(m_window, &QComboBox::currentIndexChanged, this, &DashboardPage::refresh);
    const std::pair<QString, profile::ReportBy> groups[] = { { tr("By model"), profile::ReportBy::Model },
                                                             { tr("By provider"), profile::ReportBy::Provider },
                                                             { tr("By operation"), profile::ReportBy::Operation } };
    for (const auto &[title, group] : groups)
        m_by->addItem(title, static_cast<int>(group));
    m_by->setObjectName(u"dashboardBy"_s);
    m_by->setAccessibleName(tr("Lines"));
    connect(m_by, &QComboBox::currentIndexChanged, this, [this] {
        m_chosen = {};
        refresh();
        m_table->resizeColumnsToContents();
    });
    m_operation->addItem(tr("All operations"), -1);
    for (const profile::OperationRow &row : profile::operationTable())
        m_operation->addItem(profile::operationTitle(row.operation), static_cast<int>(row.operation));
    m_operation->setObjectName(u"dashboardOperation"_s);
    m_operation->setAccessibleName(tr("Operation"));
    connect(m_operation, &QComboBox::currentIndexChanged, this, &DashboardPage::refresh);
    connect(m_copy, &QToolButton::clicked, this, &DashboardPage::copyCsv);
    auto *bar = new QWidget(this);
    auto *line = new FlowLayout(bar);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addWidget(m_window);
    line->addWidget(m_by);
    line->addWidget(m_operation);
    line->addWidget(m_queue);
    line->addWidget(m_copy);
    return bar;
}

void DashboardPage::makeTable()
{
    QStringList titles { tr("Model"), tr("Provider") };
    for (const profile::ReportColumn &column : profile::reportColumns())
        titles << QCoreApplication::translate("Report", column.title);
    m_table->setObjectName(u"dashboardTable"_s);
    m_table->setAccessibleName(tr("Figures of the calls"));
    m_table->setColumnCount(static_cast<int>(titles.size()));
    m_table->setHorizontalHeaderLabels(titles);
    for (int column = firstFigure; column < m_table->columnCount(); ++column)
        m_table->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_table->verticalHeader()->hide();
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setTabKeyNavigation(false);
    m_table->setShowGrid(false);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setSortIndicator(0, Qt::AscendingOrder);
    m_table->setSortingEnabled(true);
    connect(m_table, &QTableWidget::currentCellChanged, this, &DashboardPage::choose);
}

profile::Window DashboardPage::window() const
{
    return static_cast<profile::Window>(m_window->currentData().toInt());
}

profile::ReportBy DashboardPage::by() const
{
    return static_cast<profile::ReportBy>(m_by->currentData().toInt());
}

QList<profile::ReportRow> DashboardPage::rows(profile::Window window) const
{
    const int operation = m_operation->currentData().toInt();
    return profile::reportRows(m_monitor.calls(), window, by(),
                               operation < 0 ? std::nullopt
                                             : std::optional(static_cast<profile::Operation>(operation)));
}

/// The queue is known since the start, calls may be since before that.
void DashboardPage::showQueue()
{
    const profile::LevelSeries::Figures queued = m_monitor.calls().queued(window());
    const double shown = m_monitor.calls().seconds(window());
    const bool whole = m_monitor.calls().seconds(profile::Window::Start) >= shown;
    const QString mean = QLocale().toString(queued.mean, 'f', queued.mean < 10 ? 1 : 0);
    const QString most = QLocale().toString(queued.max, 'f', 0);
    m_queue->setText(whole ? tr("Queue: %1 on average, at most %2").arg(mean, most)
                           : tr("Queue since the start: %1 on average, at most %2").arg(mean, most));
    m_queue->setToolTip(m_queue->text());
}

/// Calls of earlier starts are of the hour and the day only.
QString DashboardPage::emptyText() const
{
    for (const profile::Window longer : { profile::Window::Hour, profile::Window::Day })
        if (!rows(longer).isEmpty())
            return tr("No calls in this time yet. Choose “%1” above to see earlier ones.")
                .arg(m_window->itemText(m_window->findData(static_cast<int>(longer))));
    return tr("No calls in this time yet. Ask something in a chat, and its figures appear here.");
}

void DashboardPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    refresh();
}

void DashboardPage::refresh()
{
    m_rows = rows(window());
    showQueue();
    m_copy->setEnabled(!m_rows.isEmpty());
    m_stack->setCurrentIndex(m_rows.isEmpty() ? 0 : 1);
    if (m_rows.isEmpty())
        m_empty->setText(emptyText());
    else
        m_tiles->setRow(m_rows.constFirst()); // all of them, where there are several
    fillTable();
    showChosen();
}

void DashboardPage::fillTable()
{
    const QSignalBlocker still(m_table); // lines move, what was chosen stays
    const bool byModel = by() == profile::ReportBy::Model;
    m_table->horizontalHeaderItem(0)->setText(byModel                                   ? tr("Model")
                                                  : by() == profile::ReportBy::Provider ? tr("Provider")
                                                                                        : tr("Operation"));
    m_table->setColumnHidden(1, !byModel);
    // Sorted while it is filled, lines would move under the cells to come.
    m_table->setSortingEnabled(false);
    const bool others = m_table->rowCount() != m_rows.size();
    m_table->setRowCount(static_cast<int>(m_rows.size()));
    for (int line = 0; line < m_rows.size(); ++line)
        fillRow(line, m_rows.at(line));
    m_table->setSortingEnabled(true);
    if (others) // not at every count: a width that was chosen stays
        m_table->resizeColumnsToContents();
    markChosen();
}

QString DashboardPage::providerOf(const profile::ReportRow &row) const
{
    return m_providerName && !row.providerId.isEmpty() ? m_providerName(row.providerId) : row.providerId;
}

QString DashboardPage::nameOf(const profile::ReportRow &row) const
{
    if (by() == profile::ReportBy::Operation && row.operation)
        return profile::operationTitle(*row.operation);
    if (row.providerId.isEmpty())
        return tr("All");
    return by() == profile::ReportBy::Model ? row.model : providerOf(row);
}

void DashboardPage::fillRow(int line, const profile::ReportRow &row)
{
    int cell = 0;
    for (const QString &name : { nameOf(row), providerOf(row) }) {
        auto *item = new QTableWidgetItem(name);
        item->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
        item->setToolTip(name.toHtmlEscaped());
        item->setData(Qt::UserRole, line);
        m_table->setItem(line, cell++, item);
    }
    for (const profile::ReportColumn &column : profile::reportColumns())
        m_table->setItem(line, cell++, new FigureItem(column.of(row), column.unit));
}

/// Where it stands now, in the order of the moment.
void DashboardPage::markChosen()
{
    int chosen = -1;
    for (int line = 0; line < m_table->rowCount(); ++line)
        if (keyOf(m_rows.at(m_table->item(line, 0)->data(Qt::UserRole).toInt())) == m_chosen)
            chosen = line;
    if (chosen != m_table->currentRow())
        m_table->setCurrentCell(chosen, chosen < 0 ? -1 : std::max(m_table->currentColumn(), 0));
}

void DashboardPage::choose(int line)
{
    const QTableWidgetItem *item = m_table->item(line, 0);
    m_chosen = item ? keyOf(m_rows.at(item->data(Qt::UserRole).toInt())) : profile::Series();
    showChosen();
}

void DashboardPage::showChosen()
{
    if (m_rows.isEmpty())
        return;
    const auto found = std::find_if(m_rows.cbegin(), m_rows.cend(),
                                    [this](const profile::ReportRow &row) { return keyOf(row) == m_chosen; });
    const profile::ReportRow &row = found == m_rows.cend() ? m_rows.constFirst() : *found;
    m_more->setText(tr("Every figure: %1").arg(nameOf(row)));
    m_more->setAccessibleName(m_more->text());
    m_statistics->setAccessibleName(m_more->text());
    if (m_more->isChecked())
        m_statistics->setRow(row);
}

void DashboardPage::copyCsv() const
{
    const profile::Report report { m_window->currentText(), rows(window()) };
    QGuiApplication::clipboard()->setText(QString::fromUtf8(toCsv(report)));
}

} // namespace talkbench::ui
