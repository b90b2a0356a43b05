#pragma once

#include "core/llm/vendors.h"

#include <optional>

namespace talkbench::llm {

/// The same scheme, host and port.
bool sameServer(const QUrl &a, const QUrl &b);

/// Whether a key for the vendor may go there: to its row's server, or, by https, to a host of a customer's own below one of
/// the vendor's ("hosts").
bool isServerOf(const Vendor &vendor, const QUrl &url);

/// Why nothing can be sent there: the name of the customer's own host is still to be put in.
std::optional<base::Error> placeholderProblem(const QUrl &baseUrl);

} // namespace talkbench::llm
