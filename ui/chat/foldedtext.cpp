#include "ui/chat/foldedtext.h"

#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QFontDatabase>
#include <QPlainTextEdit>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int mostLines = 14;
constexpr int charactersALine = 80;
constexpr qsizetype mostCharacters = 20'000;

} // namespace

FoldedText::FoldedText(const QString &objectName, QWidget *parent)
    : QWidget(parent), m_title(new Disclosure(objectName + u"Toggle"_s, tr("Details"), this)),
      m_text(new QPlainTextEdit(this))
{
    setObjectName(objectName);
    m_text->setObjectName(objectName + u"Text"_s);
    m_text->setReadOnly(true);
    m_text->setTabChangesFocus(true);
    m_text->hide();
    connect(m_title, &QToolButton::toggled, m_text, &QWidget::setVisible);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::half);
    column->addWidget(m_title, 0, Qt::AlignLeft);
    column->addWidget(m_text);
    fitHeight();
}

void FoldedText::setTitle(const QString &title)
{
    if (title == m_title->text())
        return;
    m_title->setText(title);
    m_title->setAccessibleName(title);
    m_title->updateGeometry();
    m_text->setAccessibleName(title);
}

void FoldedText::setText(const QString &text)
{
    const QString shown = text.size() > mostCharacters ? text.left(mostCharacters) + u"\n…"_s : text;
    if (m_text->toPlainText() == shown)
        return;
    m_text->setPlainText(shown);
    fitHeight();
}

void FoldedText::setOpen(bool open)
{
    m_title->setChecked(open);
}

void FoldedText::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        fitHeight();
}

void FoldedText::fitHeight()
{
    QFont mono = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    mono.setPointSizeF(font().pointSizeF());
    m_text->setFont(mono);
    // Long lines wrap.
    const int wrapped = int(m_text->document()->characterCount()) / charactersALine + 1;
    const int lines = std::clamp(std::max(m_text->blockCount(), wrapped), 2, mostLines);
    m_text->setFixedHeight(lines * m_text->fontMetrics().lineSpacing() + 2 * grid::unit);
}

} // namespace talkbench::ui
