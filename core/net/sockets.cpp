#include "core/net/sockets.h"

#ifdef Q_OS_UNIX
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
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

template <typename Visit>
void eachDescriptor(const Visit &visit)
{
    const std::unique_ptr<DIR, CloseDirectory> open(opendir("/dev/fd"));
    while (const dirent *entry = open ? readdir(open.get()) : nullptr) {
        char *end = nullptr;
        const int descriptor = static_cast<int>(std::strtol(entry->d_name, &end, 10));
        if (end != entry->d_name)
            visit(descriptor);
    }
}

} // namespace

// Qt 6.4 leaves the algorithm on: the last, partial segment of a body over 16 KiB, which Qt writes in several pieces, then
// waits for the server's delayed acknowledgement, 40 ms on Linux. Should another thread close and reuse a descriptor
// between the calls, the option lands on no socket or on another TCP socket, where it changes timing only.
void setNoDelay(const QSet<quint16> &peerPorts)
{
    eachDescriptor([&peerPorts](int descriptor) {
        if (!usesNagle(descriptor) || !peerPorts.contains(peerPort(descriptor)))
            return;
        const int on = 1;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    });
}

void endConnections(quint16 port)
{
    eachDescriptor([port](int descriptor) {
        if (peerPort(descriptor) != port)
            return;
        // Of our own, so that it stays the same socket whatever other threads close and open meanwhile.
        const int socket = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
        if (peerPort(socket) == port && shutdown(socket, SHUT_RDWR) == 0) {
            std::array<char, 65536> unread;
            while (recv(socket, unread.data(), unread.size(), MSG_DONTWAIT) > 0) { }
        }
        if (socket >= 0)
            close(socket);
    });
}

#else

void setNoDelay(const QSet<quint16> &)
{
}

void endConnections(quint16)
{
}

#endif

} // namespace talkbench::net
