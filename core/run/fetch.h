#pragma once

#include "core/base/clock.h"
#include "core/net/httptransport.h"
#include "core/profile/trace.h"

#include <QObject>
#include <QUrl>

#include <memory>

namespace talkbench::run {

/// Writes a phase's stamp into its field.
void stamp(profile::Trace &trace, net::Phase phase, qint64 ns);

constexpr qsizetype usualLargestBody = 32 << 20;

/// One whole exchange that is no chat: its stamps, its head and its body up to a bound.
struct Fetched {
    QUrl url; ///< that was asked
    profile::Trace trace;
    base::HttpHead head;
    QByteArray body;
    bool cut = false; ///< there was more of the body than its bound
    /// The transport's; the status is the caller's to judge.
    std::optional<base::Error> error;
};

/// Asks for a list of models and the like. Destroying it closes its socket.
class Fetch final : public QObject {
    Q_OBJECT

public:
    Fetch(const base::HttpRequest &request, const net::TransportLimits &limits,
          qsizetype largestBody = usualLargestBody);

    QUrl url() const { return m_request.url; }
    bool started() const { return m_transfer != nullptr || m_ended; }
    void start(net::HttpTransport &transport, const base::Clock &clock);

Q_SIGNALS:
    void finished(const talkbench::run::Fetched &fetched);

private:
    const base::HttpRequest m_request;
    const net::TransportLimits m_limits;
    const qsizetype m_largestBody;
    std::unique_ptr<net::Transfer> m_transfer;
    Fetched m_fetched;
    bool m_ended = false;
};

} // namespace talkbench::run
