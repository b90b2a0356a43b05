#pragma once

#include "core/run/runservice.h"
#include "ui/appcontext.h"

#include <QFrame>
#include <QHash>
#include <QTimer>

#include <functional>

class QLabel;
class QPushButton;
class QScrollArea;
class QVBoxLayout;

namespace talkbench::ui {

class ActivityMonitor;
class CallRow;

/// What a conversation is called; empty where nobody knows.
using TitleOf = std::function<QString(const QString &conversationId)>;

/// The calls that run and those that wait, a row each, in the order of service, each with a way to cancel it. Looks five times
/// a second while it is open, not at all while it is not.
class QueuePopover final : public QFrame {
    Q_OBJECT

public:
    QueuePopover(AppContext &context, const ActivityMonitor &monitor, TitleOf titleOf, QWidget *parent);

    /// Above the widget, which gets the focus back.
    void openAbove(QWidget *anchor);

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;
    bool focusNextPrevChild(bool next) override;

private:
    static constexpr int tickMs = 200;

    void refresh();
    void showRows(const QList<run::OpenCall> &calls, qsizetype running);
    void removeRow(CallRow *row);
    void fit();
    QString whose(const run::OpenCall &call) const;
    QString stateOf(const run::OpenCall &call, qsizetype position) const;

    AppContext &m_context;
    const ActivityMonitor &m_monitor;
    const TitleOf m_titleOf;
    QWidget *m_anchor = nullptr;
    QWidget *m_panel; ///< all of it: the order of tabs is one within a window
    QLabel *m_title;
    QPushButton *m_cancelWaiting;
    QScrollArea *m_scroll;
    QVBoxLayout *m_rows;
    QLabel *m_note;
    QTimer m_tick;
    QHash<QString, CallRow *> m_rowOf; ///< by the call's id
};

} // namespace talkbench::ui
