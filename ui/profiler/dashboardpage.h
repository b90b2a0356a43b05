#pragma once

#include "core/profile/report.h"

#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QStackedWidget;
class QTableWidget;
class QToolButton;

namespace talkbench::ui {

class ActivityMonitor;
class SummaryTiles;

/// What the calls of each model came to in a window of time: the sum of all in large figures, and a table over the report's columns, by any of which it sorts.
/// Counts anew while it is shown, at most once a second.
class DashboardPage final : public QWidget {
    Q_OBJECT

public:
    explicit DashboardPage(const ActivityMonitor &monitor, QWidget *parent = nullptr);

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeBar();
    void makeTable();
    profile::Window window() const;
    QList<profile::ReportRow> rows() const;
    void showQueue();
    void refresh();
    void fillRow(int line, const profile::ReportRow &row);
    void copyCsv() const;

    const ActivityMonitor &m_monitor;
    QComboBox *m_window;
    QComboBox *m_operation;
    QLabel *m_queue;
    QToolButton *m_copy;
    QStackedWidget *m_stack;
    QLabel *m_empty;
    SummaryTiles *m_tiles;
    QTableWidget *m_table;
    QTimer m_soon;
};

} // namespace talkbench::ui
