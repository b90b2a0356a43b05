#pragma once

#include "core/profile/report.h"

#include <QTableWidgetItem>

namespace talkbench::ui {

/// A cell of a table of figures. Sorts by its figure; what is unknown comes before every figure.
class FigureItem final : public QTableWidgetItem {
public:
    FigureItem(const profile::ReportValue &value, QByteArrayView unit);

    bool operator<(const QTableWidgetItem &other) const override;

private:
    double m_value;
};

} // namespace talkbench::ui
