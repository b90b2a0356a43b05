#pragma once

#include "ui/appcontext.h"

#include <QObject>
#include <QTimer>

namespace talkbench::ui {

class PromptEdit;

/// What the page that compares shows again when the program starts anew: its prompt, its models, and the calls of the last comparison.
class CompareMemory final : public QObject {
    Q_OBJECT

public:
    struct Column {
        QString providerId;
        QString model;
        QString runId; ///< of the call it shows; empty for none

        bool operator==(const Column &) const = default;
    };

    /// The prompt is kept as it is typed. It must live as long.
    CompareMemory(AppContext &context, PromptEdit &prompt);
    ~CompareMemory() override;

    /// Into the prompt, when the store has answered, unless something was typed meanwhile.
    void loadPrompt();
    QList<Column> columns() const;
    void keepColumns(const QList<Column> &columns);

private:
    void keepPrompt();

    AppContext &m_context;
    PromptEdit &m_prompt;
    QTimer m_wait;
};

} // namespace talkbench::ui
