#include "ui/budgetwatch.h"

#include "core/config/settings.h"
#include "core/run/ledger.h"
#include "core/select/chooser.h"
#include "core/store/store.h"
#include "ui/appcontext.h"

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

BudgetWatch::BudgetWatch(AppContext &context, QObject *parent) : QObject(parent), m_context(context)
{
    connect(&context.ledger, &run::Ledger::changed, this, &BudgetWatch::changed);
    connect(&context.store, &store::Store::runsRewritten, this, &BudgetWatch::ask);
    connect(&context.settings, &config::Settings::changed, this, [this](const QString &key) {
        if (key == "budgets"_L1 || key == "select/rules"_L1)
            ask();
    });
    ask();
}

void BudgetWatch::setConversation(const QString &id)
{
    if (std::exchange(m_conversationId, id) != id)
        ask();
}

void BudgetWatch::ask()
{
    if (!m_context.ledger.budgets().isEmpty()) // whoever sends says what went wrong
        m_context.ledger.read(m_conversationId, this, [](const base::Result<QList<cost::Spent>> &) {});
}

std::optional<double> BudgetWatch::left() const
{
    const auto spent = m_context.ledger.spent(m_conversationId);
    if (!spent)
        return {};
    return cost::budgetLeft(m_context.ledger.budgets(), *spent, m_context.chooser.policy().providers());
}

QHash<QString, QString> BudgetWatch::usedUp() const
{
    const auto spent = m_context.ledger.spent(m_conversationId);
    return cost::usedUp(m_context.ledger.budgets(), spent.value_or(QList<cost::Spent>()));
}

} // namespace talkbench::ui
