#include "ui/theme/flowlayout.h"

#include <QStyle>
#include <QWidget>

#include <algorithm>

namespace talkbench::ui {

FlowLayout::FlowLayout(QWidget *parent) : QLayout(parent)
{
}

FlowLayout::~FlowLayout()
{
    qDeleteAll(m_items);
}

void FlowLayout::addItem(QLayoutItem *item)
{
    m_items.append(item);
}

QLayoutItem *FlowLayout::takeAt(int index)
{
    return index >= 0 && index < m_items.size() ? m_items.takeAt(index) : nullptr;
}

int FlowLayout::heightForWidth(int width) const
{
    const QMargins margins = contentsMargins();
    int bottom = 0;
    for (const QRect &place : places(width - margins.left() - margins.right()))
        bottom = std::max(bottom, place.bottom() + 1);
    return bottom + margins.top() + margins.bottom();
}

QSize FlowLayout::sizeHint() const
{
    QSize size;
    for (const QLayoutItem *item : m_items) {
        const QSize wanted = item->sizeHint();
        size = { size.width() + wanted.width(), std::max(size.height(), wanted.height()) };
    }
    size.rwidth() += std::max(0, count() - 1) * spacing();
    return size.grownBy(contentsMargins());
}

QSize FlowLayout::minimumSize() const
{
    QSize size;
    for (const QLayoutItem *item : m_items)
        size = size.expandedTo(item->minimumSize());
    return size.grownBy(contentsMargins());
}

void FlowLayout::setGeometry(const QRect &rect)
{
    QLayout::setGeometry(rect);
    const QRect room = rect.marginsRemoved(contentsMargins());
    const QList<QRect> all = places(room.width());
    for (int i = 0; i < count(); ++i) {
        const QRect place = all.at(i).translated(room.topLeft());
        m_items.at(i)->setGeometry(QStyle::visualRect(parentWidget()->layoutDirection(), room, place));
    }
}

QList<QRect> FlowLayout::places(int width) const
{
    QList<QRect> all;
    QPoint at;
    const int rowHeight = sizeHint().shrunkBy(contentsMargins()).height();
    for (const QLayoutItem *item : m_items) {
        const QSize size(std::min(item->sizeHint().width(), width), rowHeight);
        if (at.x() > 0 && at.x() + size.width() > width)
            at = { 0, at.y() + rowHeight + spacing() };
        all.append({ at, size });
        at.rx() += size.width() + spacing();
    }
    return all;
}

} // namespace talkbench::ui
