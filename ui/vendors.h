#pragma once

#include "core/config/settings.h"
#include "core/llm/vendors.h"
#include "core/run/localservers.h"

namespace talkbench::ui {

/// The rows of resources/providers.json.
QList<llm::Vendor> shippedVendors();

/// The row that a found server is added by: its vendor's, at the address where it answered.
llm::Vendor vendorOf(const run::LocalServer &server, const QList<llm::Vendor> &vendors);

/// Whether both are at one host and port; this machine has several names.
bool isSamePlace(const QUrl &a, const QUrl &b);

/// What a row makes of a new provider.
config::ProviderConfig providerFrom(const llm::Vendor &vendor, const QString &id);
/// The id for one made from the row; `taken` tells of an id whether there is one already.
QString freeProviderId(const llm::Vendor &vendor, const std::function<bool(const QString &)> &taken);

} // namespace talkbench::ui
