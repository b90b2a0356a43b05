#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <QUrl>

#include <functional>
#include <memory>
#include <optional>
#include <queue>

class QTcpSocket;

namespace talkbench::net {

/// GET and SET of a Redis server, by its own protocol (RESP2, redis.io/docs/reference/protocol-spec), without ever making
/// anybody wait: what is not answered within `limitMs`, connecting included, is answered with nothing, and a server that is
/// slow, dead or speaks something else is left alone for a while.
class RedisClient final : public QObject {
    Q_OBJECT

public:
    using Value = std::optional<QByteArray>;
    using Then = std::function<void(const Value &)>;

    static constexpr int limitMs = 50;
    static constexpr int firstPauseMs = 1'000;
    static constexpr int longestPauseMs = 60'000;
    static constexpr qint64 largestValue = qint64(16) << 20;

    /// redis://[user[:password]@]host[:port][/database]; the port may be left out, and then is 6379.
    static base::Result<QUrl> parse(const QString &url);

    explicit RedisClient(const QUrl &url, QObject *parent = nullptr);
    ~RedisClient() override;

    /// Calls exactly once, unless the client goes first; nothing where there is none, or no answer in time.
    void get(const QByteArray &key, const Then &then);
    /// `ttlMs` 0: for ever.
    void set(const QByteArray &key, const QByteArray &value, qint64 ttlMs);
    /// It is left alone for now.
    bool isPaused() const;

private:
    using Command = QList<QByteArray>;
    struct Pending {
        Then then; ///< null: nobody waits for it
        qint64 sinceMs;
    };

    bool send(const Command &command, const Then &then);
    void connectNow();
    void greet();
    void read();
    /// Bytes of the buffer that were a reply; 0: it is not whole. Unset: it is none.
    std::optional<qsizetype> takeReply();
    void answer(const Value &value);
    void watch();
    void giveUp();

    const QUrl m_url;
    std::unique_ptr<QTcpSocket> m_socket;
    QByteArray m_buffer;
    std::queue<Pending> m_pending;
    QTimer m_limit;
    QElapsedTimer m_clock;
    qint64 m_pausedUntilMs = 0;
    int m_pauseMs = 0;
};

} // namespace talkbench::net
