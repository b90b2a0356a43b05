#pragma once

#include <QByteArray>
#include <QJsonObject>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace talkbench::simulator {

/// When one chunk really left, in base::Clock's nanoseconds.
struct ChunkStamp {
    qint64 ns = 0;
    int bytes = 0; ///< of the body
    int tokens = 0;
};

/// What really happened to one request.
struct Truth {
    QByteArray id;
    quint64 number = 0;
    QString model;
    qint64 requestReceivedNs = 0;
    qint64 headersNs = 0;
    std::vector<ChunkStamp> chunks;
    qint64 endNs = 0;
    bool complete = false; ///< everything went out, up to the body's end

    QJsonObject toJson() const;
};

/// The newest truths; older ones go when requests or chunks become too many. Used from every connection's thread.
class TruthLog {
public:
    void add(Truth truth);
    /// Null when there is none of this id.
    std::shared_ptr<const Truth> find(const QByteArray &id) const;

    static constexpr std::size_t maxRequests = 20'000;
    static constexpr std::size_t maxChunks = 4'000'000;

private:
    mutable std::mutex m_mutex;
    std::deque<std::shared_ptr<const Truth>> m_order;
    std::map<QByteArray, std::shared_ptr<const Truth>> m_byId;
    std::size_t m_chunks = 0;
};

} // namespace talkbench::simulator
