#pragma once

#include "core/base/clock.h"
#include "core/llm/answer.h"
#include "core/net/httptransport.h"
#include "core/profile/trace.h"
#include "core/run/bodydecoder.h"
#include "core/run/run.h"
#include "core/run/scheduler.h"

#include <QObject>
#include <QUrl>

#include <memory>

namespace talkbench::run {

/// One exchange with the server: bytes to events, events to an Answer and stamps.
class Attempt final : public QObject {
    Q_OBJECT

public:
    /// `trace` holds the stamps from before the dispatch.
    Attempt(const llm::Provider &provider, bool streamed, const profile::Trace &trace);
    ~Attempt() override;

    /// A server may hold the connection of a finished answer open: it isn't waited for longer than this, and Stop meanwhile
    /// takes nothing from the answer.
    static constexpr qint64 lingerMs = 1000;
    /// Longer where its tokens were not told yet and nothing said that none will be.
    static constexpr qint64 usageLingerMs = 5000;

    /// Ends at once with `error`, for instance because encoding failed or the user cancelled, unless the answer is complete.
    void abort(const base::Error &error, qint64 ns);
    void start(net::HttpTransport &transport, const base::HttpRequest &request, const net::TransportLimits &limits,
               const base::Clock &clock, Scheduler &scheduler);

    const llm::Answer &answer() const { return m_answer; }
    const profile::Trace &trace() const { return m_trace; }
    bool contentReceived() const { return m_trace.firstContentNs != 0; }
    /// What counts against the tokens a minute; unset where the server may or may not have counted.
    std::optional<qint64> tokensUsed() const;
    /// What the server says of trying again (x-should-retry).
    std::optional<bool> shouldRetry() const;

Q_SIGNALS:
    /// The trace has a new stamp.
    void stamped();
    /// `text` is what a reader sees, a refusal included.
    void content(const QString &text, const QString &reasoning, const QList<talkbench::profile::ChunkStamp> &chunks);
    /// Exactly once: the answer is settled, its error set unless it is complete.
    void finished();

private:
    void onPhase(net::Phase phase, qint64 ns);
    void onHead(const base::HttpHead &head, qint64 ns);
    void onBytes(const QByteArray &bytes, qint64 ns);
    void onFinished(const std::optional<base::Error> &error, qint64 ns);
    bool complete() const { return m_answer.finished && !m_answer.error; }
    void dropTransfer();
    void finish(const std::optional<base::Error> &error, qint64 ns);
    void endComplete();
    void linger();
    void take(const llm::StreamEvents &events, qint64 ns);
    std::optional<base::Error> verdict(const std::optional<base::Error> &transportError) const;

    const QString m_protocol;
    QUrl m_url;
    qint64 m_bodyBytes = 0;
    bool m_sentKey = false;
    BodyDecoder m_decoder;
    std::unique_ptr<net::Transfer> m_transfer;
    base::HttpHead m_head;
    llm::Answer m_answer;
    profile::Trace m_trace;
    qint64 m_lastBytesNs = 0;
    Scheduler *m_scheduler = nullptr;
    /// 0: it does not linger yet. Setting another drops the timer.
    qint64 m_lingersMs = 0;
    std::unique_ptr<QObject> m_lingerTimer;
};

} // namespace talkbench::run
