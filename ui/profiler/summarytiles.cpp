#include "ui/profiler/summarytiles.h"

#include "ui/theme/controls.h"
#include "ui/theme/fieldgrid.h"
#include "ui/theme/metrics.h"

#include <QCoreApplication>
#include <QFrame>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr double figureScale = 1.5;
constexpr std::array shown { "calls"_L1,       "error_rate"_L1,       "ttft_p50_ms"_L1,
                             "ttft_p95_ms"_L1, "tokens_per_s_p50"_L1, "cost_usd"_L1 };

} // namespace

QString lackingTip(const profile::ReportValue &value)
{
    return value.missing == 0
        ? QString()
        : SummaryTiles::tr("%1 more calls are needed for this percentile to mean something.").arg(value.missing);
}

SummaryTiles::SummaryTiles(QWidget *parent) : QWidget(parent)
{
    setObjectName(u"summaryTiles"_s);
    auto *tiles = new FieldGrid(static_cast<int>(shown.size()), this);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(tiles);
    const auto columns = profile::reportColumns();
    for (const QLatin1StringView id : shown) {
        const auto reported = std::find_if(columns.begin(), columns.end(), [&](const profile::ReportColumn &each) {
            return id == QLatin1StringView(each.id);
        });
        if (reported == columns.end())
            continue;
        auto *tile = new QFrame(tiles);
        tile->setFrameShape(QFrame::StyledPanel);
        auto *stack = new QVBoxLayout(tile);
        stack->setContentsMargins(grid::wide, grid::unit, grid::wide, grid::unit);
        stack->setSpacing(grid::hair);
        const QString title = QCoreApplication::translate("Report", reported->title);
        auto *name = mutedLabel(u"tileTitle"_s, tile);
        name->setText(title);
        auto *figure = new QLabel(tile);
        figure->setObjectName(u"tile_"_s + id);
        figure->setAccessibleName(title);
        figure->setTextInteractionFlags(Qt::TextSelectableByMouse);
        scaleFont(figure, figureScale, QFont::DemiBold);
        stack->addWidget(name);
        stack->addWidget(figure);
        tiles->add(tile);
        m_tiles.push_back({ &*reported, figure });
    }
}

void SummaryTiles::setRow(const profile::ReportRow &row)
{
    for (const Tile &tile : m_tiles) {
        const profile::ReportValue value = tile.column->of(row);
        tile.figure->setText(profile::reportText(value, tile.column->unit));
        tile.figure->setEnabled(value.value && value.missing == 0);
        tile.figure->setToolTip(lackingTip(value));
    }
}

} // namespace talkbench::ui
