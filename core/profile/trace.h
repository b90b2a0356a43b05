#pragma once

#include "core/base/error.h"

#include <QList>
#include <QString>

#include <optional>

namespace talkbench::profile {

enum class ChunkKind : quint8 { Text, Reasoning, ToolCall };

/// One arrival that carried content. `ns` is the receive stamp of the bytes that completed it.
struct ChunkStamp {
    qint64 ns = 0;
    quint32 characters = 0;
    ChunkKind kind = ChunkKind::Text;

    bool operator==(const ChunkStamp &) const = default;
};

/// A model is asked in another's place or beside it, or none is: as data, so that whoever shows it finds the names and words.
struct Handover {
    QString from; ///< "provider/model": that failed, or is late
    QString to = {}; ///< likewise: that is asked now; empty: none
    std::optional<base::ErrorKind> error = {}; ///< of `from`; unset: it is late
    qint64 lateMs = 0;

    bool operator==(const Handover &) const = default;
};

/// What a stage decided and why, for a person: {"cache", "off"}, {"retry", "429, again in 2 s"}.
struct Decision {
    QString stage;
    QString reason; ///< of a handover: what there is to say beside it
    /// Of "fallback" and "hedge"; unset in records of versions that kept words.
    std::optional<Handover> handover = {};

    bool operator==(const Decision &) const = default;
};

/// Every stamp of one attempt at a call. Monotonic nanoseconds; 0 means 'did not happen'.
struct Trace {
    /// The user asked, where other work came before this call: its prompt was made shorter, or another model failed. 0: none did.
    qint64 askedNs = 0;
    qint64 submittedNs = 0; ///< t0: this call was asked for
    qint64 queuedNs = 0; ///< this attempt began to wait for its turn; submittedNs, but for a retry
    qint64 dispatchedNs = 0; ///< s: handed to the transport
    qint64 connectStartedNs = 0; ///< 0 on a reused connection
    qint64 encryptedNs = 0;
    qint64 sentNs = 0;
    qint64 headersNs = 0;
    qint64 firstByteNs = 0;
    qint64 firstContentNs = 0; ///< c1: reasoning counts, role-only chunks do not
    qint64 firstOutputNs = 0; ///< a1: the first chunk that is not reasoning
    qint64 lastContentNs = 0; ///< cm
    qint64 endNs = 0; ///< e
    bool reusedConnection = false;
    qint64 bytesReceived = 0;
    qint64 bytesSent = 0; ///< of the request's body, once it is out
    int httpStatus = 0;
    QList<ChunkStamp> chunks;
    QList<Decision> decisions;

    /// The attempt before failed, and this one has not been queued yet.
    bool waitsToRetry() const { return submittedNs != 0 && queuedNs == 0 && dispatchedNs == 0; }
    bool operator==(const Trace &) const = default;
};

} // namespace talkbench::profile
