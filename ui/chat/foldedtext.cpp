#include "ui/chat/foldedtext.h"

#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QAbstractTextDocumentLayout>
#include <QFontDatabase>
#include <QPlainTextEdit>
#include <QTextBlock>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int mostLines = 14;
constexpr qsizetype mostCharacters = 20'000;

} // namespace

/// As high as its lines are at its width, up to a limit, where it scrolls.
class FittedText final : public QPlainTextEdit {
public:
    using QPlainTextEdit::QPlainTextEdit;

    void fitHeight()
    {
        const QAbstractTextDocumentLayout &lines = *document()->documentLayout();
        const double most = mostLines * fontMetrics().lineSpacing();
        double height = 0;
        for (QTextBlock block = document()->begin(); block.isValid() && height < most; block = block.next())
            height += lines.blockBoundingRect(block).height();
        setFixedHeight(int(std::ceil(std::min(height, most))) + 2 * grid::unit);
    }

protected:
    void resizeEvent(QResizeEvent *event) override
    {
        QPlainTextEdit::resizeEvent(event);
        if (event->size().width() != event->oldSize().width())
            fitHeight();
    }
};

FoldedText::FoldedText(const QString &objectName, QWidget *parent)
    : QWidget(parent), m_title(new Disclosure(objectName + u"Toggle"_s, tr("Details"), this)),
      m_text(new FittedText(this))
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
    useFixedFont();
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
    m_text->fitHeight();
}

void FoldedText::setOpen(bool open)
{
    m_title->setChecked(open);
}

void FoldedText::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        useFixedFont();
}

void FoldedText::useFixedFont()
{
    QFont mono = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    mono.setPointSizeF(font().pointSizeF());
    m_text->setFont(mono);
    m_text->fitHeight();
}

} // namespace talkbench::ui
