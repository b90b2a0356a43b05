#include "app/ledgersetup.h"

#include "core/config/settings.h"
#include "core/store/store.h"

namespace talkbench::app {

run::Ledger::Sources ledgerSources(const config::Settings &settings, store::Store &store, const cost::PriceBook &prices)
{
    const auto budgets = [&settings] { return cost::budgetsFromSetting(settings.value("budgets").toMap()); };
    const auto spent = [&store](const QString &conversationId, const cost::PeriodStarts &starts) {
        return store.spending({ conversationId, starts.dayMs, starts.monthMs });
    };
    return { budgets, spent, prices };
}

} // namespace talkbench::app
