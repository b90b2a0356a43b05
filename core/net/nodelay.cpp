#include "core/net/nodelay.h"

// QNetworkAccessManager leaves Nagle's algorithm on and keeps its sockets to itself (Qt 6.4): the last, partial segment
// of a body over 16 KiB, which Qt writes in several pieces, then waits for the server's delayed acknowledgement, 40 ms
// on Linux. So the option is set from outside, on the descriptors of the connections that we know we opened. Should
// another thread close and reuse a descriptor between the calls, the option lands on no socket or on another TCP socket,
// where it changes timing only.

#include <QtGlobal>

#ifdef Q_OS_UNIX
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdlib>
#include <memory>
#endif

namespace talkbench::net {

#ifdef Q_OS_UNIX

namespace {

quint16 peerPort(int descriptor)
{
    sockaddr_storage peer {};
    socklen_t size = sizeof peer;
    if (getpeername(descriptor, reinterpret_cast<sockaddr *>(&peer), &size) != 0)
        return 0;
    if (peer.ss_family == AF_INET)
        return ntohs(reinterpret_cast<const sockaddr_in *>(&peer)->sin_port);
    if (peer.ss_family == AF_INET6)
        return ntohs(reinterpret_cast<const sockaddr_in6 *>(&peer)->sin6_port);
    return 0;
}

bool usesNagle(int descriptor)
{
    int noDelay = 0;
    socklen_t size = sizeof noDelay;
    // Fails on all that is no TCP socket.
    return getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &noDelay, &size) == 0 && noDelay == 0;
}

struct CloseDirectory {
    void operator()(DIR *directory) const { closedir(directory); }
};

} // namespace

void setNoDelay(const QSet<quint16> &peerPorts)
{
    const std::unique_ptr<DIR, CloseDirectory> open(opendir("/dev/fd"));
    while (const dirent *entry = open ? readdir(open.get()) : nullptr) {
        char *end = nullptr;
        const int descriptor = static_cast<int>(std::strtol(entry->d_name, &end, 10));
        if (end == entry->d_name || !usesNagle(descriptor) || !peerPorts.contains(peerPort(descriptor)))
            continue;
        const int on = 1;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
}

#else

void setNoDelay(const QSet<quint16> &)
{
}

#endif

} // namespace talkbench::net
