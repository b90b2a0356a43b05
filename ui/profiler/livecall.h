#pragma once

#include "core/profile/runrecord.h"

namespace talkbench::run {
struct RunUpdate;
}

namespace talkbench::ui {

/// A call as far as it is known, folded from its updates: a RunRecord without an end, so that what is shown while it
/// streams comes from the same metric table as what is shown after. Tokens are counted as chunks until the server says.
class LiveCall final {
public:
    LiveCall() = default;
    explicit LiveCall(profile::RunRecord record) : m_record(std::move(record)) { }

    void apply(const run::RunUpdate &update);
    const profile::RunRecord &record() const { return m_record; }

private:
    profile::RunRecord m_record;
};

} // namespace talkbench::ui
