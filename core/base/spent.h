#pragma once

#include <QString>

namespace talkbench::base {

/// USD that a provider's calls have cost so far, of a conversation, of a calendar's day and of its month; those of unknown cost are
/// not in it.
struct Spent {
    QString providerId;
    double conversationUsd = 0;
    double dayUsd = 0;
    double monthUsd = 0;

    bool operator==(const Spent &) const = default;
};

} // namespace talkbench::base
