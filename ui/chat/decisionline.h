#pragma once

#include "core/profile/trace.h"

#include <QJsonObject>
#include <QWidget>

class QGridLayout;
class QLabel;
class QToolButton;

namespace talkbench::select {
struct Decision;
struct DecisionRow;
} // namespace talkbench::select

namespace talkbench::ui {

class Card;
class Disclosure;

/// Why an answer is of this model, where no person chose it: one line, behind it a card with the numbers of each candidate,
/// and another model with one click. Below it, which other models took over and why.
class DecisionLine final : public QWidget {
    Q_OBJECT

public:
    explicit DecisionLine(QWidget *parent);

    /// As records keep it; hidden where there is neither a decision nor a step.
    void setDecision(const QJsonObject &decision, bool canOverrule);
    void setSteps(const QStringList &steps);

Q_SIGNALS:
    void overruled(const QString &providerId, const QString &model);

private:
    void fillCard(const select::Decision &decision, bool canOverrule);
    void addRow(const select::Decision &decision, const select::DecisionRow &row, bool canOverrule);
    void addCell(int row, int column, const QString &text, bool isMuted);
    void clearCard();

    Disclosure *m_line;
    QToolButton *m_another;
    QLabel *m_steps;
    Card *m_card;
    QGridLayout *m_cells;
    QString m_anotherProvider;
    QString m_anotherModel;
};

/// What the stages "fallback" and "hedge" of a trace say.
QStringList fallbackSteps(const profile::Trace &trace);

} // namespace talkbench::ui
