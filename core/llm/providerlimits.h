#pragma once

namespace talkbench::llm {

/// What may be asked of one provider at a time. 0: no limit of its own.
struct ProviderLimits {
    int concurrent = 0; ///< calls in flight
    int requestsPerMinute = 0;
    int tokensPerMinute = 0; ///< prompt and answer together

    bool operator==(const ProviderLimits &) const = default;
};

} // namespace talkbench::llm
