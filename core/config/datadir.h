#pragma once

#include "core/base/result.h"

namespace talkbench::config {

/// Where Talkbench keeps everything unless told otherwise: $XDG_DATA_HOME/talkbench.
QString defaultDataDir();

/// Makes the folder where it is missing, for its owner only, and checks that it can be used.
/// `chosen` empty: the default one. The value is its absolute path.
base::Result<QString> prepareDataDir(const QString &chosen = {});

/// Moves a file that can't be read beside itself and says where to; empty if that failed. Never overwrites.
QString keepAside(const QString &path);

} // namespace talkbench::config
