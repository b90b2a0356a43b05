#include "ui/chat/promptedit.h"

#include <QAbstractTextDocumentLayout>
#include <QImage>
#include <QKeyEvent>
#include <QMimeData>
#include <QScrollBar>
#include <QUrl>

#include <algorithm>
#include <cmath>

namespace talkbench::ui {

namespace {

constexpr int mostLines = 12;
constexpr int maxWord = 2000;

bool hasEndlessWord(const QString &text)
{
    int length = 0;
    return std::any_of(text.begin(), text.end(), [&length](QChar c) {
        length = c.isSpace() ? 0 : length + 1;
        return length > maxWord;
    });
}

} // namespace

PromptEdit::PromptEdit(QWidget *parent) : QPlainTextEdit(parent)
{
    setFrameShape(QFrame::NoFrame);
    setTabChangesFocus(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    viewport()->setAutoFillBackground(false);
    document()->setDocumentMargin(4);
    connect(this, &QPlainTextEdit::textChanged, this, &PromptEdit::fitHeight);
    fitHeight();
}

void PromptEdit::setText(const QString &text)
{
    fitWrapping(text);
    setPlainText(text);
}

bool PromptEdit::isSendKey(const QKeyEvent *event) const
{
    if (event->key() != Qt::Key_Return && event->key() != Qt::Key_Enter)
        return false;
    const auto modifiers = event->modifiers() & ~Qt::KeypadModifier;
    if (modifiers == Qt::ControlModifier)
        return true;
    return m_sendKey == SendKey::Enter && modifiers == Qt::NoModifier;
}

bool PromptEdit::event(QEvent *event)
{
    // Esc is the field's own while it has the focus: it may end an edit instead of stopping an answer.
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    return QPlainTextEdit::event(event);
}

void PromptEdit::keyPressEvent(QKeyEvent *event)
{
    if (m_composing) {
        QPlainTextEdit::keyPressEvent(event);
        return;
    }
    if (isSendKey(event)) {
        Q_EMIT submitted();
        return;
    }
    if (event->key() == Qt::Key_Escape) {
        Q_EMIT escaped();
        return;
    }
    if (event->key() == Qt::Key_Up && event->modifiers() == Qt::NoModifier && document()->isEmpty()) {
        Q_EMIT recalled();
        return;
    }
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && event->modifiers() & Qt::ShiftModifier) {
        // A block, not the soft line break that Shift+Enter makes by default.
        textCursor().insertBlock();
        ensureCursorVisible();
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

void PromptEdit::inputMethodEvent(QInputMethodEvent *event)
{
    m_composing = !event->preeditString().isEmpty();
    QPlainTextEdit::inputMethodEvent(event);
    fitHeight();
}

void PromptEdit::focusInEvent(QFocusEvent *event)
{
    QPlainTextEdit::focusInEvent(event);
    Q_EMIT focusChanged(true);
}

void PromptEdit::focusOutEvent(QFocusEvent *event)
{
    m_composing = false;
    QPlainTextEdit::focusOutEvent(event);
    Q_EMIT focusChanged(false);
}

void PromptEdit::resizeEvent(QResizeEvent *event)
{
    QPlainTextEdit::resizeEvent(event);
    fitHeight();
}

void PromptEdit::changeEvent(QEvent *event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        fitHeight();
}

QStringList localFiles(const QMimeData &data)
{
    QStringList paths;
    const QList<QUrl> urls = data.urls();
    for (const QUrl &url : urls)
        if (url.isLocalFile())
            paths.append(url.toLocalFile());
    return paths;
}

bool PromptEdit::canInsertFromMimeData(const QMimeData *source) const
{
    return source->hasText() || (m_takesPictures && (source->hasImage() || !localFiles(*source).isEmpty()));
}

void PromptEdit::insertFromMimeData(const QMimeData *source)
{
    const QStringList files = localFiles(*source);
    // Words copied from a sheet or a page come with a picture of themselves.
    if (m_takesPictures && !files.isEmpty())
        Q_EMIT filesGiven(files);
    else if (m_takesPictures && source->hasImage() && source->text().trimmed().isEmpty())
        Q_EMIT imageGiven(source->imageData().value<QImage>());
    else if (source->hasText()) {
        fitWrapping(source->text());
        insertPlainText(source->text());
    }
}

QSize PromptEdit::sizeHint() const
{
    // A plain text document measures its height in lines.
    const int lines = std::clamp(int(std::ceil(document()->documentLayout()->documentSize().height())), 1, mostLines);
    const int margins = int(2 * document()->documentMargin()) + 2;
    return { 200, lines * fontMetrics().lineSpacing() + margins };
}

QSize PromptEdit::minimumSizeHint() const
{
    return { 60, sizeHint().height() };
}

void PromptEdit::fitWrapping(const QString &added)
{
    // Qt looks through the rest of a word for each line that it breaks at words: one of a megabyte freezes the window.
    if (hasEndlessWord(added))
        setWordWrapMode(QTextOption::WrapAnywhere);
    else if (document()->isEmpty())
        setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
}

void PromptEdit::fitHeight()
{
    const int wanted = sizeHint().height();
    if (wanted != minimumHeight() || wanted != maximumHeight())
        setFixedHeight(wanted);
    const bool scrolls = document()->documentLayout()->documentSize().height() > mostLines;
    setVerticalScrollBarPolicy(scrolls ? Qt::ScrollBarAsNeeded : Qt::ScrollBarAlwaysOff);
}

} // namespace talkbench::ui
