#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <optional>

namespace talkbench::base {

struct Proxy {
    enum class Type {
        Http, ///< CONNECT for https; http requests are handed to it whole
        Socks5, ///< host names are resolved by the proxy
    };

    Type type = Type::Http;
    QString host;
    quint16 port = 0;
    /// Empty: without credentials.
    QString user;
    /// Never stored, logged or exported.
    QString password;

    bool operator==(const Proxy &) const = default;
};

/// How a host is reached, and whom one believes there. Connections are shared only between requests of an equal route.
struct Route {
    enum class Proxying {
        System, ///< as the desktop or the environment says; loopback hosts never by a proxy
        None,
        Manual, ///< by `proxy`, but for the hosts in `bypass`
    };

    Proxying proxying = Proxying::System;
    Proxy proxy;
    /// Of a manual proxy: see bypasses(). Empty: every host goes by the proxy, loopback ones too.
    QStringList bypass;
    /// PEM files of authorities trusted beside the system's.
    QStringList caFiles;
    /// SHA-256 of the only certificate that the server may show, see fingerprintFrom(). Nothing else of it is looked at:
    /// not its authority, dates or name. Empty: the usual checks.
    QByteArray pin;

    bool operator==(const Route &) const = default;
};

/// Equal for equal routes only; tells nothing of the credentials.
QByteArray routeKey(const Route &route);

/// Whether a host is in a bypass list: by its name (`example.com`), as a name below one (`*.example.com` or
/// `.example.com`), or as an address in a range (`10.0.0.0/8`, `fd00::/8`, `::1`). `*` is any host. Names are compared as
/// they are written, never resolved.
bool bypasses(const QStringList &list, const QString &host);

/// The list in a text, separated by commas, semicolons or white space; and as one.
QStringList bypassFromText(const QString &text);
/// The first entry that is no host, address, subnet or pattern; empty if there is none.
QString wrongBypass(const QStringList &list);
QString bypassText(const QStringList &list);

/// `http://user:password@host:port` or `socks5://…`; unset if it is none. The port may be left out: 8080, 1080.
std::optional<Proxy> proxyFromUrl(const QString &url);

/// SHA-256 in the form pins are kept in, 64 hexadecimal digits in lower case, from one with colons, spaces or capitals as
/// openssl and browsers show it. Unset if it is none.
std::optional<QByteArray> fingerprintFrom(const QString &text);
/// "AB:CD:…"
QString fingerprintText(const QByteArray &fingerprint);

} // namespace talkbench::base
