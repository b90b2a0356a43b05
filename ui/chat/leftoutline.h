#pragma once

#include "ui/chat/promptfitting.h"
#include "ui/theme/controls.h"

#include <QHash>

class QAction;
class QActionGroup;
class QMenu;

namespace talkbench::ui {

/// Says above the composer, before anything is sent, what of the conversation will be left out; hidden while all fits.
class LeftOutLine final : public Card {
    Q_OBJECT

public:
    explicit LeftOutLine(QWidget *parent);

    void setPlan(const PromptPlan &plan);

Q_SIGNALS:
    /// Send all of it, or no more of that.
    void undone(bool sendsAll);
    /// A value of the setting 'context/policy'.
    void policyChosen(const QString &policy);
    /// To choose a model that summarises.
    void summariserRequested();

private:
    QMenu *makeMenu();

    QLabel *m_text;
    QToolButton *m_summariser;
    QToolButton *m_undo;
    QToolButton *m_change;
    QHash<QString, QAction *> m_policies;
    bool m_sendsAll = false;
};

/// Empty where all fits.
QString leftOutText(const PromptPlan &plan);

} // namespace talkbench::ui
