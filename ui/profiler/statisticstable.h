#pragma once

#include "core/profile/report.h"

#include <QTableWidget>

namespace talkbench::ui {

/// All that one row of a report knows: a line a metric, a column a statistic (count, total, min, mean, max, percentiles).
class StatisticsTable final : public QTableWidget {
    Q_OBJECT

public:
    explicit StatisticsTable(QWidget *parent);

    void setRow(const profile::ReportRow &row);
};

} // namespace talkbench::ui
