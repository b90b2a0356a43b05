#include "ui/theme/fieldgrid.h"

#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace talkbench::ui {

FieldGrid::FieldGrid(int columns, QWidget *parent)
    : QWidget(parent), m_most(columns), m_columns(columns), m_grid(new QGridLayout(this))
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(grid::wide);
    m_grid->setVerticalSpacing(grid::unit);
    // It takes what width there is, and lays itself out for that.
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
}

QWidget *FieldGrid::add(const QString &title, QWidget *field, int span)
{
    auto *label = mutedLabel({}, this, 0.92);
    label->setText(title);
    label->setBuddy(field);
    field->setAccessibleName(title);
    auto *widget = new QWidget(this);
    auto *stack = new QVBoxLayout(widget);
    stack->setContentsMargins(0, 0, 0, 0);
    stack->setSpacing(grid::hair);
    stack->addWidget(label);
    stack->addWidget(field);
    stack->addStretch();
    add(widget, span);
    return widget;
}

void FieldGrid::add(QWidget *cell, int span)
{
    m_cells.append({ cell, span });
    arrange(m_columns);
}

bool FieldGrid::hasRoom(int columns) const
{
    const int column = (width() - (columns - 1) * grid::wide) / columns;
    return std::all_of(m_cells.cbegin(), m_cells.cend(), [&](const Cell &cell) {
        const int span = spanOf(cell, columns);
        return cell.widget->minimumSizeHint().width() <= span * column + (span - 1) * grid::wide;
    });
}

void FieldGrid::arrange(int columns)
{
    m_columns = columns;
    for (const Cell &cell : std::as_const(m_cells))
        m_grid->removeWidget(cell.widget);
    int row = 0;
    int column = 0;
    for (const Cell &cell : std::as_const(m_cells)) {
        const int span = spanOf(cell, columns);
        if (column + span > columns) {
            ++row;
            column = 0;
        }
        m_grid->addWidget(cell.widget, row, column, 1, span);
        column += span;
    }
    for (int i = 0; i < m_most; ++i)
        m_grid->setColumnStretch(i, i < columns ? 1 : 0);
}

bool FieldGrid::event(QEvent *event)
{
    const bool done = QWidget::event(event);
    if (event->type() == QEvent::LayoutRequest) // a field may have become wider
        fit();
    return done;
}

void FieldGrid::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    fit();
}

void FieldGrid::fit()
{
    int columns = m_most;
    while (columns > 1 && (m_most % columns != 0 || !hasRoom(columns)))
        --columns;
    if (columns != m_columns)
        arrange(columns);
}

} // namespace talkbench::ui
