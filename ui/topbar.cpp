#include "ui/topbar.h"

#include "ui/theme/colours.h"
#include "ui/theme/metrics.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QPainter>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

TopBar::TopBar(QWidget *parent) : QWidget(parent), m_line(new QHBoxLayout(this))
{
    setObjectName(u"topBar"_s);
    m_line->setContentsMargins(grid::unit, 6, grid::unit, 7);
    m_line->setSpacing(grid::half);
}

void TopBar::addWorded(QToolButton *button)
{
    button->setToolTip(button->text());
    m_worded.append(button);
    m_line->addWidget(button);
}

bool TopBar::event(QEvent *event)
{
    if (event->type() == QEvent::Resize || event->type() == QEvent::LayoutRequest)
        fit();
    return QWidget::event(event);
}

/// The words are taken for a little wider than they are: what fits with them fits, and nothing flickers.
void TopBar::fit()
{
    int needed = m_line->minimumSize().width();
    for (const QToolButton *button : std::as_const(m_worded))
        needed += m_wordless ? button->fontMetrics().horizontalAdvance(button->text()) + grid::unit : 0;
    const bool wordless = needed > width();
    if (wordless == m_wordless)
        return;
    m_wordless = wordless;
    for (QToolButton *button : std::as_const(m_worded))
        button->setToolButtonStyle(wordless ? Qt::ToolButtonIconOnly : Qt::ToolButtonTextBesideIcon);
}

void TopBar::paintEvent(QPaintEvent *)
{
    const Colours &c = colours(this);
    QPainter painter(this);
    painter.fillRect(rect(), c.surface);
    painter.fillRect(0, height() - 1, width(), 1, c.border);
}

} // namespace talkbench::ui
