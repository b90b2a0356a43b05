#include "core/simulator/truthlog.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

QJsonObject Truth::toJson() const
{
    QJsonArray array;
    for (const ChunkStamp &chunk : chunks)
        array.append(QJsonObject { { u"ns"_s, chunk.ns }, { u"bytes"_s, chunk.bytes }, { u"tokens"_s, chunk.tokens } });
    return {
        { u"id"_s, QString::fromUtf8(id) },
        { u"number"_s, static_cast<qint64>(number) },
        { u"model"_s, model },
        { u"request_received_ns"_s, requestReceivedNs },
        { u"headers_ns"_s, headersNs },
        { u"chunks"_s, array },
        { u"end_ns"_s, endNs },
        { u"complete"_s, complete },
    };
}

void TruthLog::add(Truth truth)
{
    const auto entry = std::make_shared<const Truth>(std::move(truth));
    const std::unique_lock lock(m_mutex);
    m_chunks += entry->chunks.size();
    m_byId[entry->id] = entry;
    m_order.push_back(entry);
    while (m_order.size() > 1 && (m_order.size() > maxRequests || m_chunks > maxChunks)) {
        m_chunks -= m_order.front()->chunks.size();
        m_byId.erase(m_order.front()->id);
        m_order.pop_front();
    }
}

std::shared_ptr<const Truth> TruthLog::find(const QByteArray &id) const
{
    const std::unique_lock lock(m_mutex);
    const auto it = m_byId.find(id);
    return it == m_byId.end() ? nullptr : it->second;
}

} // namespace talkbench::simulator
