#pragma once

#include "core/base/whenready.h"

namespace talkbench::ui {

using base::whenReady;

} // namespace talkbench::ui
