#pragma once

#include "core/llm/provider.h"
#include "core/run/fetch.h"

#include <functional>
#include <vector>

namespace talkbench::run {

/// Something to ask servers for beside the calls: lists of models, a test of a connection. It stands in no queue and counts
/// against no limit, but waits for a free connection as all do.
class Errand : public QObject {
    Q_OBJECT

public:
    explicit Errand(const base::Clock &clock) : m_clock(clock) { }

    virtual void begin() = 0;
    bool done() const { return m_done; }
    /// Sends what may go now.
    void advance(net::HttpTransport &transport);

Q_SIGNALS:
    /// It asks for something, or is done.
    void changed();

protected:
    void ask(const base::HttpRequest &request, const net::TransportLimits &limits,
             const std::function<void(const Fetched &)> &then, qsizetype largestBody = usualLargestBody);
    /// Drops what is still on its way.
    void finish();
    const base::Clock &clock() const { return m_clock; }

private:
    const base::Clock &m_clock;
    std::vector<std::unique_ptr<Fetch>> m_fetches;
    bool m_done = false;
};

/// What a whole answer says if it is no success: the transport's error, a redirect, the status with the server's words,
/// which the protocol's decoder knows how to read.
std::optional<base::Error> errorOf(const llm::Provider &provider, const Fetched &fetched);

} // namespace talkbench::run
