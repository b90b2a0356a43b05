#include "ui/profiler/queuebutton.h"

#include "ui/popupaccess.h"
#include "ui/profiler/activitymonitor.h"

using namespace Qt::StringLiterals;

namespace talkbench::ui {

QueueButton::QueueButton(AppContext &context, const ActivityMonitor &monitor, const TitleOf &titleOf, QWidget *parent)
    : QToolButton(parent), m_monitor(monitor), m_popover(new QueuePopover(context, monitor, titleOf, this))
{
    setObjectName(u"queueButton"_s);
    setAutoRaise(true);
    setFocusPolicy(Qt::TabFocus);
    setToolTip(tr("Calls that run and wait"));
    exposePopup(*this, *m_popover);
    connect(this, &QToolButton::clicked, this, [this] { m_popover->openAbove(this); });
    connect(&monitor, &ActivityMonitor::sampled, this, &QueueButton::refresh);
    refresh();
}

void QueueButton::refresh()
{
    const ActivitySample &sample = m_monitor.sample();
    const QString words = tr("queue %1 · in flight %2").arg(sample.queued).arg(sample.inFlight);
    if (words == text())
        return;
    setText(words);
    setAccessibleName(tr("Calls: %1 waiting, %2 running").arg(sample.queued).arg(sample.inFlight));
}

} // namespace talkbench::ui
