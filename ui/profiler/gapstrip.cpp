#include "ui/profiler/gapstrip.h"

#include "core/profile/format.h"
#include "ui/theme/colours.h"
#include "ui/theme/metrics.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStyleOption>
#include <QToolTip>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int stripHeight = 20;
constexpr double widestBar = 6;
constexpr double narrowestBar = 2;
constexpr double spacing = 1;
constexpr int repaintMs = 66;

} // namespace

QList<Gap> gapsOf(const QList<profile::ChunkStamp> &chunks)
{
    QList<Gap> gaps;
    gaps.reserve(std::max<qsizetype>(0, chunks.size() - 1));
    qint64 position = 0;
    for (qsizetype i = 0; i < chunks.size(); ++i) {
        if (i > 0) {
            gaps.append({ i, static_cast<double>(chunks[i].ns - chunks[i - 1].ns) / 1e6,
                          static_cast<double>(chunks[i - 1].ns - chunks.first().ns) / 1e6, position });
        }
        if (chunks[i].kind == profile::ChunkKind::Text)
            position += chunks[i].characters;
    }
    return gaps;
}

double stallThresholdMs(const QList<Gap> &gaps)
{
    if (gaps.isEmpty())
        return stallMs;
    QList<double> lengths;
    lengths.reserve(gaps.size());
    for (const Gap &gap : gaps)
        lengths << gap.ms;
    const auto middle = lengths.begin() + lengths.size() / 2;
    std::nth_element(lengths.begin(), middle, lengths.end());
    return std::max(stallMs, stallRatio * *middle);
}

GapStrip::GapStrip(QWidget *parent) : QWidget(parent)
{
    setObjectName(u"gapStrip"_s);
    setAccessibleName(tr("Pauses between chunks"));
    setFocusPolicy(Qt::TabFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_repaint.setSingleShot(true);
    m_repaint.setInterval(repaintMs);
    connect(&m_repaint, &QTimer::timeout, this, qOverload<>(&QWidget::update));
}

void GapStrip::clear()
{
    setChunks({});
}

void GapStrip::addChunks(const QList<profile::ChunkStamp> &chunks)
{
    if (chunks.isEmpty())
        return;
    m_chunks += chunks;
    m_measured = false;
    if (!m_repaint.isActive() && isVisible())
        m_repaint.start();
}

void GapStrip::setChunks(const QList<profile::ChunkStamp> &chunks)
{
    m_chunks = chunks;
    m_measured = false;
    m_selected = -1;
    describe();
    update();
}

void GapStrip::measure() const
{
    if (m_measured)
        return;
    m_measured = true;
    m_gaps = gapsOf(m_chunks);
    m_threshold = stallThresholdMs(m_gaps);
    m_longest = 0;
    m_stalls.clear();
    for (const Gap &gap : std::as_const(m_gaps)) {
        m_longest = std::max(m_longest, gap.ms);
        if (isStall(gap))
            m_stalls << gap;
    }
}

const QList<Gap> &GapStrip::stalls() const
{
    measure();
    return m_stalls;
}

GapStrip::Bars GapStrip::bars() const
{
    measure();
    const auto most = static_cast<qsizetype>(std::max(1.0, std::floor(width() / (narrowestBar + spacing))));
    Bars bars;
    bars.count = std::min(m_gaps.size(), most);
    if (bars.count > 0)
        bars.width = std::min(widestBar + spacing, static_cast<double>(width()) / static_cast<double>(bars.count));
    return bars;
}

qsizetype GapStrip::barCount() const
{
    return bars().count;
}

const Gap *GapStrip::gapAt(qsizetype bar) const
{
    const qsizetype count = bars().count;
    if (bar < 0 || bar >= count)
        return nullptr;
    const auto from = m_gaps.cbegin() + m_gaps.size() * bar / count;
    const auto to = m_gaps.cbegin() + m_gaps.size() * (bar + 1) / count;
    return &*std::max_element(from, to, [](const Gap &a, const Gap &b) { return a.ms < b.ms; });
}

const Gap *GapStrip::gapUnder(const QPoint &pos) const
{
    const Bars all = bars();
    return all.width > 0 ? gapAt(static_cast<qsizetype>(pos.x() / all.width)) : nullptr;
}

QString GapStrip::words(const Gap &gap) const
{
    const QString text =
        isStall(gap) ? tr("Stall of %1, %2 after the first token") : tr("Pause of %1, %2 after the first token");
    return text.arg(profile::formatMs(gap.ms), profile::formatMs(gap.atMs));
}

void GapStrip::describe()
{
    measure();
    if (isEmpty())
        setAccessibleDescription({});
    else if (m_stalls.isEmpty())
        setAccessibleDescription(tr("No stall; the longest pause is %1").arg(profile::formatMs(m_longest)));
    else if (m_stalls.size() == 1)
        setAccessibleDescription(tr("1 stall; the longest pause is %1").arg(profile::formatMs(m_longest)));
    else
        setAccessibleDescription(
            tr("%1 stalls; the longest pause is %2").arg(m_stalls.size()).arg(profile::formatMs(m_longest)));
}

QSize GapStrip::sizeHint() const
{
    return { 200, stripHeight };
}

QSize GapStrip::minimumSizeHint() const
{
    return { 60, stripHeight };
}

void GapStrip::paintEvent(QPaintEvent *)
{
    const Colours &theme = colours(this);
    const Bars all = bars();
    QPainter painter(this);
    painter.setPen(Qt::NoPen);
    QColor usual = theme.mutedText;
    usual.setAlphaF(0.5F);
    const Gap *selected = m_selected >= 0 && m_selected < m_stalls.size() ? &m_stalls.at(m_selected) : nullptr;
    for (qsizetype bar = 0; bar < all.count; ++bar) {
        const Gap *gap = gapAt(bar);
        // The cube root keeps ordinary pauses readable beside a stall a hundred times as long.
        const double share = m_longest > 0 ? std::cbrt(std::max(0.0, gap->ms) / std::max(m_longest, stallMs)) : 0;
        const double high = std::max(1.0, share * (stripHeight - 2));
        const bool marked = selected && selected->chunk == gap->chunk;
        painter.setBrush(marked ? theme.accent : isStall(*gap) ? theme.series[1] : usual);
        painter.drawRect(QRectF(static_cast<double>(bar) * all.width, stripHeight - high, all.width - spacing, high));
    }
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme.accent, 1));
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void GapStrip::mouseMoveEvent(QMouseEvent *event)
{
    const Gap *gap = gapUnder(event->pos());
    setCursor(gap && isStall(*gap) ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void GapStrip::mousePressEvent(QMouseEvent *event)
{
    const Gap *gap = event->button() == Qt::LeftButton ? gapUnder(event->pos()) : nullptr;
    if (!gap || !isStall(*gap)) {
        QWidget::mousePressEvent(event);
        return;
    }
    const auto found =
        std::find_if(m_stalls.cbegin(), m_stalls.cend(), [gap](const Gap &stall) { return stall.chunk == gap->chunk; });
    select(found - m_stalls.cbegin());
    Q_EMIT stallActivated(m_stalls.at(m_selected));
}

void GapStrip::keyPressEvent(QKeyEvent *event)
{
    measure();
    const int key = event->key();
    if (m_stalls.isEmpty()
        || (key != Qt::Key_Left && key != Qt::Key_Right && key != Qt::Key_Return && key != Qt::Key_Enter
            && key != Qt::Key_Space)) {
        QWidget::keyPressEvent(event);
        return;
    }
    if (key == Qt::Key_Left || key == Qt::Key_Right) {
        const qsizetype next = m_selected < 0 ? 0 : m_selected + (key == Qt::Key_Right ? 1 : -1);
        select(std::clamp<qsizetype>(next, 0, m_stalls.size() - 1));
        return;
    }
    select(std::max<qsizetype>(m_selected, 0));
    Q_EMIT stallActivated(m_stalls.at(m_selected));
}

void GapStrip::select(qsizetype stall)
{
    m_selected = stall;
    const QString text = words(m_stalls.at(stall));
    setAccessibleDescription(text);
    QToolTip::showText(mapToGlobal(QPoint(0, stripHeight)), text, this);
    update();
}

bool GapStrip::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        if (const Gap *gap = gapUnder(help->pos()))
            QToolTip::showText(help->globalPos(), words(*gap), this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace talkbench::ui
