#include "ui/profiler/queuepopover.h"

#include "core/config/settings.h"
#include "core/profile/format.h"
#include "core/profile/operation.h"
#include "ui/profiler/activitymonitor.h"
#include "ui/profiler/callrow.h"
#include "ui/profiler/waitwords.h"
#include "ui/taborder.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int usualWidth = 480;
constexpr int mostHeight = 420;

int heightOf(QLayout &layout, int width)
{
    return layout.hasHeightForWidth() ? layout.totalHeightForWidth(width) : layout.totalSizeHint().height();
}

QScrollArea *scrolling(QWidget *content, QWidget *parent)
{
    auto *area = new QScrollArea(parent);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setSizeAdjustPolicy(QAbstractScrollArea::AdjustToContents);
    area->viewport()->setAutoFillBackground(false);
    area->setWidget(content);
    content->setAutoFillBackground(false);
    return area;
}

} // namespace

QueuePopover::QueuePopover(AppContext &context, const ActivityMonitor &monitor, TitleOf titleOf, QWidget *parent)
    : QFrame(parent, Qt::Popup), m_context(context), m_monitor(monitor), m_titleOf(std::move(titleOf)),
      m_panel(new QWidget(this)), m_title(new QLabel(m_panel)),
      m_cancelWaiting(new QPushButton(tr("Cancel all waiting"), m_panel)), m_scroll(nullptr), m_rows(nullptr),
      m_note(mutedLabel(u"queueNote"_s, m_panel))
{
    setObjectName(u"queuePopover"_s);
    setAccessibleName(tr("Calls that run and wait"));
    setFrameShape(QFrame::StyledPanel);
    setFocusPolicy(Qt::NoFocus);
    m_title->setObjectName(u"queueTitle"_s);
    scaleFont(m_title, 1, QFont::DemiBold);
    m_cancelWaiting->setObjectName(u"cancelAllWaiting"_s);
    m_cancelWaiting->setAutoDefault(false);
    connect(m_cancelWaiting, &QPushButton::clicked, this, [this] { m_context.runs.cancelWaiting(); });
    auto *content = new QWidget;
    m_rows = new QVBoxLayout(content);
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setSpacing(grid::wide);
    m_scroll = scrolling(content, m_panel);
    m_note->setWordWrap(true);
    auto *line = new QHBoxLayout;
    line->addWidget(m_title, 1);
    line->addWidget(m_cancelWaiting);
    auto *whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(m_panel);
    auto *column = new QVBoxLayout(m_panel);
    column->setContentsMargins(grid::gap, grid::wide, grid::wide, grid::wide);
    column->setSpacing(grid::wide);
    column->addLayout(line);
    column->addWidget(m_scroll);
    column->addWidget(m_note);
    m_tick.setInterval(tickMs);
    connect(&m_tick, &QTimer::timeout, this, &QueuePopover::refresh);
}

void QueuePopover::openAbove(QWidget *anchor)
{
    m_anchor = anchor;
    refresh();
    show();
    if (!moveFocus({ m_panel }, true))
        setFocus();
}

void QueuePopover::showEvent(QShowEvent *event)
{
    QFrame::showEvent(event);
    m_tick.start();
}

void QueuePopover::hideEvent(QHideEvent *event)
{
    QFrame::hideEvent(event);
    m_tick.stop();
}

bool QueuePopover::focusNextPrevChild(bool next)
{
    return moveFocus({ m_panel }, next);
}

QString QueuePopover::whose(const run::OpenCall &call) const
{
    if (call.operation != profile::Operation::Chat)
        return profile::operationTitle(call.operation);
    const QString title = m_titleOf(call.conversationId);
    return title.isEmpty() ? tr("New chat") : title;
}

QString QueuePopover::stateOf(const run::OpenCall &call, qsizetype position) const
{
    const qint64 now = m_monitor.nowNs();
    const QString time = profile::formatMs(static_cast<double>(std::max<qint64>(now - call.sinceNs, 0)) / 1e6);
    if (call.joined)
        return tr("joins another call that asks the same, %1").arg(time);
    switch (call.state) {
    case run::RunState::Queued:
        return call.wait.reason == run::WaitReason::None
            ? tr("position %1, waiting %2").arg(position).arg(time)
            : tr("position %1, waiting %2 for %3").arg(position).arg(time, waitWords(call.wait, now));
    case run::RunState::Connecting:
        return tr("connecting %1").arg(time);
    case run::RunState::Waiting:
        return tr("waiting for the first token %1").arg(time);
    case run::RunState::Streaming:
        return tr("streaming %1").arg(time);
    case run::RunState::RetryWait:
        return tr("trying again in %1")
            .arg(profile::formatMs(static_cast<double>(std::max<qint64>(call.wait.untilNs - now, 0)) / 1e6));
    case run::RunState::Ended:
        break;
    }
    return tr("ending");
}

void QueuePopover::refresh()
{
    const run::EngineState &state = m_monitor.state();
    QString title = tr("%1 running, %2 waiting").arg(state.inFlight).arg(state.queued);
    if (!state.joined.isEmpty())
        title = tr("%1, %2 joined").arg(title).arg(state.joined.size());
    m_title->setText(title);
    m_cancelWaiting->setEnabled(state.queued > 0);
    showRows(state.running + state.queue + state.joined, state.running.size());
    const qsizetype more = state.inFlight + state.queued - state.running.size() - state.queue.size();
    m_note->setText(m_rowOf.isEmpty() ? tr("Nothing runs and nothing waits.")
                                      : tr("and %n more", nullptr, int(std::max<qsizetype>(more, 0))));
    m_note->setVisible(m_rowOf.isEmpty() || more > 0);
    m_scroll->setVisible(!m_rowOf.isEmpty());
    fit();
}

void QueuePopover::showRows(const QList<run::OpenCall> &calls, qsizetype running)
{
    QHash<QString, CallRow *> gone = std::exchange(m_rowOf, {});
    for (qsizetype i = 0; i < calls.size(); ++i) {
        const run::OpenCall &call = calls.at(i);
        if (m_rowOf.contains(call.id)) // it is on its way from one list to the other
            continue;
        CallRow *row = gone.take(call.id);
        if (!row) {
            row = new CallRow(m_scroll->widget());
            connect(row, &CallRow::cancelled, this, [this, id = call.id] { m_context.runs.cancel(id); });
        }
        const auto provider = m_context.settings.provider(call.providerId);
        row->setCall(call.model, provider ? provider->name : call.providerId, whose(call),
                     stateOf(call, i - running + 1));
        if (const int place = int(m_rowOf.size()); m_rows->indexOf(row) != place)
            m_rows->insertWidget(place, row);
        m_rowOf.insert(call.id, row);
    }
    for (CallRow *row : std::as_const(gone))
        removeRow(row);
}

/// The focus stays in the list.
void QueuePopover::removeRow(CallRow *row)
{
    if (row->isAncestorOf(focusWidget()) && !moveFocus({ m_panel }, true))
        setFocus();
    m_rows->removeWidget(row);
    row->hide();
    row->deleteLater();
}

/// As high as its rows need, above the anchor and whole on the screen.
void QueuePopover::fit()
{
    const QRect room = m_anchor ? m_anchor->screen()->availableGeometry() : screen()->availableGeometry();
    const int wide = std::min(iconSide(this, usualWidth), room.width());
    const QMargins margins = m_panel->layout()->contentsMargins();
    const int rows = heightOf(*m_rows, wide - margins.left() - margins.right() - 2 * frameWidth());
    m_scroll->setFixedHeight(std::min({ rows, iconSide(this, mostHeight), room.height() / 2 }));
    m_panel->layout()->activate();
    const QSize size(wide, heightOf(*layout(), wide));
    if (size != this->size())
        resize(size);
    if (!m_anchor)
        return;
    QPoint corner = m_anchor->mapToGlobal(QPoint(0, -size.height() - grid::half));
    corner.setX(std::clamp(corner.x(), room.left(), std::max(room.left(), room.right() + 1 - size.width())));
    corner.setY(std::max(corner.y(), room.top()));
    move(corner);
}

} // namespace talkbench::ui
