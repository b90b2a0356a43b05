#pragma once

#include "core/select/policy.h"
#include "ui/appcontext.h"
#include "ui/settings/modelnames.h"

#include <QWidget>

#include <array>

class QComboBox;
class QDoubleSpinBox;
class QLineEdit;
class QPlainTextEdit;
class QSlider;
class QTabWidget;

namespace talkbench::ui {

class DecisionLine;
class RuleList;
class ToneLabel;

/// Automatic choice: by what models are chosen, among which, by which rules, who is asked where one fails; and a box that shows
/// what would be chosen for a prompt, by what stands on the page.
class ChoicePage final : public QWidget {
    Q_OBJECT

public:
    explicit ChoicePage(AppContext &context, QWidget *parent = nullptr);

    /// An error says which part is wrong, beside it too.
    base::Result<void> save();

private:
    QWidget *choiceTab(const select::Policy &policy);
    QWidget *fallbackTab(const select::Policy &policy);
    QWidget *tryBox();
    base::Result<select::Policy> policy() const;
    void showFaulty();
    void tryPrompt();
    QString trialText(const select::Policy &policy, const select::RuleVerdict &verdict) const;

    AppContext &m_context;
    ModelNames m_names;
    select::Weights m_before;
    QTabWidget *m_tabs;
    QComboBox *m_strategy;
    std::array<QSlider *, 3> m_weights {};
    QPlainTextEdit *m_candidates;
    QPlainTextEdit *m_fallbacks;
    QDoubleSpinBox *m_hedge;
    RuleList *m_rules;
    QLineEdit *m_prompt;
    ToneLabel *m_trial;
    DecisionLine *m_decision;
    ToneLabel *m_problem;
};

} // namespace talkbench::ui
