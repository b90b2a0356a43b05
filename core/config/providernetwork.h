#pragma once

#include "core/base/result.h"
#include "core/base/route.h"

#include <QJsonObject>

namespace talkbench::config {

/// How one provider is reached where that differs from the network settings. Its proxy's password is in the keychain,
/// see endpoints.h.
struct ProviderNetwork {
    enum class Proxying { Inherit, System, None, Manual };

    Proxying proxying = Proxying::Inherit;
    /// Of Manual; `password` stays empty here. Nothing bypasses it.
    base::Proxy proxy;
    /// A PEM file of authorities trusted for this provider, beside those of the settings; empty for none.
    QString caFile;
    /// See base::Route::pin.
    QByteArray pin;

    bool operator==(const ProviderNetwork &) const = default;
};

/// Empty for the standard one: inherits all.
QJsonObject toJson(const ProviderNetwork &network);
/// What can't be read is named in `problems`, with `provider`'s name.
ProviderNetwork networkFromJson(const QJsonObject &object, const QString &provider, QStringList *problems);

/// Why it can't be used, for a person. Says nothing of the CA file, which is read when a connection is made.
base::Result<void> validate(const ProviderNetwork &network, const QString &provider);

} // namespace talkbench::config
