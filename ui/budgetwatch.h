#pragma once

#include "core/cost/budget.h"
#include "core/profile/runrecord.h"

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
    /// Without the store: it would have to sum up the month after every call of a batch.
    void count(const profile::RunRecord &record);
    QList<cost::Budget> budgets() const;
    /// As of now: what was spent on another day is not of today.
    QList<cost::Spent> spent() const;

    AppContext &m_context;
    QString m_conversationId;
    quint64 m_asked = 0;
    bool m_asking = false;
    std::optional<QList<cost::Spent>> m_spent;
    cost::PeriodStarts m_starts; ///< that m_spent counts from
};

} // namespace talkbench::ui
