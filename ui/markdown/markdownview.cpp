#include "ui/markdown/markdownview.h"

#include "ui/markdown/linkguard.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QAbstractTextDocumentLayout>
#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QElapsedTimer>
#include <QMenu>
#include <QMimeData>
#include <QPainter>
#include <QScrollBar>
#include <QTextBlock>
#include <QWheelEvent>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int frameMs = 16;
/// Layout gets at most a third of the thread's time.
constexpr int costFactor = 2;
constexpr int copiedMs = 1500;

bool isCode(const QTextBlock &block)
{
    return block.isValid() && block.blockFormat().intProperty(KindProperty) == int(Row::Kind::Code);
}

QTextBlock firstOfCode(QTextBlock block)
{
    while (isCode(block) && !block.blockFormat().boolProperty(CodeFirstProperty))
        block = block.previous();
    return block;
}

QTextBlock lastOfCode(QTextBlock block)
{
    while (isCode(block) && !block.blockFormat().boolProperty(CodeLastProperty) && isCode(block.next()))
        block = block.next();
    return block;
}

QString codeText(QTextBlock block)
{
    QStringList lines;
    const QTextBlock last = lastOfCode(block);
    for (; block.isValid() && block.blockNumber() <= last.blockNumber(); block = block.next())
        lines.append(writtenText(block));
    return lines.join(u'\n');
}

} // namespace

MarkdownView::MarkdownView(QWidget *parent) : QTextBrowser(parent), m_builder(document())
{
    setFrameShape(QFrame::NoFrame);
    setOpenLinks(false);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    setTextInteractionFlags(Qt::TextBrowserInteraction);
    setFocusPolicy(Qt::ClickFocus);
    viewport()->setAutoFillBackground(false);
    setAutoFillBackground(false);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    m_frame.setSingleShot(true);
    m_frame.setTimerType(Qt::PreciseTimer);
    connect(&m_frame, &QTimer::timeout, this, &MarkdownView::flush);
    m_copiedTimer.setSingleShot(true);
    connect(&m_copiedTimer, &QTimer::timeout, this, [this] {
        m_copied = -1;
        viewport()->update();
    });
    connect(this, &QTextBrowser::anchorClicked, this, [this](const QUrl &url) { askToOpenLink(window(), url); });
    restyle();
}

void MarkdownView::setMarkdown(const QString &markdown)
{
    m_waiting.clear();
    m_builder.setMarkdown(markdown);
    contentChanged();
}

void MarkdownView::setPlain(const QString &text)
{
    m_waiting.clear();
    m_builder.setPlainText(text);
    contentChanged();
}

void MarkdownView::append(const QString &markdown)
{
    m_waiting += markdown;
    if (isVisible() && !m_frame.isActive())
        m_frame.start(0);
}

void MarkdownView::flush()
{
    if (m_waiting.isEmpty())
        return;
    QElapsedTimer cost;
    cost.start();
    m_builder.append(std::exchange(m_waiting, {}));
    contentChanged();
    const int pause = std::max(frameMs, int(cost.elapsed()) * costFactor);
    // A running timer holds the next text back; with nothing waiting its end does nothing.
    if (isVisible())
        m_frame.start(pause);
}

void MarkdownView::contentChanged()
{
    updateGeometry();
    Q_EMIT heightChanged();
}

int MarkdownView::idealWidth() const
{
    return int(std::ceil(document()->idealWidth())) + 1;
}

int MarkdownView::heightForWidth(int width) const
{
    m_builder.fitTables(width);
    if (!qFuzzyCompare(document()->textWidth(), qreal(width)))
        document()->setTextWidth(width);
    const QSizeF size = document()->size();
    const int bar = size.toSize().width() > width ? horizontalScrollBar()->sizeHint().height() : 0;
    return int(std::ceil(size.height())) + bar;
}

/// Of a point in the view, which a wide table may have moved.
QPointF MarkdownView::inDocument(const QPointF &point) const
{
    return point + QPointF(horizontalScrollBar()->value(), 0);
}

QSize MarkdownView::sizeHint() const
{
    const int width = std::max(this->width(), 40);
    return { width, heightForWidth(width) };
}

QSize MarkdownView::minimumSizeHint() const
{
    return { 40, 0 };
}

void MarkdownView::restyle()
{
    QPalette own = palette();
    const Colours &c = colours(own);
    if (own.color(QPalette::Highlight) != c.selection || own.color(QPalette::Base).alpha() != 0) {
        own.setColor(QPalette::Highlight, c.selection);
        own.setColor(QPalette::HighlightedText, c.text);
        own.setColor(QPalette::Base, Qt::transparent);
        viewport()->setPalette(own);
    }
    m_builder.setStyle({ schemeOf(palette()), font() });
    contentChanged();
}

void MarkdownView::changeEvent(QEvent *event)
{
    QTextBrowser::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange
        || event->type() == QEvent::StyleChange)
        restyle();
}

void MarkdownView::showEvent(QShowEvent *event)
{
    QTextBrowser::showEvent(event);
    flush();
}

void MarkdownView::wheelEvent(QWheelEvent *event)
{
    const QPoint turned = event->angleDelta();
    const int sideways = event->modifiers() & Qt::ShiftModifier && turned.x() == 0 ? turned.y() : turned.x();
    if (horizontalScrollBar()->maximum() > 0 && sideways != 0) {
        horizontalScrollBar()->setValue(horizontalScrollBar()->value() - sideways / 2);
        event->accept();
        return;
    }
    event->ignore();
}

QVariant MarkdownView::loadResource(int, const QUrl &)
{
    return {};
}

QStringList MarkdownView::codeBlocks() const
{
    QStringList blocks;
    for (QTextBlock block = document()->begin(); block.isValid(); block = block.next())
        if (isCode(block) && block.blockFormat().boolProperty(CodeFirstProperty))
            blocks.append(codeText(block));
    return blocks;
}

QRectF MarkdownView::codeCard(const QTextBlock &first) const
{
    const auto *layout = document()->documentLayout();
    const QRectF top = layout->blockBoundingRect(first);
    const QRectF bottom = layout->blockBoundingRect(lastOfCode(first));
    const qreal left = first.blockFormat().leftMargin() - documentgrid::codePadding;
    return QRectF(QPointF(left, top.top() - documentgrid::codeHeader),
                  QPointF(document()->textWidth(), bottom.bottom() + documentgrid::codePadding))
        .adjusted(0.5, 0.5, -0.5, -0.5);
}

QRectF MarkdownView::copyArea(const QTextBlock &first) const
{
    const QRectF card = codeCard(first);
    const QString label = m_copied == first.blockNumber() ? tr("Copied") : tr("Copy");
    const int width = fontMetrics().horizontalAdvance(label) + 33;
    return { card.right() - width - 4, card.top() + 2, qreal(width), documentgrid::codeHeader - 4.0 };
}

QTextBlock MarkdownView::codeHeaderAt(const QPointF &point) const
{
    const int position = document()->documentLayout()->hitTest(point, Qt::FuzzyHit);
    QTextBlock block = document()->findBlock(std::max(position, 0));
    for (const QTextBlock &candidate : { block, block.next() }) {
        const QTextBlock first = firstOfCode(candidate);
        if (isCode(first) && copyArea(first).contains(point))
            return first;
    }
    return {};
}

void MarkdownView::paintEvent(QPaintEvent *event)
{
    {
        QPainter painter(viewport());
        painter.setRenderHint(QPainter::Antialiasing);
        painter.translate(-inDocument({}));
        paintDecorations(painter, event->rect());
    }
    QTextBrowser::paintEvent(event);
}

void MarkdownView::paintDecorations(QPainter &painter, const QRectF &visible) const
{
    const auto *layout = document()->documentLayout();
    const int position = layout->hitTest(QPointF(0, visible.top() - documentgrid::codeHeader), Qt::FuzzyHit);
    QTextBlock block = document()->findBlock(std::max(position, 0));
    if (isCode(block))
        block = firstOfCode(block);
    else if (block.previous().isValid())
        block = block.previous();
    for (; block.isValid(); block = block.next()) {
        const QRectF rect = layout->blockBoundingRect(block);
        if (rect.top() - documentgrid::codeHeader - documentgrid::paragraphGap > visible.bottom())
            break;
        if (isCode(block) && block.blockFormat().boolProperty(CodeFirstProperty))
            paintCode(painter, block);
        paintBlock(painter, block);
    }
}

void MarkdownView::paintCode(QPainter &painter, const QTextBlock &first) const
{
    const Colours &c = colours(this);
    const QRectF card = codeCard(first);
    painter.setPen(c.border);
    painter.setBrush(c.codeBackground);
    painter.drawRoundedRect(card, grid::radius, grid::radius);
    painter.setPen(c.mutedText);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.88);
    painter.setFont(small);
    const QRectF header(card.left() + documentgrid::codePadding, card.top(),
                        card.width() - 2 * documentgrid::codePadding, documentgrid::codeHeader);
    const QString language = first.blockFormat().stringProperty(LanguageProperty);
    painter.drawText(header, Qt::AlignVCenter | Qt::AlignLeft, language.isEmpty() ? tr("text") : language);
    const QRectF copy = copyArea(first);
    const bool copied = m_copied == first.blockNumber();
    icon(copied ? u"check"_s : u"copy"_s, copied ? IconTone::Ok : IconTone::Muted)
        .paint(&painter, QRectF(copy.left() + 6, copy.center().y() - 7.5, 15, 15).toRect());
    painter.drawText(copy.adjusted(27, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, copied ? tr("Copied") : tr("Copy"));
}

void MarkdownView::paintBlock(QPainter &painter, const QTextBlock &block) const
{
    const Colours &c = colours(this);
    const QTextBlockFormat format = block.blockFormat();
    const QRectF rect = document()->documentLayout()->blockBoundingRect(block);
    const int quote = format.intProperty(QuoteProperty);
    for (int depth = 0; depth < quote; ++depth) {
        const bool joins = block.previous().blockFormat().intProperty(QuoteProperty) > depth;
        const qreal top =
            joins ? document()->documentLayout()->blockBoundingRect(block.previous()).bottom() - 2 : rect.top();
        painter.setPen(Qt::NoPen);
        painter.setBrush(c.border);
        painter.drawRoundedRect(QRectF(depth * documentgrid::quote + 1, top, 3, rect.bottom() - top), 1.5, 1.5);
    }
    if (format.intProperty(KindProperty) == int(Row::Kind::Rule)) {
        painter.setPen(c.border);
        painter.drawLine(QPointF(format.leftMargin(), rect.center().y()),
                         QPointF(document()->textWidth(), rect.center().y()));
    }
    if (format.hasProperty(MarkerProperty))
        paintMarker(painter, block, rect);
}

void MarkdownView::paintMarker(QPainter &painter, const QTextBlock &block, const QRectF &rect) const
{
    const Colours &c = colours(this);
    const QString marker = block.blockFormat().stringProperty(MarkerProperty);
    const QTextLine line = block.layout()->lineCount() > 0 ? block.layout()->lineAt(0) : QTextLine();
    const qreal baseline = rect.top() + (line.isValid() ? line.y() + line.ascent() : fontMetrics().ascent());
    const qreal right = block.blockFormat().leftMargin() - 8;
    const bool checked = marker == QString::fromUtf16(checkedMarker);
    if (!checked && marker != QString::fromUtf16(uncheckedMarker)) {
        painter.setFont(block.charFormat().font());
        painter.setPen(c.mutedText);
        const qreal width = QFontMetricsF(painter.font()).horizontalAdvance(marker);
        painter.drawText(QPointF(right - width, baseline), marker);
        return;
    }
    const qreal side = 13;
    const QRectF box(right - side + 1, baseline - side + 2, side, side);
    painter.setPen(QPen(checked ? c.accentFill : c.mutedText, 1.3));
    painter.setBrush(checked ? QBrush(c.accentFill) : QBrush(Qt::NoBrush));
    painter.drawRoundedRect(box, 3, 3);
    if (checked)
        icon(u"check"_s, IconTone::OnAccent).paint(&painter, box.toRect());
}

void MarkdownView::mouseReleaseEvent(QMouseEvent *event)
{
    const QTextBlock header = codeHeaderAt(inDocument(event->position()));
    if (event->button() == Qt::LeftButton && header.isValid() && !textCursor().hasSelection()) {
        QApplication::clipboard()->setText(codeText(header));
        m_copied = header.blockNumber();
        m_copiedTimer.start(copiedMs);
        viewport()->update();
        return;
    }
    QTextBrowser::mouseReleaseEvent(event);
}

void MarkdownView::mouseMoveEvent(QMouseEvent *event)
{
    QTextBrowser::mouseMoveEvent(event);
    if (event->buttons() == Qt::NoButton && codeHeaderAt(inDocument(event->position())).isValid())
        viewport()->setCursor(Qt::PointingHandCursor);
}

void MarkdownView::contextMenuEvent(QContextMenuEvent *event)
{
    auto *menu = createStandardContextMenu(event->pos());
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const int position = document()->documentLayout()->hitTest(inDocument(event->pos()), Qt::FuzzyHit);
    const QTextBlock code = firstOfCode(document()->findBlock(std::max(position, 0)));
    if (isCode(code)) {
        menu->addSeparator();
        menu->addAction(tr("Copy code block"), this,
                        [text = codeText(code)] { QApplication::clipboard()->setText(text); });
    }
    menu->popup(event->globalPos());
}

QMimeData *MarkdownView::createMimeDataFromSelection() const
{
    const QTextCursor cursor = textCursor();
    QString text;
    for (QTextBlock block = document()->findBlock(cursor.selectionStart());
         block.isValid() && block.position() <= cursor.selectionEnd(); block = block.next()) {
        const int from = std::max(cursor.selectionStart() - block.position(), 0);
        const int to = std::min(cursor.selectionEnd() - block.position(), block.length() - 1);
        const QTextBlockFormat format = block.blockFormat();
        if (!text.isEmpty())
            text += u'\n';
        if (from == 0 && format.hasProperty(MarkerProperty))
            text += format.stringProperty(MarkerProperty) + u' ';
        text += writtenText(block, from, to - from);
    }
    auto *copied = new QMimeData;
    copied->setText(text);
    return copied;
}

} // namespace talkbench::ui
