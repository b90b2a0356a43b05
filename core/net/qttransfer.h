#pragma once

#include "core/net/connectionpool.h"
#include "core/net/httptransport.h"

#include <QTimer>

class QNetworkReply;
class QNetworkRequest;
class QSslError;

namespace talkbench::base {
class Clock;
}

namespace talkbench::net {

/// One exchange on a place of the pool, see QtTransport.
class QtTransfer final : public Transfer {
    Q_OBJECT

public:
    QtTransfer(std::shared_ptr<ConnectionPool> pool, const base::Clock &clock, base::HttpRequest request,
               const TransportLimits &limits);
    ~QtTransfer() override;

private:
    enum class Stage { Connecting, Sending, Waiting, Receiving, Ended };
    struct DeleteLater {
        void operator()(QObject *object) const { object->deleteLater(); }
    };

    void failLater(const base::Error &error);
    void dispatch(const QtRoute &route);
    QNetworkRequest networkRequest() const;
    void watchReply();

    void onConnecting();
    void onTlsErrors(const QList<QSslError> &errors);
    void onEncrypted();
    void onRequestSent();
    void onUploadProgress(qint64 sent, qint64 total);
    void onHead();
    void onReadyRead();
    void onReplyFinished();
    void onTimer();

    void allSent(qint64 ns);
    bool deliverHead(qint64 ns);
    std::optional<base::Error> strangeHead(int status) const;
    bool deliverBytes(qint64 ns);
    std::optional<base::Error> verdict() const;
    void enter(Stage stage, qint64 ns);
    std::pair<int, base::ErrorKind> stageLimit() const;
    void armTimer(qint64 ns);
    void dropReply();
    ConnectionPool::Left leftBehind(bool inOrder) const;
    void givePlace(ConnectionPool::Left left);
    void finish(const std::optional<base::Error> &error, qint64 ns);

    std::shared_ptr<ConnectionPool> m_pool; // outlives the reply, whose manager it owns
    const base::Clock &m_clock;
    base::HttpRequest m_request;
    TransportLimits m_limits;
    QString m_origin;
    QtRoute m_route;
    bool m_placed = true; ///< while it counts as a connection
    QNetworkAccessManager *m_manager = nullptr; ///< while it holds a place there
    std::unique_ptr<QNetworkReply, DeleteLater> m_reply;
    QTimer m_timer;
    std::optional<base::ServerCertificate> m_refused;
    base::HttpHead m_head;
    qint64 m_received = 0;
    qint64 m_startNs = 0;
    qint64 m_stageNs = 0; ///< when the stage began or last moved on
    Stage m_stage = Stage::Connecting;
    bool m_newConnection = false;
    bool m_mistrusted = false; ///< may have gone out on a connection that brings the answer to another request
};

} // namespace talkbench::net
