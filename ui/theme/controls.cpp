#include "ui/theme/controls.h"

#include "ui/theme/colours.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QApplication>
#include <QPainter>
#include <QScreen>
#include <QStyle>

namespace talkbench::ui {

namespace {

constexpr int busyStepMs = 220;
constexpr int busySize = 5;
constexpr int chevronSize = 14;

/// Follows the theme: a label's own palette would not.
class MutedLabel final : public QLabel {
public:
    MutedLabel(double scale, QWidget *parent) : QLabel(parent), m_scale(scale) { follow(); }

protected:
    void changeEvent(QEvent *event) override
    {
        QLabel::changeEvent(event);
        if (event->type() == QEvent::PaletteChange || event->type() == QEvent::ApplicationPaletteChange
            || event->type() == QEvent::ApplicationFontChange)
            follow();
    }

private:
    void follow()
    {
        const QColor muted = colours(QApplication::palette()).mutedText;
        if (palette().color(QPalette::WindowText) != muted) {
            QPalette own = palette();
            own.setColor(QPalette::WindowText, muted);
            setPalette(own);
        }
        scaleFont(this, m_scale);
    }

    double m_scale;
};

} // namespace

void scaleFont(QWidget *widget, double scale, int weight)
{
    QFont font = QApplication::font();
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * scale);
    if (weight > 0)
        font.setWeight(QFont::Weight(weight));
    if (font != widget->font())
        widget->setFont(font);
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
    button->setIconSize({ grid::icon, grid::icon });
    button->setFixedSize(grid::control, grid::control);
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
    button->setIconSize({ grid::icon, grid::icon });
    button->setText(text);
    button->setAccessibleName(text);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    button->setMinimumHeight(grid::control);
    return button;
}

QLabel *mutedLabel(const QString &objectName, QWidget *parent, double scale)
{
    auto *label = new MutedLabel(scale, parent);
    label->setObjectName(objectName);
    return label;
}

IconLabel::IconLabel(const QIcon &icon, int size, QWidget *parent) : QWidget(parent), m_icon(icon)
{
    setFixedSize(size, size);
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
    setCheckable(true);
    setFocusPolicy(Qt::TabFocus);
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

QSize Disclosure::sizeHint() const
{
    return { chevronSize + grid::half + fontMetrics().horizontalAdvance(text()) + grid::half,
             fontMetrics().height() + grid::unit };
}

QSize Disclosure::minimumSizeHint() const
{
    return { chevronSize * 2, sizeHint().height() };
}

void Disclosure::paintEvent(QPaintEvent *)
{
    const Colours &c = colours(this);
    QPainter painter(this);
    ui::icon(isChecked() ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right"), IconTone::Muted)
        .paint(&painter, 0, (height() - chevronSize) / 2, chevronSize, chevronSize);
    const QRect words = rect().adjusted(chevronSize + grid::half, 0, 0, 0);
    QFont shown = font();
    shown.setUnderline(underMouse());
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
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(rect(), int(alignment() | Qt::TextSingleLine),
                     fontMetrics().elidedText(text(), Qt::ElideRight, width()));
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
