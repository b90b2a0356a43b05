#include "ui/theme/style.h"

#include "ui/theme/colours.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QAbstractSpinBox>
#include <QComboBox>
#include <QCursor>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QPlainTextEdit>
#include <QSlider>
#include <QStyleOption>
#include <QStyledItemDelegate>
#include <QTableView>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int scrollBarExtent = 12;
constexpr int smallestSlider = 36;
constexpr qreal controlRadius = 6;
constexpr qreal boxRadius = 3;
constexpr qreal boxLine = 1.5;

void roundRect(QPainter *painter, const QRectF &rect, const QColor &fill, const QColor &line,
               qreal radius = controlRadius, qreal width = 1)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setBrush(fill.isValid() ? QBrush(fill) : QBrush(Qt::NoBrush));
    painter->setPen(line.isValid() ? QPen(line, width) : QPen(Qt::NoPen));
    const qreal inset = line.isValid() ? width / 2 : 0;
    painter->drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius, radius);
    painter->restore();
}

bool has(const QStyleOption *option, QStyle::StateFlag flag)
{
    return option->state.testFlag(flag);
}

bool isPrimary(const QStyleOption *option)
{
    const auto *button = qstyleoption_cast<const QStyleOptionButton *>(option);
    return button && button->features.testFlag(QStyleOptionButton::DefaultButton) && has(option, QStyle::State_Enabled);
}

void drawPushButton(const QStyleOption *option, QPainter *painter, const Colours &c)
{
    const auto *button = qstyleoption_cast<const QStyleOptionButton *>(option);
    const bool down = has(option, QStyle::State_Sunken) || has(option, QStyle::State_On);
    const bool hovered = has(option, QStyle::State_MouseOver) && has(option, QStyle::State_Enabled);
    const bool focused = has(option, QStyle::State_HasFocus) && has(option, QStyle::State_KeyboardFocusChange);
    if (isPrimary(option)) {
        const QColor fill = down ? c.accentFill.darker(115) : hovered ? c.accentFill.darker(107) : c.accentFill;
        roundRect(painter, option->rect, fill, {});
        if (focused)
            roundRect(painter, QRectF(option->rect).adjusted(2, 2, -2, -2), {}, c.onAccent, controlRadius - 2, 1.5);
        return;
    }
    const bool flat = button && button->features.testFlag(QStyleOptionButton::Flat);
    const QColor fill = down ? c.pressed : hovered ? c.hover : flat ? QColor() : c.raised;
    const QColor line = focused ? c.accent : flat ? QColor() : c.border;
    roundRect(painter, option->rect, fill, line, controlRadius, focused ? 1.5 : 1);
}

void drawToolButton(const QStyleOption *option, QPainter *painter, const Colours &c)
{
    if (has(option, QStyle::State_Sunken))
        roundRect(painter, option->rect, c.pressed, {});
    else if (has(option, QStyle::State_Enabled)
             && (has(option, QStyle::State_MouseOver) || has(option, QStyle::State_On)))
        roundRect(painter, option->rect, c.hover, {});
}

void drawField(const QStyleOption *option, QPainter *painter, const Colours &c, const QColor &fill)
{
    const bool focused = has(option, QStyle::State_HasFocus);
    roundRect(painter, option->rect, fill, focused ? c.accent : c.border, controlRadius, focused ? 1.5 : 1);
}

/// Its edge is a control's own, not a line between things: it has to be seen.
void drawCheckBox(const QStyleOption *option, QPainter *painter, const Colours &c)
{
    const bool enabled = has(option, QStyle::State_Enabled);
    const bool full = has(option, QStyle::State_On);
    const QColor edge = !enabled              ? c.disabledText
        : has(option, QStyle::State_HasFocus) ? c.accent
        : full                                ? c.accentFill
                                              : c.mutedText;
    const QColor empty = enabled && has(option, QStyle::State_MouseOver) ? c.hover : c.raised;
    const QColor fill = !full ? empty : enabled ? c.accentFill : c.disabledText;
    const int side = std::min(option->rect.width(), option->rect.height());
    QRect box(0, 0, side, side);
    box.moveCenter(option->rect.center());
    roundRect(painter, box, fill, edge, boxRadius, boxLine);
    const int inset = side / 8;
    if (full)
        icon(u"check"_s, IconTone::OnAccent).paint(painter, box.adjusted(inset, inset, -inset, -inset));
}

void drawStep(const QStyleOptionSpinBox *option, QPainter *painter, const QString &name,
              QAbstractSpinBox::StepEnabledFlag step, const QRect &rect)
{
    const bool enabled = option->stepEnabled.testFlag(step) && has(option, QStyle::State_Enabled);
    icon(name, IconTone::Muted)
        .paint(painter, QRect(rect.center() - QPoint(6, 5), QSize(12, 12)), Qt::AlignCenter,
               enabled ? QIcon::Normal : QIcon::Disabled);
}

/// A word with a line below it while its page is shown.
void drawTab(const QStyleOption *option, QPainter *painter, const Colours &c)
{
    const QRect &rect = option->rect;
    painter->fillRect(rect.left(), rect.bottom(), rect.width(), 1, c.border);
    if (has(option, QStyle::State_MouseOver) && !has(option, QStyle::State_Selected))
        roundRect(painter, rect.adjusted(0, 0, 0, -grid::half), c.hover, {});
    if (has(option, QStyle::State_Selected))
        painter->fillRect(rect.left(), rect.bottom() - 1, rect.width(), 2, c.accent);
    if (has(option, QStyle::State_HasFocus) && has(option, QStyle::State_KeyboardFocusChange))
        roundRect(painter, rect.adjusted(0, 0, 0, -grid::half), {}, c.accent, controlRadius, 1.5);
}

void drawScrollBar(const QStyleOptionSlider *option, QPainter *painter, const Colours &c, const QRect &slider)
{
    if (option->minimum >= option->maximum)
        return;
    const bool active = option->activeSubControls.testFlag(QStyle::SC_ScrollBarSlider);
    QColor fill = c.mutedText;
    fill.setAlpha(active && has(option, QStyle::State_Sunken) ? 190 : active ? 150 : 90);
    const int inset = active ? 2 : 3;
    const QRectF thumb = QRectF(slider).adjusted(inset, inset, -inset, -inset);
    roundRect(painter, thumb, fill, {}, std::min(thumb.width(), thumb.height()) / 2);
}

/// Of a combo box's popup.
bool isChoice(const QWidget *widget)
{
    return widget && widget->inherits("QComboBoxListView");
}

/// A popup takes the pointer away without telling the box below it, which was hovered when it opened.
bool isHovered(const QStyleOption *option, const QWidget *widget)
{
    return has(option, QStyle::State_MouseOver) && has(option, QStyle::State_Enabled)
        && (!widget || widget->rect().contains(widget->mapFromGlobal(QCursor::pos())));
}

} // namespace

Style::Style() : QProxyStyle(u"Fusion"_s)
{
}

void Style::drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter,
                          const QWidget *widget) const
{
    const Colours &c = colours(option->palette);
    switch (element) {
    case PE_PanelButtonCommand:
        drawPushButton(option, painter, c);
        return;
    case PE_PanelButtonTool:
        drawToolButton(option, painter, c);
        return;
    case PE_FrameDefaultButton:
        return;
    case PE_PanelLineEdit: {
        const auto *frame = qstyleoption_cast<const QStyleOptionFrame *>(option);
        if (frame && frame->lineWidth > 0)
            drawField(option, painter, c, option->palette.color(QPalette::Base));
        return;
    }
    case PE_FrameLineEdit:
        return;
    case PE_PanelItemViewItem:
        if (!isChoice(widget))
            break;
        if (has(option, State_Selected))
            roundRect(painter, option->rect.adjusted(1, 1, -1, -1), c.selection, {});
        return;
    case PE_IndicatorCheckBox:
        drawCheckBox(option, painter, c);
        return;
    case PE_Frame:
        if (qobject_cast<const QPlainTextEdit *>(widget)) {
            drawField(option, painter, c, option->palette.color(QPalette::Base));
            return;
        }
        roundRect(painter, option->rect, {}, c.border, controlRadius);
        return;
    case PE_FrameMenu:
        roundRect(painter, option->rect, {}, c.border, 0);
        return;
    case PE_FrameFocusRect:
        roundRect(painter, option->rect, {}, c.accent, controlRadius - 1, 1.5);
        return;
    case PE_PanelScrollAreaCorner:
    case PE_FrameStatusBarItem:
    case PE_FrameTabBarBase:
    case PE_FrameTabWidget:
        return;
    default:
        break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void Style::drawControl(ControlElement element, const QStyleOption *option, QPainter *painter,
                        const QWidget *widget) const
{
    const Colours &c = colours(option->palette);
    if (element == CE_PushButtonLabel && isPrimary(option)) {
        QStyleOptionButton button = *qstyleoption_cast<const QStyleOptionButton *>(option);
        button.palette.setColor(QPalette::ButtonText, c.onAccent);
        QProxyStyle::drawControl(element, &button, painter, widget);
        return;
    }
    if (const auto *tab = qstyleoption_cast<const QStyleOptionTab *>(option); tab && element == CE_TabBarTabLabel) {
        QStyleOptionTab label = *tab;
        label.state &= ~State_HasFocus; // its shape shows it
        QProxyStyle::drawControl(element, &label, painter, widget);
        return;
    }
    const auto *item = qstyleoption_cast<const QStyleOptionViewItem *>(option);
    if (item && element == CE_ItemViewItem && isChoice(widget)) {
        QStyleOptionViewItem choice = *item;
        choice.palette.setColor(QPalette::HighlightedText, c.text);
        QProxyStyle::drawControl(element, &choice, painter, widget);
        return;
    }
    if (element == CE_TabBarTabShape) {
        drawTab(option, painter, c);
        return;
    }
    if (element == CE_FocusFrame) {
        roundRect(painter, option->rect, {}, c.accent, controlRadius, 1.5);
        return;
    }
    if (element == CE_HeaderSection || element == CE_HeaderEmptyArea) {
        painter->fillRect(option->rect.left(), option->rect.bottom(), option->rect.width(), 1, c.border);
        return;
    }
    if (element == CE_Splitter) {
        painter->fillRect(has(option, State_Horizontal)
                              ? QRect(option->rect.center().x(), option->rect.top(), 1, option->rect.height())
                              : QRect(option->rect.left(), option->rect.center().y(), option->rect.width(), 1),
                          c.border);
        return;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void Style::drawComplexControl(ComplexControl control, const QStyleOptionComplex *option, QPainter *painter,
                               const QWidget *widget) const
{
    const Colours &c = colours(option->palette);
    if (const auto *slider = qstyleoption_cast<const QStyleOptionSlider *>(option); slider && control == CC_ScrollBar) {
        drawScrollBar(slider, painter, c, proxy()->subControlRect(control, option, SC_ScrollBarSlider, widget));
        return;
    }
    if (const auto *combo = qstyleoption_cast<const QStyleOptionComboBox *>(option); combo && control == CC_ComboBox) {
        if (combo->frame) {
            const bool hovered = isHovered(option, widget) && !combo->editable;
            drawField(option, painter, c, hovered ? c.hover : c.raised);
        }
        const QRect arrow = proxy()->subControlRect(control, option, SC_ComboBoxArrow, widget);
        icon(u"chevron-down"_s, IconTone::Muted)
            .paint(painter, QRect(arrow.center() - QPoint(7, 7), QSize(15, 15)), Qt::AlignCenter,
                   has(option, State_Enabled) ? QIcon::Normal : QIcon::Disabled);
        return;
    }
    if (const auto *spin = qstyleoption_cast<const QStyleOptionSpinBox *>(option); spin && control == CC_SpinBox) {
        if (spin->frame)
            drawField(option, painter, c, c.raised);
        drawStep(spin, painter, u"chevron-up"_s, QAbstractSpinBox::StepUpEnabled,
                 proxy()->subControlRect(control, option, SC_SpinBoxUp, widget));
        drawStep(spin, painter, u"chevron-down"_s, QAbstractSpinBox::StepDownEnabled,
                 proxy()->subControlRect(control, option, SC_SpinBoxDown, widget));
        return;
    }
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

QRect Style::subControlRect(ComplexControl control, const QStyleOptionComplex *option, SubControl subControl,
                            const QWidget *widget) const
{
    const auto *slider = qstyleoption_cast<const QStyleOptionSlider *>(option);
    if (control != CC_ScrollBar || !slider)
        return QProxyStyle::subControlRect(control, option, subControl, widget);
    const QRect &all = option->rect;
    const bool horizontal = slider->orientation == Qt::Horizontal;
    const int room = horizontal ? all.width() : all.height();
    const qint64 span = qint64(slider->maximum) - slider->minimum;
    const int length = span <= 0 ? room
                                 : int(std::max<qint64>(std::min(smallestSlider, room),
                                                        qint64(room) * slider->pageStep / (span + slider->pageStep)));
    const int start = sliderPositionFromValue(slider->minimum, slider->maximum, slider->sliderPosition, room - length,
                                              slider->upsideDown);
    const auto part = [&](int from, int size) {
        return horizontal ? QRect(all.left() + from, all.top(), size, all.height())
                          : QRect(all.left(), all.top() + from, all.width(), size);
    };
    switch (subControl) {
    case SC_ScrollBarSlider:
        return visualRect(option->direction, all, part(start, length));
    case SC_ScrollBarGroove:
        return all;
    case SC_ScrollBarSubPage:
        return part(0, start);
    case SC_ScrollBarAddPage:
        return part(start + length, room - start - length);
    default:
        return {};
    }
}

QSize Style::sizeFromContents(ContentsType type, const QStyleOption *option, const QSize &size,
                              const QWidget *widget) const
{
    const QSize natural = QProxyStyle::sizeFromContents(type, option, size, widget);
    switch (type) {
    case CT_PushButton:
        return { natural.width() + grid::unit, std::max(natural.height(), grid::control) };
    case CT_ToolButton: {
        const auto *button = qstyleoption_cast<const QStyleOptionToolButton *>(option);
        const int side = qRound(grid::control * m_zoom);
        const bool iconOnly = button && button->toolButtonStyle == Qt::ToolButtonIconOnly;
        return iconOnly && has(option, State_AutoRaise) ? QSize(side, side) : natural;
    }
    case CT_LineEdit:
    case CT_ComboBox:
        return { natural.width(), std::max(natural.height(), grid::control) };
    case CT_SpinBox: // as high as its line, which has its frame already
        return { natural.width(), std::max(size.height(), grid::control) };
    case CT_ItemViewItem:
        return isChoice(widget) ? QSize(natural.width(), std::max(natural.height() + grid::unit, grid::control))
                                : natural;
    case CT_MenuItem: {
        const auto *item = qstyleoption_cast<const QStyleOptionMenuItem *>(option);
        if (item && item->menuItemType == QStyleOptionMenuItem::Separator)
            return natural;
        return { natural.width() + grid::unit, std::max(natural.height() + grid::half, 28) };
    }
    default:
        return natural;
    }
}

int Style::pixelMetric(PixelMetric metric, const QStyleOption *option, const QWidget *widget) const
{
    switch (metric) {
    case PM_FocusFrameHMargin: // of a cell to its text, less the one that Qt adds
        return qobject_cast<const QTableView *>(widget) || isChoice(widget) ? grid::unit - 1 : 0;
    case PM_HeaderMargin:
        return grid::unit;
    case PM_ScrollBarExtent:
        return scrollBarExtent;
    case PM_ScrollBarSliderMin:
        return smallestSlider;
    case PM_FocusFrameVMargin:
    case PM_ScrollView_ScrollBarSpacing:
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical:
    case PM_TabBarTabShiftVertical:
        return 0;
    case PM_SmallIconSize:
    case PM_ButtonIconSize:
        return qRound(grid::icon * m_zoom);
    case PM_TabBarTabHSpace:
        return grid::section;
    case PM_TabBarTabVSpace:
        return grid::gap;
    case PM_MenuVMargin:
    case PM_MenuHMargin:
    case PM_ToolTipLabelFrameWidth:
        return grid::half;
    default:
        return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

void Style::polish(QWidget *widget)
{
    QProxyStyle::polish(widget);
    if (auto *label = qobject_cast<QLabel *>(widget); label && label->textFormat() == Qt::AutoText)
        label->setTextFormat(Qt::PlainText);
    // The frame fills it: a rectangle would cover the frame's round corners.
    if (auto *lines = qobject_cast<QPlainTextEdit *>(widget); lines && lines->frameShape() != QFrame::NoFrame)
        lines->viewport()->setAutoFillBackground(false);
    // Qt's own delegate draws a choice by itself.
    if (auto *combo = qobject_cast<QComboBox *>(widget);
        combo && !qobject_cast<QStyledItemDelegate *>(combo->itemDelegate()))
        combo->setItemDelegate(new QStyledItemDelegate(combo));
    if (auto *header = qobject_cast<QHeaderView *>(widget); header && header->orientation() == Qt::Horizontal)
        header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    if (qobject_cast<QComboBox *>(widget) || qobject_cast<QAbstractSpinBox *>(widget)
        || qobject_cast<QSlider *>(widget)) {
        widget->installEventFilter(this);
        if (widget->focusPolicy() == Qt::WheelFocus) // the wheel would give it the focus first
            widget->setFocusPolicy(Qt::StrongFocus);
    }
}

bool Style::eventFilter(QObject *watched, QEvent *event)
{
    const auto *field = qobject_cast<QWidget *>(watched);
    if (event->type() != QEvent::Wheel || !field || field->hasFocus())
        return QProxyStyle::eventFilter(watched, event);
    event->ignore(); // its parent's turn
    return true;
}

int Style::styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget,
                     QStyleHintReturn *returnData) const
{
    switch (hint) {
    case SH_EtchDisabledText:
    case SH_DitherDisabledText:
    case SH_ComboBox_Popup:
    case SH_DialogButtonBox_ButtonsHaveIcons:
        return 0;
    case SH_FocusFrame_AboveWidget:
        return 1;
    case SH_ToolTipLabel_Opacity:
        return 255;
    default:
        return QProxyStyle::styleHint(hint, option, widget, returnData);
    }
}

} // namespace talkbench::ui
