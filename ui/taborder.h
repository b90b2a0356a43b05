#pragma once

#include <QList>

class QWidget;

namespace talkbench::ui {

/// All that is visible within `panels`, in reading order: panel by panel, each by its layouts, and by place where a
/// widget lays its children out itself. What comes up twice counts where it comes first.
QList<QWidget *> readingOrder(const QList<QWidget *> &panels);

/// Gives the focus of the panels' window to the next widget (or the one before) that Tab reaches, and brings it into
/// view. Qt's own chain is the order of creation, which a transcript's messages don't keep to.
bool moveFocus(const QList<QWidget *> &panels, bool next);

} // namespace talkbench::ui
