#pragma once

#include "core/config/settings.h"
#include "core/run/ledger.h"
#include "core/store/store.h"

namespace talkbench::test {

/// As the program composes them.
inline run::Ledger::Sources ledgerSources(const config::Settings &settings, store::Store &store,
                                          const cost::PriceBook &prices)
{
    return { [&settings] { return cost::budgetsFromSetting(settings.value("budgets").toMap()); },
             [&store](const QString &conversationId, const cost::PeriodStarts &starts) {
                 return store.spending({ conversationId, starts.dayMs, starts.monthMs });
             },
             prices };
}

} // namespace talkbench::test
