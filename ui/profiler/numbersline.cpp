#include "ui/profiler/numbersline.h"

#include "core/profile/format.h"
#include "core/run/run.h"
#include "ui/profiler/calldetails.h"
#include "ui/theme/colours.h"
#include "ui/theme/metrics.h"

#include <QKeyEvent>
#include <QPainter>
#include <QRegularExpression>
#include <QStyle>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int widestHint = 240;

QString waitingWords(const run::RunUpdate &update)
{
    switch (update.state) {
    case run::RunState::Queued:
        return update.wait.ahead > 0 ? NumbersLine::tr("queued, %n before it", nullptr, update.wait.ahead)
                                     : NumbersLine::tr("queued");
    case run::RunState::Connecting:
        return NumbersLine::tr("connecting…");
    case run::RunState::RetryWait:
        return update.lastError ? NumbersLine::tr("%1 Trying again soon…").arg(update.lastError->message)
                                : NumbersLine::tr("trying again soon…");
    case run::RunState::Waiting:
    case run::RunState::Streaming:
    case run::RunState::Ended:
        break;
    }
    return NumbersLine::tr("waiting for the first token…");
}

} // namespace

QString breakable(QString line)
{
    static const QRegularExpression unit(u"(\\d) (?=\\p{L})"_s);
    return line.replace(u" · "_s, u"\u00a0· "_s).replace(unit, u"\\1\u00a0"_s).replace(u"/"_s, u"/\u2060"_s);
}

NumbersLine::NumbersLine(QWidget *parent) : QAbstractButton(parent)
{
    setObjectName(u"numbersLine"_s);
    setAccessibleName(tr("Numbers of the answer"));
    setFocusPolicy(Qt::TabFocus);
    setCursor(Qt::PointingHandCursor);
    setToolTip(tr("Everything known of this call"));
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    connect(this, &QAbstractButton::clicked, this, &NumbersLine::openDetails);
}

void NumbersLine::begin()
{
    m_call = {};
    m_ended = false;
    say(tr("starting…"));
}

void NumbersLine::apply(const run::RunUpdate &update)
{
    if (m_ended)
        return;
    m_call.apply(update);
    const QStringList parts = profile::numbersParts(profile::numbersOf(m_call.record()));
    const bool waits = parts.isEmpty() || update.state == run::RunState::RetryWait;
    say(waits ? waitingWords(update) : parts.join(u" · "_s));
}

void NumbersLine::setRecord(const profile::RunRecord &record, bool lastPart)
{
    m_ended = true;
    m_call = LiveCall(record);
    QStringList parts;
    if (record.cancelled())
        parts << tr("stopped");
    else if (record.interrupted())
        parts << tr("interrupted");
    else if (record.answer.error)
        parts << tr("failed");
    parts << profile::numbersParts(profile::numbersOf(record)) << profile::limitsParts(record.answer.rateLimits, true);
    say(lastPart ? tr("last part: %1").arg(parts.join(u" · "_s)) : parts.join(u" · "_s));
}

void NumbersLine::say(const QString &line)
{
    if (line == text())
        return;
    setText(line);
    m_shown = breakable(line);
    setAccessibleDescription(line);
    fitHeight();
}

/// As many lines as the width asks for: a number is never cut off.
void NumbersLine::fitHeight()
{
    setFixedHeight(heightForWidth(width()));
}

void NumbersLine::resizeEvent(QResizeEvent *event)
{
    QAbstractButton::resizeEvent(event);
    fitHeight();
}

void NumbersLine::changeEvent(QEvent *event)
{
    QAbstractButton::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        fitHeight();
}

void NumbersLine::openDetails()
{
    auto *details = new CallDetails(record(), m_elsewhereOf ? std::optional(m_elsewhereOf(record())) : std::nullopt,
                                    m_nameOf, this);
    details->setAttribute(Qt::WA_DeleteOnClose);
    details->show();
}

void NumbersLine::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        click();
    else
        QAbstractButton::keyPressEvent(event);
}

int NumbersLine::heightForWidth(int width) const
{
    const QRect bounds = fontMetrics().boundingRect(QRect(0, 0, std::max(width, 40), 1000), Qt::TextWordWrap, m_shown);
    return std::max(bounds.height(), fontMetrics().height()) + grid::half;
}

QSize NumbersLine::sizeHint() const
{
    // It breaks: a long line must not widen what holds it.
    const int wide = std::min(fontMetrics().horizontalAdvance(text()) + grid::hair, widestHint);
    return { wide, heightForWidth(std::max(width(), wide)) };
}

QSize NumbersLine::minimumSizeHint() const
{
    return { 80, fontMetrics().height() + grid::half };
}

void NumbersLine::paintEvent(QPaintEvent *)
{
    const Colours &theme = colours(this);
    QPainter painter(this);
    QFont shown = font();
    shown.setUnderline(underMouse());
    painter.setFont(shown);
    painter.setPen(underMouse() ? theme.text : theme.mutedText);
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextWordWrap, m_shown);
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(theme.accent, 1));
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), grid::half, grid::half);
    }
}

} // namespace talkbench::ui
