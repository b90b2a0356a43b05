#pragma once

#include "core/profile/runrecord.h"
#include "core/select/handoverwords.h"
#include "core/select/selector.h"

#include <QWidget>

#include <optional>

class QLabel;
class QToolButton;

namespace talkbench::ui {

class DecisionCard;
class Disclosure;

/// Why an answer is of this model, where no person chose it: one line, behind it a card with the numbers of each candidate,
/// and another model with one click. Below it, which other models took over and why.
class DecisionLine final : public QWidget {
    Q_OBJECT

public:
    explicit DecisionLine(QWidget *parent);

    /// Of what is set after; without it providers go by their ids.
    void setProviderNames(const select::ProviderNames &nameOf) { m_nameOf = nameOf; }
    /// Hidden where there is neither a decision nor a step.
    void setDecision(const std::optional<select::Decision> &decision, bool canOverrule);
    /// Those of a trace's decisions that say why another model was asked.
    void setSteps(const QList<profile::Decision> &decisions);

Q_SIGNALS:
    void overruled(const QString &providerId, const QString &model);

private:
    QString wordsOf(const select::Decision &decision) const;
    void offer(const select::Decision &decision, const select::ModelRef &another);

    select::ProviderNames m_nameOf;
    Disclosure *m_line;
    QToolButton *m_another;
    QLabel *m_steps;
    DecisionCard *m_card;
    select::ModelRef m_anotherRef;
};

/// Of a record; unset where a person chose the model.
std::optional<select::Decision> decisionOf(const profile::RunRecord &record);

} // namespace talkbench::ui
