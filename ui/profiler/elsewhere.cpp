#include "ui/profiler/elsewhere.h"

#include "core/config/settings.h"
#include "core/run/bill.h"

namespace talkbench::ui {

ElsewhereOf withFavourites(AppContext &context)
{
    return [&context](const profile::RunRecord &record) {
        QList<cost::ModelRef> models;
        const auto favourites = config::favouriteModels(context.settings);
        for (const auto &[providerId, model] : favourites)
            models.append({ providerId, model });
        return run::elsewhere(record, models, context.prices);
    };
}

} // namespace talkbench::ui
