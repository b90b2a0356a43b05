#pragma once

#include <QFlags>
#include <QStringView>

namespace talkbench::app {

/// What of the running program a setting has a part in and is given anew when it changes. Everything else reads the
/// settings when it needs them.
enum class Part {
    Theme = 1,
    Limits = 2, ///< of calls, attempts and the response cache
    CacheStorage = 4,
    Choice = 8, ///< of a model
    Prices = 16,
};
Q_DECLARE_FLAGS(Parts, Part)
Q_DECLARE_OPERATORS_FOR_FLAGS(Parts)

Parts partsOf(QStringView key);
/// What the list of providers has a part in.
inline constexpr Parts partsOfProviders = Parts(Part::Limits) | Part::Choice | Part::Prices;

} // namespace talkbench::app
