#pragma once

#include "core/config/settings.h"

namespace talkbench::config {

/// A provider as it stands in the settings file. `known` is its present object: keys of other versions are kept.
QJsonObject toJson(const ProviderConfig &provider, const QJsonObject &known = {});
/// Secret headers are left out of the value and named in `problems`.
ProviderConfig providerFromJson(const QJsonObject &object, QStringList *problems);

/// Why a provider can't be used or saved, for a person.
base::Result<void> validate(const ProviderConfig &provider);

/// A name or value that looks like a key, a token or a cookie.
bool looksSecret(QByteArrayView headerName, QByteArrayView value);

ProviderConfig standardSimulator();

} // namespace talkbench::config
