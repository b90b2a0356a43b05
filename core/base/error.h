#pragma once

#include <QDateTime>
#include <QMetaType>
#include <QString>
#include <QStringList>

#include <optional>

namespace talkbench::base {

/// What went wrong, as one taxonomy for the whole program. The stable snake_case name of each kind
/// (errorKindName) is what exports, the database and `--json` carry.
enum class ErrorKind {
    // network
    Dns,
    Refused,
    Tls,
    Proxy, ///< the proxy itself: refuses, is not found, wants a password
    ConnectTimeout,
    FirstByteTimeout,
    IdleTimeout,
    TotalTimeout,
    Reset,
    Truncated,
    Network,
    // HTTP
    Auth,
    Forbidden,
    NotFound,
    InvalidRequest,
    ContextTooLong,
    RateLimited,
    Quota,
    Overloaded,
    Server,
    Redirect,
    // content
    Filtered,
    Refusal,
    // protocol
    NotJson,
    BadEvent,
    TooLarge,
    // this machine
    Cancelled,
    Queue,
    Budget, ///< not sent: it would cost more than the user allows
    Storage,
    Config,
    Usage,
    Interrupted, ///< the program ended before the call did
};

/// "rate_limited", "not_found", …
QString errorKindName(ErrorKind kind);
std::optional<ErrorKind> errorKindFromName(const QString &name);

/// The certificate that a server showed, and what is wrong with it: for a person who may want to pin it.
struct ServerCertificate {
    QByteArray fingerprint; ///< SHA-256, as base::Route::pin
    QString subject;
    QString issuer;
    QDateTime validFrom;
    QDateTime validUntil;
    QStringList problems; ///< sentences without an end; empty where it is valid but another one is pinned

    bool operator==(const ServerCertificate &) const = default;
};

/// An error is a value: a kind, a sentence for a person and the raw detail behind it (a server's body, an errno text).
struct Error {
    ErrorKind kind = ErrorKind::Network;
    QString message;
    QString detail;
    /// HTTP status, 0 where none was received.
    int httpStatus = 0;
    /// What the server asked us to wait (Retry-After and kin), in milliseconds.
    std::optional<qint64> retryAfterMs;
    /// Of kind Tls, where the server showed one.
    std::optional<ServerCertificate> certificate = {};

    bool operator==(const Error &) const = default;
};

} // namespace talkbench::base

Q_DECLARE_METATYPE(talkbench::base::Error)
