#pragma once

#include "core/profile/report.h"
#include "core/select/handoverwords.h"

#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QStackedWidget;
class QTableWidget;
class QToolButton;

namespace talkbench::ui {

class ActivityMonitor;
class Disclosure;
class StatisticsTable;
class SummaryTiles;

/// What the calls of each model, provider or operation came to in a window of time: the sum of all in large figures, a table over the
/// report's columns, by any of which it sorts, and all figures of the chosen line. Counts anew while it is shown, at most once a second.
class DashboardPage final : public QWidget {
    Q_OBJECT

public:
    explicit DashboardPage(const ActivityMonitor &monitor, QWidget *parent = nullptr);

    /// Without them a provider is told by its id.
    void setProviderNames(const select::ProviderNames &nameOf) { m_providerName = nameOf; }

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeBar();
    void makeTable();
    profile::Window window() const;
    QWidget *makeFigures();
    profile::ReportBy by() const;
    QList<profile::ReportRow> rows(profile::Window window) const;
    QString providerOf(const profile::ReportRow &row) const;
    QString nameOf(const profile::ReportRow &row) const;
    void showQueue();
    QString emptyText() const;
    void refresh();
    void fillTable();
    void fillRow(int line, const profile::ReportRow &row);
    void markChosen();
    void choose(int line);
    void showChosen();
    void copyCsv() const;

    const ActivityMonitor &m_monitor;
    select::ProviderNames m_providerName;
    QComboBox *m_window;
    QComboBox *m_by;
    QComboBox *m_operation;
    QLabel *m_queue;
    QToolButton *m_copy;
    QStackedWidget *m_stack;
    QLabel *m_empty;
    SummaryTiles *m_tiles;
    QTableWidget *m_table;
    Disclosure *m_more;
    StatisticsTable *m_statistics;
    QList<profile::ReportRow> m_rows; ///< as counted last
    profile::Series m_chosen; ///< the line whose figures are shown; of none: that of all
    QTimer m_soon;
};

} // namespace talkbench::ui
