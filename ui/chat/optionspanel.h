#pragma once

#include "core/llm/chatrequest.h"
#include "core/llm/validation.h"
#include "core/profile/cacheentry.h"
#include "core/select/subject.h"
#include "ui/theme/controls.h"

class QComboBox;
class QLineEdit;
class QPlainTextEdit;
class QValidator;

namespace talkbench::ui {

class ChecksEditor;
class FieldGrid;

/// What is sent with every message of a conversation. An empty field is not sent: the server's own default holds.
class OptionsPanel final : public Card {
    Q_OBJECT

public:
    explicit OptionsPanel(QWidget *parent = nullptr);

    void setOptions(const QString &systemPrompt, const llm::ChatOptions &options,
                    std::optional<profile::CachePolicy> cachePolicy = {}, const llm::Validation &validation = {});
    QString systemPrompt() const;
    /// What is typed and not valid counts as unset.
    llm::ChatOptions options() const;
    /// Unset: as the settings say.
    std::optional<profile::CachePolicy> cachePolicy() const;
    llm::Validation validation() const;
    /// How good answers are wanted where models are chosen automatically.
    void setQuality(select::Quality quality);
    select::Quality quality() const;
    /// How many are set, for the button that opens this.
    int count() const;

Q_SIGNALS:
    /// By the user.
    void edited();
    /// By whomever.
    void changed();
    void closeRequested();

protected:
    bool event(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QLineEdit *addNumber(const QString &objectName, const QString &title, const QString &hint, QValidator *validator);
    void addChoices();
    void addCacheChoice();
    void addQualityChoice();
    void clear();
    void refresh();
    void checkSchema();

    QWidget *foot();

    QWidget *m_content; ///< what scrolls
    FieldGrid *m_grid;
    QPlainTextEdit *m_system;
    QLineEdit *m_temperature;
    QLineEdit *m_topP;
    QLineEdit *m_maxTokens;
    QLineEdit *m_seed;
    QLineEdit *m_budget;
    QComboBox *m_effort;
    QComboBox *m_format;
    QComboBox *m_cache;
    QComboBox *m_quality;
    QPlainTextEdit *m_stop;
    QPlainTextEdit *m_schema;
    QWidget *m_schemaCell = nullptr;
    QLabel *m_schemaProblem;
    ChecksEditor *m_checks;
    llm::ChatOptions m_others; ///< options that have no field here
    bool m_filling = false;
};

} // namespace talkbench::ui
