#pragma once

#include <QHash>
#include <QObject>

#include <optional>

namespace talkbench::ui {

struct AppContext;

/// What the budgets have left as of the last call that ended, so that a model can be chosen at once.
class BudgetWatch final : public QObject {
    Q_OBJECT

public:
    explicit BudgetWatch(AppContext &context, QObject *parent = nullptr);

    /// Whose budget counts, too; empty for none.
    void setConversation(const QString &id);
    /// USD, of the tightest budget that holds for a model that may be chosen. Unset where none does, and until the store has
    /// answered.
    std::optional<double> left() const;
    /// Providers that may not be asked any more, and why; none until the store has answered.
    QHash<QString, QString> usedUp() const;

Q_SIGNALS:
    void changed();

private:
    void ask();

    AppContext &m_context;
    QString m_conversationId;
};

} // namespace talkbench::ui
