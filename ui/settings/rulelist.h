#pragma once

#include "core/select/rules.h"

#include <QWidget>

class QListWidget;
class QListWidgetItem;
class QPushButton;
class QStackedWidget;

namespace talkbench::ui {

class ModelNames;
class RuleForm;
class ToneLabel;

/// The rules in their order, the first that matches decides, and the fields of the one that is selected. The order changes by
/// dragging or with Alt+Up and Alt+Down.
class RuleList final : public QWidget {
    Q_OBJECT

public:
    /// `names` has to outlive it.
    RuleList(const QList<select::Rule> &rules, const ModelNames &names, QWidget *parent = nullptr);

    /// An error is of the first rule that can't be kept.
    base::Result<QList<select::Rule>> rules() const;
    /// Selects the first rule that can't be kept, if there is one.
    void showFaulty();

Q_SIGNALS:
    void edited();

private:
    QLayout *buttons();
    QLayout *formSide();
    void addNew();
    void add(const select::Rule &rule);
    void removeCurrent();
    void move(int by);
    void showCurrent();
    RuleForm *formOf(const QListWidgetItem *item) const;

    const ModelNames &m_names;
    QListWidget *m_list;
    QStackedWidget *m_forms;
    ToneLabel *m_hint; ///< while there is no rule
    QPushButton *m_remove;
    QPushButton *m_up;
    QPushButton *m_down;
};

} // namespace talkbench::ui
