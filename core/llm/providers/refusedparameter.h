#pragma once

#include "core/base/error.h"

#include <optional>

namespace talkbench::llm {

/// An option in a chat's body that a server does not take.
struct RefusedParameter {
    QString name; ///< the member: "temperature"
    QString instead; ///< the name it may have there; empty: none

    bool operator==(const RefusedParameter &) const = default;
};

/// By the server's own words. Only options without which the same is asked: never messages, tools or a format.
std::optional<RefusedParameter> refusedParameter(const base::Error &error);

} // namespace talkbench::llm
