#include "ui/problembar.h"

#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

ProblemBar::ProblemBar(QWidget *parent) : QWidget(parent), m_text(new QLabel(this))
{
    auto *card = new Card(Card::Tone::Warning, this);
    card->setObjectName(u"problem"_s);
    m_text->setObjectName(u"problemText"_s);
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *close = iconButton(u"problemClose"_s, u"close"_s, tr("Close"), card);
    connect(close, &QToolButton::clicked, this, &QWidget::hide);
    auto *line = new QHBoxLayout(card);
    line->setContentsMargins(grid::gap, grid::half, grid::half, grid::half);
    line->addWidget(m_text, 1);
    line->addWidget(close, 0, Qt::AlignTop);
    auto *margin = new QVBoxLayout(this);
    margin->setContentsMargins(grid::gap, grid::unit, grid::gap, 0);
    margin->addWidget(card);
    hide();
}

void ProblemBar::say(const base::Error &error)
{
    m_text->setText(error.message);
    // Left to guess, a tool tip would take raw words for markup.
    m_text->setToolTip(error.detail.isEmpty() ? QString() : Qt::convertFromPlainText(error.detail));
    m_isWarning = error.kind != base::ErrorKind::Storage;
    show();
}

void ProblemBar::clearWarning()
{
    if (m_isWarning)
        hide();
}

} // namespace talkbench::ui
