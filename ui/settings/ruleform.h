#pragma once

#include "core/select/rules.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLineEdit;

namespace talkbench::ui {

class ModelNames;

/// The fields of one rule. What is left empty is no condition.
class RuleForm final : public QWidget {
    Q_OBJECT

public:
    /// `names` has to outlive it.
    RuleForm(const select::Rule &rule, const ModelNames &names, QWidget *parent = nullptr);

    /// An error says what is wrong with what stands in the fields.
    base::Result<select::Rule> rule() const;
    QString name() const;
    /// Puts the cursor into the name, to be replaced.
    void startNaming();

Q_SIGNALS:
    void edited();

private:
    QLineEdit *addText(QFormLayout *form, const QString &objectName, const QString &title, const QString &text,
                       const QString &hint = {});
    QComboBox *addYesNo(QFormLayout *form, const QString &objectName, const QString &title, std::optional<bool> value);
    base::Result<void> readNumbers(select::Rule &rule) const;
    base::Result<void> readTimes(select::Rule &rule) const;

    const ModelNames &m_names;
    const select::Rule m_before; ///< what has no field stays
    QCheckBox *m_enabled;
    QLineEdit *m_name;
    QLineEdit *m_models;
    QLineEdit *m_minTokens;
    QLineEdit *m_maxTokens;
    QLineEdit *m_keywords;
    QLineEdit *m_pattern;
    QLineEdit *m_languages;
    QComboBox *m_image;
    QComboBox *m_code;
    QComboBox *m_tools;
    QLineEdit *m_from;
    QLineEdit *m_until;
    QLineEdit *m_budget;
};

} // namespace talkbench::ui
