#pragma once

#include <span>

namespace talkbench::store {

/// One step of the schema: what leads from the version before to `version` (PRAGMA user_version).
struct Migration {
    int version;
    std::span<const char *const> statements;
};

/// Every step ever released, in order. Steps are added, never edited.
std::span<const Migration> migrations();

} // namespace talkbench::store
