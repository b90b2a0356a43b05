#include "ui/profiler/dashboardpage.h"

#include "core/profile/monitor.h"
#include "core/profile/operation.h"
#include "ui/profiler/activitymonitor.h"
#include "ui/profiler/summarytiles.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QClipboard>
#include <QComboBox>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QStackedWidget>
#include <QTableWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <limits>
#include <optional>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int refreshMs = 1000;
constexpr int firstFigure = 2; ///< after model and provider

/// Sorts by its figure; what is unknown comes before every figure.
class FigureItem final : public QTableWidgetItem {
public:
    FigureItem(const profile::ReportValue &value, QByteArrayView unit)
        : QTableWidgetItem(profile::reportText(value, unit)),
          m_value(value.value.value_or(-std::numeric_limits<double>::infinity()))
    {
        setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
        if (value.missing == 0)
            return;
        setForeground(QGuiApplication::palette().placeholderText());
        setToolTip(lackingTip(value));
    }

    bool operator<(const QTableWidgetItem &other) const override
    {
        const auto *figure = dynamic_cast<const FigureItem *>(&other);
        return figure ? m_value < figure->m_value : QTableWidgetItem::operator<(other);
    }

private:
    double m_value;
};

} // namespace

DashboardPage::DashboardPage(const ActivityMonitor &monitor, QWidget *parent)
    : QWidget(parent), m_monitor(monitor), m_window(new QComboBox(this)), m_operation(new QComboBox(this)),
      m_queue(new ElidedLabel(this)), m_copy(textButton(u"dashboardCopy"_s, u"copy"_s, tr("Copy as CSV"), this)),
      m_stack(new QStackedWidget(this)), m_empty(mutedLabel(u"dashboardEmpty"_s, this)),
      m_tiles(new SummaryTiles(this)), m_table(new QTableWidget(this))
{
    setObjectName(u"dashboardPage"_s);
    m_queue->setObjectName(u"dashboardQueue"_s);
    m_queue->setForegroundRole(QPalette::PlaceholderText);
    makeTable();
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setText(tr("No calls in this time yet. Ask something in a chat, and its figures appear here."));
    m_stack->addWidget(m_empty);
    auto *figures = new QWidget(this);
    auto *stacked = new QVBoxLayout(figures);
    stacked->setContentsMargins(0, 0, 0, 0);
    stacked->setSpacing(grid::gap);
    stacked->addWidget(m_tiles);
    stacked->addWidget(m_table, 1);
    m_stack->addWidget(figures);
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
    m_operation->addItem(tr("All operations"), -1);
    for (const profile::OperationRow &row : profile::operationTable())
        m_operation->addItem(profile::operationTitle(row.operation), static_cast<int>(row.operation));
    m_operation->setObjectName(u"dashboardOperation"_s);
    m_operation->setAccessibleName(tr("Operation"));
    connect(m_operation, &QComboBox::currentIndexChanged, this, &DashboardPage::refresh);
    connect(m_copy, &QToolButton::clicked, this, &DashboardPage::copyCsv);
    auto *bar = new QWidget(this);
    auto *line = new QHBoxLayout(bar);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addWidget(m_window);
    line->addWidget(m_operation);
    line->addSpacing(grid::unit);
    line->addWidget(m_queue, 1);
    line->addWidget(m_copy);
    return bar;
}

void DashboardPage::makeTable()
{
    QStringList titles { tr("Model"), tr("Provider") };
    for (const profile::ReportColumn &column : profile::reportColumns())
        titles << QCoreApplication::translate("Report", column.title);
    m_table->setObjectName(u"dashboardTable"_s);
    m_table->setAccessibleName(tr("Figures by model"));
    m_table->setColumnCount(static_cast<int>(titles.size()));
    m_table->setHorizontalHeaderLabels(titles);
    for (int column = firstFigure; column < m_table->columnCount(); ++column)
        m_table->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_table->verticalHeader()->hide();
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setTabKeyNavigation(false);
    m_table->setShowGrid(false);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setSortIndicator(0, Qt::AscendingOrder);
    m_table->setSortingEnabled(true);
}

profile::Window DashboardPage::window() const
{
    return static_cast<profile::Window>(m_window->currentData().toInt());
}

QList<profile::ReportRow> DashboardPage::rows() const
{
    const int operation = m_operation->currentData().toInt();
    return profile::reportRows(m_monitor.calls(), window(),
                               operation < 0 ? std::nullopt
                                             : std::optional(static_cast<profile::Operation>(operation)));
}

void DashboardPage::showQueue()
{
    const profile::LevelSeries::Figures queued = m_monitor.calls().queued(window());
    m_queue->setText(tr("Queue: %1 on average, at most %2")
                         .arg(QLocale().toString(queued.mean, 'f', queued.mean < 10 ? 1 : 0),
                              QLocale().toString(queued.max, 'f', 0)));
    m_queue->setToolTip(m_queue->text());
}

void DashboardPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    refresh();
}

void DashboardPage::refresh()
{
    const QList<profile::ReportRow> rows = this->rows();
    showQueue();
    m_copy->setEnabled(!rows.isEmpty());
    m_stack->setCurrentIndex(rows.isEmpty() ? 0 : 1);
    if (!rows.isEmpty())
        m_tiles->setRow(rows.first()); // all of them, where there are several
    // Sorted while it is filled, lines would move under the cells to come.
    m_table->setSortingEnabled(false);
    const bool others = m_table->rowCount() != rows.size();
    m_table->setRowCount(static_cast<int>(rows.size()));
    for (int line = 0; line < rows.size(); ++line)
        fillRow(line, rows[line]);
    m_table->setSortingEnabled(true);
    if (others) // not at every count: a width that was chosen stays
        m_table->resizeColumnsToContents();
}

void DashboardPage::fillRow(int line, const profile::ReportRow &row)
{
    const bool all = row.providerId.isEmpty();
    int cell = 0;
    for (const QString &name : { all ? tr("All") : row.model, row.providerId }) {
        auto *item = new QTableWidgetItem(name);
        item->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
        item->setToolTip(name.toHtmlEscaped());
        m_table->setItem(line, cell++, item);
    }
    for (const profile::ReportColumn &column : profile::reportColumns())
        m_table->setItem(line, cell++, new FigureItem(column.of(row), column.unit));
}

void DashboardPage::copyCsv() const
{
    const profile::Report report { m_window->currentText(), rows() };
    QGuiApplication::clipboard()->setText(QString::fromUtf8(toCsv(report)));
}

} // namespace talkbench::ui
