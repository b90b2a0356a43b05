#pragma once

#include "ui/profiler/queuepopover.h"

#include <QToolButton>

namespace talkbench::ui {

/// For the status bar: how many calls wait and run. Opens their list.
class QueueButton final : public QToolButton {
    Q_OBJECT

public:
    QueueButton(AppContext &context, const ActivityMonitor &monitor, const TitleOf &titleOf, QWidget *parent = nullptr);

private:
    void refresh();

    const ActivityMonitor &m_monitor;
    QueuePopover *m_popover;
};

} // namespace talkbench::ui
