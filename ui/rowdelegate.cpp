#include "ui/rowdelegate.h"

#include "ui/theme/colours.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QListView>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int pictureSize = 16;
constexpr int badgeSize = 15;

RowKind kindOf(const QModelIndex &index)
{
    return RowKind(index.data(RowKindRole).toInt());
}

/// From the cache of pixmaps: drawing the icon itself would parse its file for each row.
void paintIcon(QPainter *painter, const QIcon &icon, const QRect &rect)
{
    const qreal ratio = painter->device()->devicePixelRatioF();
    painter->drawPixmap(rect, icon.pixmap(rect.size(), ratio));
}

QRect centred(const QRect &row, int left, int size)
{
    return { left, row.top() + (row.height() - size) / 2, size, size };
}

} // namespace

RowDelegate::RowDelegate(Lines lines, QObject *parent) : QStyledItemDelegate(parent), m_lines(lines)
{
}

QSize RowDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const
{
    const int line = option.fontMetrics.height();
    return { 0, m_lines == Lines::Two ? 2 * line + grid::wide : std::max(grid::control, line + grid::wide) };
}

QRect RowDelegate::starRect(const QRect &row)
{
    return centred(row, row.right() - grid::unit - grid::icon, grid::icon);
}

void RowDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const Colours &c = colours(option.palette);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setRenderHint(QPainter::SmoothPixmapTransform);
    const bool chosen = option.state.testFlag(QStyle::State_Selected);
    const bool hovered = option.state.testFlag(QStyle::State_MouseOver) && kindOf(index) == RowKind::Item;
    if (chosen || hovered) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(chosen ? c.selection : c.hover);
        painter->drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -1, -1), 6, 6);
    }
    if (option.state.testFlag(QStyle::State_HasFocus) && option.state.testFlag(QStyle::State_KeyboardFocusChange)) {
        painter->setPen(QPen(c.accent, 1.5));
        painter->setBrush(Qt::NoBrush);
        painter->drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -1, -1), 6, 6);
    }
    QRect space = option.rect.adjusted(grid::unit, 0, -grid::unit, 0);
    const QIcon picture = index.data(Qt::DecorationRole).value<QIcon>();
    if (!picture.isNull()) {
        paintIcon(painter, picture, centred(space, space.left(), pictureSize));
        space.setLeft(space.left() + pictureSize + grid::unit);
    }
    space.setRight(paintRight(painter, option, index));
    paintWords(painter, option, index, space);
    painter->restore();
}

/// Star, detail and badges, from right to left; where the space for the words ends.
int RowDelegate::paintRight(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const Colours &c = colours(option.palette);
    int right = option.rect.right() - grid::unit;
    const QVariant star = index.data(RowStarRole);
    if (star.isValid()) {
        const QRect rect = starRect(option.rect);
        const bool active = option.state & (QStyle::State_MouseOver | QStyle::State_Selected);
        if (star.toBool())
            paintIcon(painter, icon(u"star-filled"_s, IconTone::Accent), rect);
        else if (active)
            paintIcon(painter, icon(u"star"_s, IconTone::Muted), rect);
        right = rect.left() - grid::unit;
    }
    const QString detail = index.data(RowDetailRole).toString();
    if (!detail.isEmpty()) {
        painter->setPen(c.mutedText);
        const int width = option.fontMetrics.horizontalAdvance(detail);
        painter->drawText(QRect(right - width, option.rect.top(), width, option.rect.height()),
                          Qt::AlignVCenter | Qt::AlignRight | Qt::TextSingleLine, detail);
        right -= width + grid::unit;
    }
    const QStringList badges = index.data(RowBadgesRole).toStringList();
    for (auto badge = badges.crbegin(); badge != badges.crend(); ++badge) {
        right -= badgeSize;
        paintIcon(painter, icon(*badge, IconTone::Muted), centred(option.rect, right, badgeSize));
        right -= grid::half;
    }
    return right - (badges.isEmpty() ? 0 : grid::half);
}

void RowDelegate::paintWords(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index,
                             QRect space) const
{
    const Colours &c = colours(option.palette);
    const RowKind kind = kindOf(index);
    QFont font = option.font;
    if (kind == RowKind::Heading)
        font.setWeight(QFont::DemiBold);
    painter->setFont(font);
    painter->setPen(kind == RowKind::Item ? c.text : c.mutedText);
    const QFontMetrics metrics(font);
    const QString second = index.data(RowSecondRole).toString();
    const auto line = [&](const QRect &rect, const QString &text, Qt::TextElideMode elide) {
        painter->drawText(rect, Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine,
                          metrics.elidedText(text, elide, rect.width()));
    };
    const QString name = index.data(Qt::DisplayRole).toString();
    const Qt::TextElideMode elide = kind == RowKind::Item ? Qt::ElideMiddle : Qt::ElideRight;
    if (second.isEmpty()) {
        line(space, name, elide);
        return;
    }
    const int height = metrics.height();
    space.setTop(space.top() + (space.height() - 2 * height) / 2);
    space.setHeight(height);
    line(space, name, elide);
    painter->setPen(c.mutedText);
    line(space.translated(0, height), second, Qt::ElideRight);
}

void showRows(QListView *list, RowDelegate::Lines lines, bool framed)
{
    list->setItemDelegate(new RowDelegate(lines, list));
    list->setUniformItemSizes(true);
    list->setMouseTracking(true);
    list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    if (framed)
        return;
    list->setFrameShape(QFrame::NoFrame);
    list->viewport()->setAutoFillBackground(false);
}

} // namespace talkbench::ui
