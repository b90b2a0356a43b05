#include "core/net/qttransfer.h"

#include "core/base/clock.h"
#include "core/net/networkerror.h"

#include <QCryptographicHash>
#include <QIODevice>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QPointer>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslError>

#include <algorithm>
#include <cstring>
#include <utility>

namespace talkbench::net {

using namespace Qt::StringLiterals;
using base::Error;
using base::ErrorKind;

namespace {

constexpr qint64 nsPerMs = 1'000'000;

/// Once this much lay unread between Qt's thread and ours, no more than that may: the socket isn't read and the server has
/// to wait. Otherwise one that sends faster than we parse fills the memory. Not from the start, since Qt's threads then
/// tell each other of every read, which costs a fifth of the time of many slow streams.
constexpr qint64 unreadLimit = 128 << 10;

/// A request's body that can be read once. When a server closes a connection before it answers, QNetworkAccessManager
/// rewinds the body and sends the request again by itself, up to three times: calls that cost money and show nowhere.
/// Whether to try again is the caller's decision.
class OneWayBody final : public QIODevice {
public:
    explicit OneWayBody(QByteArray body) : m_body(std::move(body)) { open(ReadOnly | Unbuffered); }
    qint64 size() const override { return m_body.size(); }
    bool reset() override { return false; }

protected:
    qint64 readData(char *data, qint64 maxSize) override
    {
        const qint64 size = std::min<qint64>(maxSize, m_body.size() - pos());
        if (size <= 0)
            return -1;
        std::memcpy(data, m_body.constData() + pos(), static_cast<size_t>(size));
        return size;
    }
    qint64 writeData(const char *, qint64) override { return -1; }

private:
    QByteArray m_body;
};

/// What makes the request impossible to send; nothing if it can be.
std::optional<QString> fault(const base::HttpRequest &request)
{
    const QString scheme = request.url.scheme();
    if (!request.url.isValid() || request.url.host().isEmpty() || (scheme != "http"_L1 && scheme != "https"_L1))
        return u"The address is not one of an HTTP server."_s;
    for (const auto &[name, value] : request.headers) {
        const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
        const bool wrongValue = std::any_of(value.begin(), value.end(), breaks);
        if (base::carriesKey(name)
            && (wrongValue || std::any_of(value.begin(), value.end(), [](char c) { return c < ' ' || c > '~'; })))
            return u"The key contains a line break or a letter that no key has. Was it copied whole?"_s;
        if (name.isEmpty() || std::any_of(name.begin(), name.end(), breaks) || wrongValue)
            return u"A header of the request has no name or contains a line break."_s;
    }
    return std::nullopt;
}

bool isInterim(int status)
{
    return status >= 100 && status < 200;
}

QByteArray fingerprintOf(const QSslCertificate &certificate)
{
    return certificate.isNull() ? QByteArray() : certificate.digest(QCryptographicHash::Sha256).toHex();
}

base::ServerCertificate described(const QSslCertificate &certificate, const QList<QSslError> &errors)
{
    base::ServerCertificate result { fingerprintOf(certificate),      certificate.subjectDisplayName(),
                                     certificate.issuerDisplayName(), certificate.effectiveDate(),
                                     certificate.expiryDate(),        {} };
    for (const QSslError &error : errors) {
        if (!result.problems.contains(error.errorString()))
            result.problems.append(error.errorString());
    }
    return result;
}

} // namespace

QtTransfer::QtTransfer(std::shared_ptr<ConnectionPool> pool, const base::Clock &clock, base::HttpRequest request,
                       const TransportLimits &limits)
    : m_pool(std::move(pool)), m_clock(clock), m_request(std::move(request)), m_limits(limits),
      m_origin(originOf(m_request.url))
{
    m_pool->enter();
    m_startNs = m_stageNs = m_clock.nowNs();
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &QtTransfer::onTimer);
    if (const auto reason = fault(m_request)) {
        failLater({ ErrorKind::Config, *reason, {}, 0, std::nullopt });
        return;
    }
    armTimer(m_startNs);
    m_pool->routes().resolve(m_request.url, m_request.route, this, [this](const base::Result<QtRoute> &route) {
        if (route)
            dispatch(*route);
        else
            failLater(route.error());
    });
}

QtTransfer::~QtTransfer()
{
    const ConnectionPool::Left left = leftBehind(false);
    dropReply();
    givePlace(left);
}

void QtTransfer::failLater(const Error &error)
{
    QMetaObject::invokeMethod(
        this, [this, error] { finish(error, m_clock.nowNs()); }, Qt::QueuedConnection);
}

void QtTransfer::dispatch(const QtRoute &route)
{
    if (m_stage == Stage::Ended)
        return;
    m_route = route;
    m_manager = m_pool->take(m_origin, m_route);
    connect(m_pool.get(), &ConnectionPool::mistrusted, this, [this](const QNetworkAccessManager *manager) {
        m_mistrusted |= manager == m_manager && m_stage == Stage::Connecting;
    });
    const QNetworkRequest request = networkRequest();
    if (m_request.body.isEmpty()) {
        m_reply.reset(m_manager->sendCustomRequest(request, m_request.method));
    } else {
        auto body = std::make_unique<OneWayBody>(m_request.body);
        m_reply.reset(m_manager->sendCustomRequest(request, m_request.method, body.get()));
        body.release()->setParent(m_reply.get());
    }
    watchReply();
}

QNetworkRequest QtTransfer::networkRequest() const
{
    QNetworkRequest request(m_request.url);
    request.setRawHeader("User-Agent", "Talkbench/" TALKBENCH_VERSION);
    for (const auto &[name, value] : m_request.headers)
        request.setRawHeader(name, value);
    // Also keeps Qt from decompressing: what is counted is what came over the wire, when it came.
    request.setRawHeader("Accept-Encoding", "identity");
    if (m_request.method != "GET")
        request.setHeader(QNetworkRequest::ContentLengthHeader, m_request.body.size());
    request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::AuthenticationReuseAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CacheSaveControlAttribute, false);
    if (!m_route.proxyAuthorization.isEmpty())
        request.setRawHeader("Proxy-Authorization", m_route.proxyAuthorization);
    if (!m_route.tls.isNull())
        request.setSslConfiguration(m_route.tls);
    return request;
}

void QtTransfer::watchReply()
{
    const QNetworkReply *reply = m_reply.get();
    connect(reply, &QNetworkReply::socketStartedConnecting, this, &QtTransfer::onConnecting);
    connect(reply, &QNetworkReply::encrypted, this, &QtTransfer::onEncrypted);
    connect(reply, &QNetworkReply::requestSent, this, &QtTransfer::onRequestSent);
    connect(reply, &QNetworkReply::uploadProgress, this, &QtTransfer::onUploadProgress);
    connect(reply, &QNetworkReply::metaDataChanged, this, &QtTransfer::onHead);
    connect(reply, &QNetworkReply::readyRead, this, &QtTransfer::onReadyRead);
    connect(reply, &QNetworkReply::finished, this, &QtTransfer::onReplyFinished);
    connect(reply, &QNetworkReply::sslErrors, this, &QtTransfer::onTlsErrors);
}

void QtTransfer::onConnecting()
{
    const qint64 ns = m_clock.nowNs();
    if (!std::exchange(m_newConnection, true))
        Q_EMIT phase(Phase::ConnectStarted, ns);
}

/// Before the request is sent; not on a reused connection, which was made for the same pin.
void QtTransfer::onEncrypted()
{
    const qint64 ns = m_clock.nowNs();
    const QByteArray &pin = m_request.route.pin;
    const QSslCertificate certificate = m_reply->sslConfiguration().peerCertificate();
    if (!pin.isEmpty() && fingerprintOf(certificate) != pin)
        finish(certificateError(m_request.url, described(certificate, {}), true), ns);
    else
        Q_EMIT phase(Phase::Encrypted, ns);
}

void QtTransfer::onTlsErrors(const QList<QSslError> &errors)
{
    const QByteArray &pin = m_request.route.pin;
    const QSslCertificate certificate = m_reply->sslConfiguration().peerCertificate();
    if (pin.isEmpty())
        m_refused = described(certificate, errors);
    else if (fingerprintOf(certificate) == pin)
        m_reply->ignoreSslErrors(errors); // of this certificate: Qt keeps to it for the manager's further connections
    else
        m_refused = described(certificate, {});
}

/// The head of the request and up to 16 KiB of its body went out.
void QtTransfer::onRequestSent()
{
    const qint64 ns = m_clock.nowNs();
    if (m_newConnection)
        m_pool->connectionMade(m_manager, m_origin);
    if (m_stage != Stage::Connecting)
        return;
    enter(Stage::Sending, ns);
    if (m_request.body.isEmpty())
        allSent(ns);
}

void QtTransfer::onUploadProgress(qint64 sent, qint64 total)
{
    const qint64 ns = m_clock.nowNs();
    if (m_stage > Stage::Sending || total <= 0)
        return;
    enter(Stage::Sending, ns);
    if (sent == total)
        allSent(ns);
}

void QtTransfer::allSent(qint64 ns)
{
    enter(Stage::Waiting, ns);
    Q_EMIT phase(Phase::Sent, ns);
}

void QtTransfer::onHead()
{
    deliverHead(m_clock.nowNs());
}

void QtTransfer::onReadyRead()
{
    deliverBytes(m_clock.nowNs());
}

/// This and deliverBytes: false if this transfer has ended, or a receiver destroyed it.
bool QtTransfer::deliverHead(qint64 ns)
{
    if (m_head.status != 0)
        return true;
    const int status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    if (status == 0)
        return true;
    m_head.status = status;
    if (const auto error = strangeHead(status)) {
        finish(error, ns);
        return false;
    }
    const auto pairs = m_reply->rawHeaderPairs();
    for (const auto &[name, value] : pairs)
        m_head.headers.emplaceBack(name, value);
    const QPointer<QtTransfer> self(this);
    Q_EMIT phase(Phase::Headers, ns);
    if (self)
        Q_EMIT head(m_head, ns);
    return !self.isNull();
}

/// Qt 6.4 goes on reading after the status 100 only. After another interim one it takes the exchange for ended and the
/// connection for free, where the answer itself is still to come.
std::optional<Error> QtTransfer::strangeHead(int status) const
{
    if (isInterim(status))
        return interimError(m_request.url, status);
    if (m_mistrusted) // also where a connection of its own was begun: Qt may have taken the free one before that stood
        return mistrustedError(m_request.url);
    return std::nullopt;
}

bool QtTransfer::deliverBytes(qint64 ns)
{
    if (!deliverHead(ns))
        return false;
    const QByteArray body = m_reply ? m_reply->readAll() : QByteArray();
    if (body.isEmpty())
        return true;
    if (body.size() >= unreadLimit && m_reply->readBufferSize() == 0)
        m_reply->setReadBufferSize(unreadLimit);
    const QPointer<QtTransfer> self(this);
    if (m_stage == Stage::Receiving) {
        m_stageNs = ns; // the timer looks at it when it next fires
    } else {
        enter(Stage::Receiving, ns);
        Q_EMIT phase(Phase::FirstByte, ns);
    }
    if (!self)
        return false;
    m_received += body.size();
    Q_EMIT bytes(body, ns);
    return !self.isNull();
}

void QtTransfer::onReplyFinished()
{
    const qint64 ns = m_clock.nowNs();
    if (deliverBytes(ns))
        finish(verdict(), ns);
}

std::optional<Error> QtTransfer::verdict() const
{
    const bool answered = m_head.status != 0;
    if (m_refused && !answered)
        return certificateError(m_request.url, *m_refused, !m_request.route.pin.isEmpty());
    const bool credentials = !m_route.proxy.user().isEmpty() || !m_route.proxyAuthorization.isEmpty();
    const Progress progress { m_route.proxy, credentials, m_newConnection, m_stage > Stage::Connecting, answered };
    if (auto error = networkError(*m_reply, progress))
        return error;
    bool promises = false;
    const qint64 promised = base::headerValue(m_head.headers, "content-length").toLongLong(&promises);
    const bool hasBody = m_request.method != "HEAD" && m_head.status != 204 && m_head.status != 304;
    if (promises && hasBody && m_received < promised)
        return truncatedError(m_request.url, m_received, promised);
    return std::nullopt;
}

void QtTransfer::enter(Stage stage, qint64 ns)
{
    m_stage = stage;
    m_stageNs = ns;
    armTimer(ns);
}

std::pair<int, ErrorKind> QtTransfer::stageLimit() const
{
    switch (m_stage) {
    case Stage::Connecting:
        return { m_limits.connectMs, ErrorKind::ConnectTimeout };
    case Stage::Waiting:
        return { m_limits.firstByteMs, ErrorKind::FirstByteTimeout };
    default:
        return { m_limits.idleMs, ErrorKind::IdleTimeout };
    }
}

void QtTransfer::armTimer(qint64 ns)
{
    qint64 due = std::numeric_limits<qint64>::max();
    if (const int limit = stageLimit().first; limit > 0)
        due = m_stageNs + limit * nsPerMs;
    if (m_limits.totalMs > 0)
        due = std::min(due, m_startNs + m_limits.totalMs * nsPerMs);
    if (due == std::numeric_limits<qint64>::max())
        m_timer.stop();
    else
        m_timer.start(std::chrono::milliseconds(std::max<qint64>(1, (due - ns + nsPerMs - 1) / nsPerMs)));
}

void QtTransfer::onTimer()
{
    const qint64 ns = m_clock.nowNs();
    if (m_reply && !deliverBytes(ns))
        return;
    const auto passed = [ns](qint64 since, int limit) { return limit > 0 && ns - since >= limit * nsPerMs; };
    const auto [limit, kind] = stageLimit();
    if (passed(m_startNs, m_limits.totalMs))
        finish(timeoutError(ErrorKind::TotalTimeout, m_request.url, m_limits, m_route.proxy), ns);
    else if (passed(m_stageNs, limit))
        finish(timeoutError(kind, m_request.url, m_limits, m_route.proxy), ns);
    else
        armTimer(ns);
}

void QtTransfer::dropReply()
{
    if (!m_reply)
        return;
    m_reply->disconnect(this); // abort() emits finished()
    m_reply->abort();
    m_reply.reset();
}

ConnectionPool::Left QtTransfer::leftBehind(bool inOrder) const
{
    using Left = ConnectionPool::Left;
    const bool underWay = m_reply && !m_reply->isFinished();
    if (isInterim(m_head.status))
        return Left::Unread;
    if (underWay && m_stage == Stage::Connecting)
        return Left::Connecting;
    if (underWay && m_head.status == 0 && m_request.url.scheme() == "http"_L1)
        return Left::Headless;
    const bool keepAlive = inOrder && !base::headerValue(m_head.headers, "connection").toLower().contains("close");
    return keepAlive ? Left::Warm : Left::Closed;
}

void QtTransfer::givePlace(ConnectionPool::Left left)
{
    if (m_manager)
        m_pool->give(std::exchange(m_manager, nullptr), m_origin, left);
    if (std::exchange(m_placed, false))
        m_pool->leave();
}

void QtTransfer::finish(const std::optional<Error> &error, qint64 ns)
{
    if (m_stage == Stage::Ended)
        return;
    m_timer.stop();
    const ConnectionPool::Left left = leftBehind(!error);
    m_stage = Stage::Ended;
    dropReply();
    givePlace(left);
    const QPointer<QtTransfer> self(this);
    Q_EMIT phase(Phase::End, ns);
    if (self)
        Q_EMIT finished(error, ns);
}

} // namespace talkbench::net
