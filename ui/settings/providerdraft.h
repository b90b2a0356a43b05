#pragma once

#include "core/base/error.h"
#include "core/config/settings.h"
#include "core/run/diagnosis.h"

#include <QHash>

#include <optional>

namespace talkbench::ui {

/// What is known of a provider's reachability, as a dot and a word show it.
enum class ProviderStatus { Untested, Testing, Ok, Failing, NoKey };

/// A provider while its settings are open: as it will be stored, and as it was typed.
struct ProviderDraft {
    /// The latest test of it as it was then.
    struct Test {
        config::ProviderConfig config;
        bool running = false;
        QString words; ///< what came of it, for a person
        std::optional<base::Error> problem;
        run::Diagnosis diagnosis = {}; ///< empty where it was not made for this
    };

    config::ProviderConfig config;
    /// As typed: what is no address yet must not be lost.
    QString url;
    /// By key id, as typed; those not touched are not in it.
    QHash<QString, QString> typedKeys;
    /// By key id, what the keychain says; those it has not answered for are not in it.
    QHash<QString, bool> storedKeys;
    /// Ids of keys to be forgotten.
    QStringList removedKeys;
    /// Of its own proxy; unset where nothing was typed.
    std::optional<QString> typedProxyPassword;
    bool storedProxyPassword = false;
    std::optional<Test> test;
    quint64 testNumber = 0; ///< of the latest test: an older one's result is no news

    bool isSimulator() const { return config.id == config::simulatorId; }
    /// A key that is typed, stored or in the environment; also while the keychain has not answered.
    bool hasKey() const;
    ProviderStatus status() const;
    /// "works", "the key was rejected", …
    QString statusText() const;
};

} // namespace talkbench::ui
