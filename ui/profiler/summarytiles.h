#pragma once

#include "core/profile/report.h"

#include <QWidget>

#include <vector>

class QLabel;

namespace talkbench::ui {

/// Says of a figure that needs more calls how many; empty where it needs none.
QString lackingTip(const profile::ReportValue &value);

/// The few figures of a report's row that one looks at first, large, side by side in as many rows as they need.
class SummaryTiles final : public QWidget {
    Q_OBJECT

public:
    explicit SummaryTiles(QWidget *parent = nullptr);

    void setRow(const profile::ReportRow &row);

private:
    struct Tile {
        const profile::ReportColumn *column;
        QLabel *figure;
    };

    std::vector<Tile> m_tiles;
};

} // namespace talkbench::ui
