#include "ui/profiler/waterfall.h"

#include "core/profile/format.h"
#include "core/profile/phases.h"
#include "ui/theme/colours.h"
#include "ui/theme/metrics.h"

#include <QCoreApplication>
#include <QEvent>
#include <QPainter>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int shortestTrack = 8;
constexpr int leastWidth = 160;
constexpr int mostNoteLines = 6;
constexpr qsizetype longestNote = 1000;

using profile::ChunkKind;
using profile::ChunkStamp;
using profile::Trace;

bool thought(const Trace &trace)
{
    return std::any_of(trace.chunks.cbegin(), trace.chunks.cend(),
                       [](const ChunkStamp &chunk) { return chunk.kind == ChunkKind::Reasoning; });
}

/// The phases, with the stream's reasoning apart from its output.
QList<Waterfall::Row> rowsOf(const Trace &trace)
{
    QList<Waterfall::Row> rows;
    for (const profile::PhaseSpan &span : profile::phaseSpans(trace)) {
        Waterfall::Row row { span.id, QCoreApplication::translate("Phase", span.title), span.startNs, span.endNs };
        if (row.id == "stream" && thought(trace)) {
            const qint64 until =
                trace.firstOutputNs == 0 ? row.endNs : std::clamp(trace.firstOutputNs, row.startNs, row.endNs);
            rows << Waterfall::Row { "reasoning", Waterfall::tr("Reasoning"), row.startNs, until };
            if (until == row.endNs)
                continue;
            row.startNs = until;
        }
        rows << row;
    }
    return rows;
}

/// What a running call does now: the phase after the last one that ended.
Waterfall::Row openRow(const Trace &trace)
{
    if (trace.waitsToRetry())
        return { "retry", Waterfall::tr("Until the next try") };
    if (trace.dispatchedNs == 0)
        return { "queue", Waterfall::tr("Queue") };
    if (trace.sentNs == 0)
        return { "connect", trace.reusedConnection ? Waterfall::tr("Send") : Waterfall::tr("Connect") };
    if (trace.headersNs == 0)
        return { "wait", Waterfall::tr("Headers") };
    return { "first_content", Waterfall::tr("To first token") };
}

QString noteOf(const profile::RunRecord &record)
{
    if (record.cached)
        return Waterfall::tr("From the cache: no call was made");
    QStringList notes;
    if (record.cancelled())
        notes << (record.operation == profile::Operation::Batch ? Waterfall::tr("stopped with its batch")
                                                                : Waterfall::tr("stopped by you"));
    else if (record.interrupted())
        notes << Waterfall::tr("interrupted: the program ended");
    else if (record.answer.error)
        notes << Waterfall::tr("failed: %1").arg(record.answer.error->message);
    if (const qsizetype retries = record.retries(); retries > 0)
        notes << (retries == 1 ? Waterfall::tr("1 retry") : Waterfall::tr("%1 retries").arg(retries));
    if (record.trace.reusedConnection)
        notes << Waterfall::tr("reused connection");
    return notes.join(u" · "_s);
}

} // namespace

Waterfall::Waterfall(QWidget *parent) : QWidget(parent)
{
    setObjectName(u"waterfall"_s);
    setAccessibleName(tr("Waterfall of the call"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void Waterfall::clear()
{
    set({}, 0, {}, false);
}

void Waterfall::setRecord(const profile::RunRecord &record)
{
    set(record.cached ? Trace {} : record.trace, 0, noteOf(record), record.answer.error && !record.cutShort());
}

void Waterfall::setLive(const Trace &trace, qint64 nowNs)
{
    set(trace, nowNs, trace.reusedConnection ? tr("reused connection") : QString(), false);
}

void Waterfall::set(const Trace &trace, qint64 nowNs, const QString &note, bool failed)
{
    const qsizetype before = m_rows.size();
    const bool otherNote = note != m_note;
    m_rows = trace.submittedNs == 0 ? QList<Row>() : rowsOf(trace);
    if (nowNs != 0 && trace.submittedNs != 0) {
        if (trace.firstContentNs == 0) {
            Row open = openRow(trace);
            open.startNs = m_rows.isEmpty() ? trace.submittedNs : m_rows.last().endNs;
            open.endNs = std::max(open.startNs, nowNs);
            m_rows << open;
        } else {
            m_rows.last().endNs = std::max(m_rows.last().endNs, nowNs);
        }
        m_rows.last().open = true;
    }
    m_note = note;
    m_failed = failed;
    m_startNs = trace.submittedNs;
    m_endNs = m_rows.isEmpty() ? 0 : m_rows.last().endNs;
    QStringList words;
    for (const Row &row : m_rows)
        words << row.title + u' ' + profile::formatMs(row.ms());
    if (!m_rows.isEmpty())
        words << tr("Total %1").arg(profile::formatMs(static_cast<double>(m_endNs - m_startNs) / 1e6));
    if (!m_note.isEmpty())
        words << m_note;
    setAccessibleDescription(words.join(u", "_s));
    if (otherNote)
        fitNote();
    else if (before != m_rows.size())
        updateGeometry();
    update();
}

bool Waterfall::event(QEvent *event)
{
    if (event->type() == QEvent::FontChange || event->type() == QEvent::Resize)
        fitNote();
    return QWidget::event(event);
}

/// It takes the lines that it needs, up to a bound; where it is longer, all of it is in the tool tip.
void Waterfall::fitNote()
{
    const QRect room(0, 0, std::max(width(), leastWidth), 1000 * fontMetrics().lineSpacing());
    const int most = mostNoteLines * fontMetrics().lineSpacing();
    const auto heightOf = [&](const QString &note) {
        return note.isEmpty() ? 0 : fontMetrics().boundingRect(room, Qt::TextWordWrap, note).height();
    };
    m_shownNote = m_note.left(longestNote);
    if (m_note.size() > longestNote || heightOf(m_note) > most) {
        qsizetype fits = 0;
        for (qsizetype step = m_shownNote.size(); step > 0; step /= 2) {
            if (fits + step <= m_shownNote.size() && heightOf(m_note.left(fits + step) + u'…') <= most)
                fits += step;
        }
        m_shownNote = m_note.left(fits) + u'…';
    }
    m_noteHeight = heightOf(m_shownNote);
    setToolTip(m_shownNote == m_note ? QString() : m_note.toHtmlEscaped());
    updateGeometry();
}

int Waterfall::rowHeight() const
{
    return fontMetrics().height() + grid::half;
}

int Waterfall::titleWidth() const
{
    int widest = 0;
    // An advance is rounded: a width that is a fraction short would be elided.
    for (const Row &row : m_rows)
        widest = std::max(widest, fontMetrics().horizontalAdvance(row.title) + grid::hair);
    return std::min(widest, width() - valueWidth() - shortestTrack - 2 * grid::unit) + grid::unit;
}

int Waterfall::valueWidth() const
{
    int widest = fontMetrics().horizontalAdvance(u"999 ms"_s);
    for (const Row &row : m_rows)
        widest = std::max(widest, fontMetrics().horizontalAdvance(profile::formatMs(row.ms())));
    return widest;
}

QSize Waterfall::sizeHint() const
{
    const int lines = m_rows.isEmpty() ? 0 : static_cast<int>(m_rows.size()) + 1;
    return { 280, lines * rowHeight() + m_noteHeight };
}

QSize Waterfall::minimumSizeHint() const
{
    return { leastWidth, sizeHint().height() };
}

QColor Waterfall::colour(const Row &row) const
{
    const Colours &theme = colours(this);
    if (row.id == "stream")
        return theme.series[0];
    if (row.id == "reasoning")
        return theme.series[3];
    if (row.id == "wait" || row.id == "first_content")
        return theme.series[4];
    if (row.id == "connect" || row.id == "tls" || row.id == "send")
        return theme.series[2];
    if (row.id == "retry")
        return theme.error;
    return theme.mutedText;
}

void Waterfall::paintRow(QPainter &painter, const Row &row, const QRect &rect) const
{
    const Colours &theme = colours(this);
    const QRect title(rect.left(), rect.top(), titleWidth() - grid::unit, rect.height());
    const QRect value(rect.right() - valueWidth() + 1, rect.top(), valueWidth(), rect.height());
    const QRectF track(title.right() + grid::unit, rect.top(), value.left() - title.right() - 2 * grid::unit,
                       rect.height());
    painter.setPen(theme.mutedText);
    painter.drawText(title, Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(row.title, Qt::ElideRight, title.width()));
    painter.setPen(theme.text);
    painter.drawText(value, Qt::AlignRight | Qt::AlignVCenter, profile::formatMs(row.ms()));
    if (m_endNs <= m_startNs || track.width() < 4)
        return;
    const double scale = track.width() / static_cast<double>(m_endNs - m_startNs);
    const double from = static_cast<double>(row.startNs - m_startNs) * scale;
    const double length = std::max(2.0, static_cast<double>(row.endNs - row.startNs) * scale);
    const double middle = track.center().y();
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.border);
    painter.drawRect(QRectF(track.left(), middle, track.width(), 1));
    QRectF bar(track.left() + std::min(from, track.width() - length), middle - 4, length, 9);
    painter.setBrush(colour(row));
    painter.setOpacity(row.open ? 0.65 : 1);
    painter.drawRoundedRect(bar, std::min(2.5, length / 2), std::min(2.5, length / 2));
    painter.setOpacity(1);
}

void Waterfall::paintTotal(QPainter &painter, const QRect &rect) const
{
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    painter.setFont(bold);
    painter.setPen(colours(this).text);
    painter.drawText(rect, Qt::AlignLeft | Qt::AlignVCenter, tr("Total"));
    painter.drawText(rect, Qt::AlignRight | Qt::AlignVCenter,
                     profile::formatMs(static_cast<double>(m_endNs - m_startNs) / 1e6));
    painter.setFont(font());
}

void Waterfall::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QRect rect(0, 0, width(), rowHeight());
    for (const Row &row : m_rows) {
        paintRow(painter, row, rect);
        rect.translate(0, rowHeight());
    }
    if (!m_rows.isEmpty()) {
        paintTotal(painter, rect);
        rect.translate(0, rowHeight());
    }
    if (m_note.isEmpty())
        return;
    const Colours &theme = colours(this);
    painter.setPen(m_failed ? theme.error : theme.mutedText);
    rect.setBottom(height());
    painter.drawText(rect, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, m_shownNote);
}

} // namespace talkbench::ui
