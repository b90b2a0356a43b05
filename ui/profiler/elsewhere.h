#pragma once

#include "core/cost/receipt.h"
#include "core/profile/runrecord.h"
#include "ui/appcontext.h"

#include <functional>

namespace talkbench::ui {

/// What a call's tokens would have cost with other models.
using ElsewhereOf = std::function<QList<cost::Elsewhere>(const profile::RunRecord &record)>;

/// With the favourites, as they are when it is asked.
ElsewhereOf withFavourites(AppContext &context);

} // namespace talkbench::ui
