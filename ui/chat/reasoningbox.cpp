#include "ui/chat/reasoningbox.h"

#include "ui/markdown/markdownview.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QLocale>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

ReasoningBox::ReasoningBox(QWidget *parent)
    : QWidget(parent), m_toggle(textButton(u"reasoningToggle"_s, u"thought"_s, tr("Thinking…"), this)),
      m_text(new MarkdownView(this))
{
    setObjectName(u"reasoning"_s);
    m_text->setObjectName(u"reasoningText"_s);
    m_text->setAccessibleName(tr("Reasoning"));
    m_toggle->setCheckable(true);
    m_toggle->setChecked(true);
    m_toggle->setToolTip(tr("Show or hide what the model thought"));
    connect(m_toggle, &QToolButton::toggled, this, &ReasoningBox::setOpen);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::half);
    column->addWidget(m_toggle, 0, Qt::AlignLeft);
    auto *indented = new QVBoxLayout;
    indented->setContentsMargins(grid::gap, 0, 0, grid::half);
    indented->addWidget(m_text);
    column->addLayout(indented);
    hide();
}

void ReasoningBox::append(const QString &text)
{
    if (text.isEmpty())
        return;
    m_empty = false;
    show();
    m_text->append(text);
}

void ReasoningBox::setText(const QString &text)
{
    m_empty = text.isEmpty();
    setVisible(!m_empty);
    m_text->setMarkdown(text);
}

void ReasoningBox::setThinking()
{
    if (!std::exchange(m_done, false))
        return;
    m_toggle->setText(tr("Thinking…"));
    m_toggle->setAccessibleName(m_toggle->text());
    m_toggle->setChecked(true);
}

void ReasoningBox::setDone(qint64 ms)
{
    m_toggle->setText(ms >= 0 ? tr("Thought for %1 s").arg(QLocale().toString(double(ms) / 1000, 'f', 1))
                              : tr("Thoughts"));
    m_toggle->setAccessibleName(m_toggle->text());
    if (!std::exchange(m_done, true))
        m_toggle->setChecked(false);
}

void ReasoningBox::setOpen(bool open)
{
    m_text->setVisible(open);
    updateGeometry();
}

void ReasoningBox::paintEvent(QPaintEvent *)
{
    if (!m_text->isVisible())
        return;
    QPainter painter(this);
    painter.fillRect(QRect(grid::half, m_text->y(), 2, m_text->height()), colours(this).border);
}

} // namespace talkbench::ui
