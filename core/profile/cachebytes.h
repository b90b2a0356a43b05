#pragma once

#include "core/profile/cacheentry.h"

namespace talkbench::profile {

/// A kept answer as bytes, for a file or a server: compressed JSON.
QByteArray packed(const CacheEntry &entry);
/// Nothing where the bytes are none, or claim to be larger than 64 MiB.
std::optional<CacheEntry> unpackedEntry(const QByteArray &bytes);

} // namespace talkbench::profile
