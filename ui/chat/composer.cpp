#include "ui/chat/composer.h"

#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int sendSize = 34;

/// Round and filled: the one primary action of the page.
class SendButton final : public QToolButton {
public:
    using QToolButton::QToolButton;

protected:
    void paintEvent(QPaintEvent *) override
    {
        const Colours &c = colours(this);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(hasFocus() ? QPen(c.text, 1.5) : QPen(Qt::NoPen));
        painter.setBrush(!isEnabled()                     ? c.pressed
                             : isDown()                   ? c.accentFill.darker(118)
                             : underMouse() || hasFocus() ? c.accentFill.darker(108)
                                                          : c.accentFill);
        painter.drawEllipse(QRectF(rect()).adjusted(1, 1, -1, -1));
        icon().paint(&painter, rect().adjusted(8, 8, -8, -8), Qt::AlignCenter,
                     isEnabled() ? QIcon::Normal : QIcon::Disabled);
    }
};

} // namespace

Composer::Composer(QWidget *parent)
    : QWidget(parent), m_field(new Card(Card::Tone::Field, this)), m_edit(new PromptEdit(m_field)),
      m_hint(mutedLabel(u"composerHint"_s, m_field, 0.9)), m_estimate(mutedLabel(u"composerEstimate"_s, m_field, 0.9)),
      m_send(new SendButton(m_field))
{
    setObjectName(u"composer"_s);
    m_edit->setObjectName(u"prompt"_s);
    m_edit->setAccessibleName(tr("Message"));
    m_edit->setPlaceholderText(tr("Ask anything"));
    m_send->setObjectName(u"send"_s);
    m_send->setFixedSize(sendSize, sendSize);
    m_send->setFocusPolicy(Qt::TabFocus);
    setFocusProxy(m_edit);

    auto *foot = new QHBoxLayout;
    foot->setSpacing(grid::wide);
    foot->setContentsMargins(grid::half, 0, 0, 0);
    foot->addWidget(m_hint);
    foot->addStretch();
    foot->addWidget(m_estimate);
    foot->addWidget(m_send);
    auto *inside = new QVBoxLayout(m_field);
    inside->setContentsMargins(grid::wide, grid::unit, grid::unit, grid::unit);
    inside->setSpacing(grid::half);
    inside->addWidget(m_edit);
    inside->addLayout(foot);
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(grid::section, 0, grid::section, grid::gap);
    line->addStretch(1);
    line->addWidget(m_field, 1000);
    line->addStretch(1);
    m_field->setMaximumWidth(grid::column + 2 * grid::wide);

    connect(m_edit, &PromptEdit::submitted, this, &Composer::submit);
    connect(m_edit, &PromptEdit::recalled, this, &Composer::recallRequested);
    connect(m_edit, &PromptEdit::escaped, this, &Composer::stopRequested);
    connect(m_edit, &PromptEdit::focusChanged, m_field, &Card::setFocused);
    connect(m_edit, &QPlainTextEdit::textChanged, this, [this] {
        refresh();
        Q_EMIT textChanged();
    });
    connect(m_send, &QToolButton::clicked, this, [this] {
        if (m_generating)
            Q_EMIT stopRequested();
        else
            submit();
    });
    setSendKey(PromptEdit::SendKey::Enter);
    refresh();
}

void Composer::setText(const QString &text)
{
    if (text == m_edit->toPlainText())
        return;
    m_edit->setPlainText(text);
    m_edit->moveCursor(QTextCursor::End);
}

void Composer::setSendKey(PromptEdit::SendKey key)
{
    m_edit->setSendKey(key);
    m_hint->setText(key == PromptEdit::SendKey::Enter ? tr("Enter sends, Shift+Enter breaks the line")
                                                      : tr("Ctrl+Enter sends, Enter breaks the line"));
}

void Composer::setGenerating(bool generating)
{
    m_generating = generating;
    refresh();
}

void Composer::setEstimate(const QString &estimate)
{
    m_estimate->setText(estimate);
}

void Composer::focusText()
{
    m_edit->setFocus();
}

void Composer::submit()
{
    const QString text = m_edit->toPlainText();
    if (m_generating || text.trimmed().isEmpty())
        return;
    m_edit->clear();
    Q_EMIT sendRequested(text);
}

void Composer::refresh()
{
    const bool hasText = !m_edit->toPlainText().trimmed().isEmpty();
    m_send->setEnabled(m_generating || hasText);
    m_send->setIcon(icon(m_generating ? u"stop"_s : u"send"_s, IconTone::OnAccent));
    const QString tip = m_generating ? tr("Stop (Esc)") : tr("Send");
    m_send->setToolTip(tip);
    m_send->setAccessibleName(m_generating ? tr("Stop") : tr("Send"));
}

} // namespace talkbench::ui
