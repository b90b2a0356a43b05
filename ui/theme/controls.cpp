#include "ui/theme/controls.h"

#include "ui/theme/colours.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QApplication>
#include <QPainter>
#include <QPointer>
#include <QScreen>
#include <QStyle>

#include <algorithm>

namespace talkbench::ui {

namespace {

constexpr int busyStepMs = 220;
constexpr int busySize = 5;
constexpr int chevronSize = 14;

QFont scaledFont(double scale, int weight)
{
    QFont font = QApplication::font();
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * scale);
    if (weight > 0)
        font.setWeight(QFont::Weight(weight));
    return font;
}

/// A widget whose own font has a size hears nothing of the application's: its parent does.
class FontFollower final : public QObject {
public:
    FontFollower(QWidget *widget, double scale, int weight)
        : QObject(widget), m_widget(*widget), m_scale(scale), m_weight(weight)
    {
        widget->installEventFilter(this);
        watchParent();
    }

    bool eventFilter(QObject *watched, QEvent *event) override
    {
        const bool own = watched == &m_widget;
        if (own && event->type() == QEvent::ParentChange)
            watchParent();
        else if (event->type() == QEvent::ApplicationFontChange || (!own && event->type() == QEvent::FontChange))
            m_widget.setFont(scaledFont(m_scale, m_weight));
        return false;
    }

private:
    void watchParent()
    {
        if (m_parent)
            m_parent->removeEventFilter(this);
        m_parent = m_widget.parentWidget();
        if (m_parent)
            m_parent->installEventFilter(this);
    }

    QWidget &m_widget;
    QPointer<QWidget> m_parent;
    double m_scale;
    int m_weight;
};

/// Follows the theme: a label's own palette would not.
class MutedLabel final : public QLabel {
public:
    explicit MutedLabel(QWidget *parent) : QLabel(parent) { follow(); }

protected:
    void changeEvent(QEvent *event) override
    {
        QLabel::changeEvent(event);
        if (event->type() == QEvent::PaletteChange || event->type() == QEvent::ApplicationPaletteChange)
            follow();
    }

private:
    void follow() { setTextColour(this, colours(QApplication::palette()).mutedText); }
};

} // namespace

void scaleFont(QWidget *widget, double scale, int weight)
{
    widget->setFont(scaledFont(scale, weight));
    new FontFollower(widget, scale, weight);
}

void setTextColour(QLabel *label, const QColor &colour)
{
    if (label->palette().color(QPalette::Active, QPalette::WindowText) == colour)
        return;
    QPalette own = label->palette();
    own.setColor(QPalette::WindowText, colour);
    own.setColor(QPalette::Disabled, QPalette::WindowText, colours(QApplication::palette()).disabledText);
    label->setPalette(own);
}

int iconSide(const QWidget *widget, int size)
{
    return size * widget->style()->pixelMetric(QStyle::PM_ButtonIconSize, nullptr, widget) / grid::icon;
}

QSize fitting(const QWidget *widget, const QSize &wanted)
{
    const int title = widget->style()->pixelMetric(QStyle::PM_TitleBarHeight);
    return wanted.boundedTo(widget->screen()->availableGeometry().adjusted(0, title, 0, 0).size());
}

QToolButton *iconButton(const QString &objectName, const QString &iconName, const QString &tip, QWidget *parent)
{
    auto *button = new QToolButton(parent);
    button->setObjectName(objectName);
    button->setIcon(icon(iconName, IconTone::Muted));
    button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    button->setAutoRaise(true);
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

QToolButton *textButton(const QString &objectName, const QString &iconName, const QString &text, QWidget *parent)
{
    auto *button = new QToolButton(parent);
    button->setObjectName(objectName);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setIcon(icon(iconName, IconTone::Muted));
    button->setText(text);
    button->setAccessibleName(text);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    button->setMinimumHeight(grid::control);
    return button;
}

QLabel *mutedLabel(const QString &objectName, QWidget *parent, double scale)
{
    auto *label = new MutedLabel(parent);
    scaleFont(label, scale);
    label->setObjectName(objectName);
    return label;
}

IconLabel::IconLabel(const QIcon &icon, int size, QWidget *parent) : QWidget(parent), m_icon(icon), m_size(size)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

QSize IconLabel::sizeHint() const
{
    return { iconSide(this, m_size), iconSide(this, m_size) };
}

void IconLabel::setIcon(const QIcon &icon)
{
    m_icon = icon;
    update();
}

void IconLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    m_icon.paint(&painter, rect());
}

Disclosure::Disclosure(const QString &objectName, const QString &text, QWidget *parent) : QToolButton(parent)
{
    setObjectName(objectName);
    setText(text);
    setAccessibleName(text);
    setFolds(true);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void Disclosure::setFolds(bool folds)
{
    setCheckable(folds);
    setFocusPolicy(folds ? Qt::TabFocus : Qt::NoFocus);
    setCursor(folds ? Qt::PointingHandCursor : Qt::ArrowCursor);
    updateGeometry();
}

int Disclosure::textLeft() const
{
    return isCheckable() ? iconSide(this, chevronSize) + grid::half : 0;
}

QSize Disclosure::sizeHint() const
{
    return { textLeft() + fontMetrics().horizontalAdvance(text()) + grid::half, fontMetrics().height() + grid::unit };
}

QSize Disclosure::minimumSizeHint() const
{
    return { iconSide(this, chevronSize) * 2, sizeHint().height() };
}

void Disclosure::paintEvent(QPaintEvent *)
{
    const Colours &c = colours(this);
    QPainter painter(this);
    const int chevron = iconSide(this, chevronSize);
    if (isCheckable())
        ui::icon(isChecked() ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right"), IconTone::Muted)
            .paint(&painter, 0, (height() - chevron) / 2, chevron, chevron);
    const QRect words = rect().adjusted(textLeft(), 0, 0, 0);
    QFont shown = font();
    shown.setUnderline(isCheckable() && underMouse());
    painter.setFont(shown);
    painter.setPen(isEnabled() ? c.text : c.disabledText);
    painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(text(), Qt::ElideRight, words.width()));
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(c.accent, 1.5));
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.75, 0.75, -0.75, -0.75), grid::half, grid::half);
    }
}

QSize ElidedLabel::minimumSizeHint() const
{
    return { 0, QLabel::minimumSizeHint().height() };
}

void ElidedLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setPen(palette().color(foregroundRole()));
    painter.drawText(rect(), int(alignment() | Qt::TextSingleLine),
                     fontMetrics().elidedText(text(), Qt::ElideRight, width()));
}

GrowingArea::GrowingArea(QWidget *content, QWidget *parent, double mostOfWindow)
    : QScrollArea(parent), m_mostOfWindow(mostOfWindow)
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setWidgetResizable(true);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    setWidget(content);
    viewport()->setAutoFillBackground(false);
    content->setAutoFillBackground(false);
    // What is given the focus comes into view, when it has been laid out.
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget *, const QWidget *now) {
        if (!now || !widget()->isAncestorOf(now))
            return;
        QMetaObject::invokeMethod(
            this,
            [this] {
                if (QWidget *focused = widget()->focusWidget())
                    ensureWidgetVisible(focused, 0, grid::section);
            },
            Qt::QueuedConnection);
    });
}

QSize GrowingArea::sizeHint() const
{
    const QSize content = widget()->sizeHint();
    return { content.width(), std::min(content.height(), int(window()->height() * m_mostOfWindow)) };
}

QSize GrowingArea::minimumSizeHint() const
{
    const bool scrolls = horizontalScrollBarPolicy() != Qt::ScrollBarAlwaysOff;
    return { scrolls ? 0 : widget()->minimumSizeHint().width(),
             std::min(sizeHint().height(), 4 * fontMetrics().lineSpacing()) };
}

bool GrowingArea::eventFilter(QObject *watched, QEvent *event)
{
    const QEvent::Type type = event->type();
    if ((watched == widget() && type == QEvent::LayoutRequest) || (watched == window() && type == QEvent::Resize))
        updateGeometry();
    return QScrollArea::eventFilter(watched, event);
}

void GrowingArea::showEvent(QShowEvent *event)
{
    QScrollArea::showEvent(event);
    window()->installEventFilter(this);
    updateGeometry(); // it may have been resized before
}

Card::Card(Tone tone, QWidget *parent) : QWidget(parent), m_tone(tone)
{
}

void Card::setTone(Tone tone)
{
    m_tone = tone;
    update();
}

void Card::setFocused(bool focused)
{
    m_focused = focused;
    update();
}

void Card::paintEvent(QPaintEvent *)
{
    const Colours &c = colours(this);
    QColor fill = c.raised;
    QColor line = c.border;
    switch (m_tone) {
    case Tone::Plain:
        fill = c.surface;
        break;
    case Tone::Field:
        break;
    case Tone::Bubble:
        fill = c.userBubble;
        line = c.userBubble;
        break;
    case Tone::Warning:
        fill = c.warningBackground;
        line = c.warning;
        line.setAlpha(90);
        break;
    case Tone::Error:
        fill = c.errorBackground;
        line = c.error;
        line.setAlpha(90);
        break;
    }
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(fill);
    painter.setPen(m_focused ? QPen(c.accent, 1.5) : QPen(line, 1));
    const int radius = m_tone == Tone::Field || m_tone == Tone::Bubble ? 14 : grid::radius;
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.75, 0.75, -0.75, -0.75), radius, radius);
}

BusyDots::BusyDots(QWidget *parent) : QWidget(parent)
{
    setFixedSize(sizeHint());
    m_timer.setInterval(busyStepMs);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        m_step = (m_step + 1) % 4;
        update();
    });
}

QSize BusyDots::sizeHint() const
{
    return { busySize * 6, busySize * 3 };
}

void BusyDots::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    for (int dot = 0; dot < 3; ++dot) {
        QColor fill = colours(this).accent;
        fill.setAlpha(dot == m_step ? 255 : 90);
        painter.setBrush(fill);
        painter.drawEllipse(QRectF(dot * busySize * 2, busySize, busySize, busySize));
    }
}

void BusyDots::showEvent(QShowEvent *)
{
    m_timer.start();
}

void BusyDots::hideEvent(QHideEvent *)
{
    m_timer.stop();
}

} // namespace talkbench::ui
