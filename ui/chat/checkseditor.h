#pragma once

#include "core/llm/validation.h"

#include <QWidget>

class QComboBox;
class QLineEdit;
class QSpinBox;
class QToolButton;
class QVBoxLayout;

namespace talkbench::ui {

class CheckForm;

/// The checks of an answer, and what is done where one fails.
class ChecksEditor final : public QWidget {
    Q_OBJECT

public:
    enum class Failures {
        Chosen, ///< marked, asked again or asked elsewhere
        Marked, ///< nothing is asked a second time
    };

    explicit ChecksEditor(Failures failures, QWidget *parent);

    void setFailures(Failures failures);
    void setValidation(const llm::Validation &validation);
    llm::Validation validation() const;
    /// How many are switched on.
    int count() const;

Q_SIGNALS:
    /// By the user.
    void edited();

private:
    QWidget *header();
    QWidget *failureRow();
    CheckForm *add(const llm::Validator &validator);
    void remove(CheckForm *form);
    void refresh();

    Failures m_failures;
    QToolButton *m_add = nullptr;
    QVBoxLayout *m_rows;
    QList<CheckForm *> m_forms;
    QWidget *m_failureRow = nullptr;
    QComboBox *m_onFailure = nullptr;
    QSpinBox *m_retries = nullptr;
    QLineEdit *m_models = nullptr;
};

} // namespace talkbench::ui
