#include "ui/chat/messagewidget.h"

#include "core/profile/format.h"
#include "ui/chat/foldedtext.h"
#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int actionSize = 28;
constexpr int actionGlyph = 16;
constexpr int veilAlpha = 140;
constexpr int endShown = 40; // characters

/// Dims what is below it.
class Veil final : public QWidget {
public:
    explicit Veil(QWidget *parent) : QWidget(parent) { setAttribute(Qt::WA_TransparentForMouseEvents); }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QColor colour = colours(this).window;
        colour.setAlpha(veilAlpha);
        QPainter(this).fillRect(rect(), colour);
    }
};

/// As much of a text as tells where it begins and ends.
QString endsOf(const QString &text)
{
    const QString words = text.simplified();
    return words.size() <= 2 * endShown ? words : words.first(endShown) + u" … "_s + words.last(endShown);
}

} // namespace

MessageWidget::MessageWidget(const store::StoredMessage &message, QWidget *parent)
    : QWidget(parent), m_id(message.id), m_actions(new QHBoxLayout)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::half);
    m_actions->setContentsMargins(0, 0, 0, 0);
    m_actions->setSpacing(grid::hair);
}

int MessageWidget::heightForWidth(int width) const
{
    return layout()->hasHeightForWidth() ? layout()->totalHeightForWidth(width) : layout()->totalSizeHint().height();
}

QToolButton *MessageWidget::addAction(const QString &objectName, const QString &iconName, const QString &tip)
{
    QToolButton *button = iconButton(objectName, iconName, tip, this);
    m_buttons.append(button);
    fitButtons();
    m_actions->addWidget(button);
    return button;
}

/// The icons grow with the text.
void MessageWidget::fitButtons()
{
    const int glyph = iconSide(this, actionGlyph);
    const int side = glyph + actionSize - actionGlyph;
    for (QToolButton *button : std::as_const(m_buttons)) {
        button->setIconSize({ glyph, glyph });
        button->setFixedSize(side, side);
    }
}

void MessageWidget::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::StyleChange || event->type() == QEvent::FontChange)
        fitButtons();
}

void MessageWidget::addPin()
{
    m_pin = addAction(u"pinMessage"_s, u"pin"_s, {});
    m_pin->setCheckable(true);
    connect(m_pin, &QToolButton::clicked, this, [this](bool pinned) { Q_EMIT pinRequested(m_id, pinned); });
    setPinned(false);
}

void MessageWidget::setPinned(bool pinned)
{
    if (!m_pin)
        return;
    m_pin->setChecked(pinned);
    m_pin->setIcon(icon(u"pin"_s, pinned ? IconTone::Accent : IconTone::Muted));
    const QString tip = pinned ? tr("Pinned: it stays in every prompt") : tr("Pin: keep it in every prompt");
    m_pin->setToolTip(tip);
    m_pin->setAccessibleName(tip);
}

void MessageWidget::setLeftOut(bool leftOut, const QString &cut)
{
    const bool isMarked = leftOut || !cut.isEmpty();
    if (isMarked && !m_veil) {
        m_veil = new Veil(this);
        m_veil->setObjectName(u"leftOutVeil"_s);
        m_leftOut = mutedLabel(u"leftOutMark"_s, this, 0.92);
        m_leftOut->setWordWrap(true);
        static_cast<QVBoxLayout *>(layout())->insertWidget(0, m_leftOut);
    }
    if (!m_veil)
        return;
    m_leftOut->setText(leftOut ? tr("Left out of the next prompt")
                               : tr("Shortened in the next prompt, without %1 characters: “%2”")
                                     .arg(QLocale().toString(cut.size()), endsOf(cut)));
    m_leftOut->setVisible(isMarked);
    m_veil->setVisible(leftOut);
    m_veil->setGeometry(rect());
    m_veil->raise();
    m_leftOut->raise(); // what it says is not dimmed
}

void MessageWidget::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    if (m_veil)
        m_veil->setGeometry(rect());
}

void MessageWidget::addSiblingSwitch()
{
    m_previous = addAction(u"previousVersion"_s, u"chevron-left"_s, tr("Previous version"));
    m_position = mutedLabel(u"versionPosition"_s, this, 0.92);
    m_actions->addWidget(m_position);
    m_next = addAction(u"nextVersion"_s, u"chevron-right"_s, tr("Next version"));
    connect(m_previous, &QToolButton::clicked, this, [this] { Q_EMIT siblingRequested(m_id, -1); });
    connect(m_next, &QToolButton::clicked, this, [this] { Q_EMIT siblingRequested(m_id, 1); });
    setSibling(1, 1);
}

void MessageWidget::setSibling(qsizetype index, qsizetype count)
{
    if (!m_previous)
        return;
    for (QWidget *part :
         { static_cast<QWidget *>(m_previous), static_cast<QWidget *>(m_position), static_cast<QWidget *>(m_next) })
        part->setVisible(count > 1);
    m_position->setText(u"%1/%2"_s.arg(index).arg(count));
    m_position->setAccessibleName(tr("Version %1 of %2").arg(index).arg(count));
    m_previous->setEnabled(index > 1);
    m_next->setEnabled(index < count);
}

ToolMessage::ToolMessage(const store::StoredMessage &message, const QString &tool, QWidget *parent)
    : MessageWidget(message, parent)
{
    setObjectName(u"toolMessage"_s);
    auto *block = new FoldedText(u"toolResult"_s, this);
    block->setTitle(tool.isEmpty() ? tr("A tool's result") : tr("Result of %1").arg(tool));
    block->setText(profile::prettyJson(message.message.text()));
    auto *column = static_cast<QVBoxLayout *>(layout());
    column->addWidget(block);
    column->addLayout(actions()); // none so far
}

} // namespace talkbench::ui
