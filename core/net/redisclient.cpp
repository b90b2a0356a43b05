#include "core/net/redisclient.h"

#include "core/base/logging.h"

#include <QTcpSocket>

#include <algorithm>
#include <utility>

namespace talkbench::net {

using namespace Qt::StringLiterals;

namespace {

constexpr quint16 usualPort = 6379;
/// Nothing that Redis says beside a value is longer.
constexpr qsizetype longestLine = 4096;

QByteArray encoded(const QList<QByteArray> &command)
{
    QByteArray bytes = "*" + QByteArray::number(command.size()) + "\r\n";
    for (const QByteArray &word : command)
        bytes += "$" + QByteArray::number(word.size()) + "\r\n" + word + "\r\n";
    return bytes;
}

} // namespace

base::Result<QUrl> RedisClient::parse(const QString &url)
{
    const QUrl parsed(url.trimmed(), QUrl::StrictMode);
    bool database = true;
    if (const QString path = parsed.path().mid(1); !path.isEmpty())
        path.toUInt(&database);
    if (parsed.isValid() && parsed.scheme() == "redis"_L1 && !parsed.host().isEmpty() && database)
        return parsed;
    return base::Error {
        base::ErrorKind::Config, u"A Redis server is named as redis://host:port/database."_s, {}, 0, std::nullopt
    };
}

RedisClient::RedisClient(const QUrl &url, QObject *parent) : QObject(parent), m_url(url), m_limit(this)
{
    m_clock.start();
    m_limit.setSingleShot(true);
    m_limit.setTimerType(Qt::PreciseTimer);
    connect(&m_limit, &QTimer::timeout, this, &RedisClient::giveUp);
}

RedisClient::~RedisClient()
{
    if (m_socket)
        m_socket->disconnect(this);
}

bool RedisClient::isPaused() const
{
    return m_clock.elapsed() < m_pausedUntilMs;
}

void RedisClient::get(const QByteArray &key, const Then &then)
{
    if (!send({ "GET", key }, then))
        then({});
}

void RedisClient::set(const QByteArray &key, const QByteArray &value, qint64 ttlMs)
{
    if (value.size() > largestValue)
        return;
    Command command { "SET", key, value };
    if (ttlMs > 0)
        command += { "PX", QByteArray::number(ttlMs) };
    send(command, {});
}

bool RedisClient::send(const Command &command, const Then &then)
{
    if (isPaused())
        return false;
    if (!m_socket)
        connectNow();
    m_socket->write(encoded(command));
    m_pending.push({ then, m_clock.elapsed() });
    watch();
    return true;
}

/// What is written before it is connected goes out then.
void RedisClient::connectNow()
{
    m_socket = std::make_unique<QTcpSocket>();
    m_buffer.clear();
    connect(m_socket.get(), &QTcpSocket::readyRead, this, &RedisClient::read);
    connect(m_socket.get(), &QTcpSocket::disconnected, this, &RedisClient::giveUp);
    connect(m_socket.get(), &QTcpSocket::errorOccurred, this, &RedisClient::giveUp);
    m_socket->connectToHost(m_url.host(), static_cast<quint16>(m_url.port(usualPort)));
    greet();
}

void RedisClient::greet()
{
    QList<Command> words;
    if (!m_url.password().isEmpty()) {
        const QByteArray password = m_url.password(QUrl::FullyDecoded).toUtf8();
        words += m_url.userName().isEmpty() ? Command { "AUTH", password }
                                            : Command { "AUTH", m_url.userName(QUrl::FullyDecoded).toUtf8(), password };
    }
    if (const QString database = m_url.path().mid(1); !database.isEmpty())
        words += Command { "SELECT", database.toUtf8() };
    for (const Command &command : std::as_const(words)) {
        m_socket->write(encoded(command));
        m_pending.push({ {}, m_clock.elapsed() });
    }
}

void RedisClient::read()
{
    m_buffer += m_socket->readAll();
    while (m_socket && !m_buffer.isEmpty()) {
        const auto taken = takeReply();
        if (!taken || (*taken > 0 && m_pending.empty())) {
            giveUp();
            return;
        }
        if (*taken == 0)
            return;
    }
}

std::optional<qsizetype> RedisClient::takeReply()
{
    const qsizetype end = m_buffer.indexOf("\r\n");
    if (end < 0)
        return m_buffer.size() > longestLine ? std::nullopt : std::optional<qsizetype>(0);
    const char kind = m_buffer.front();
    qsizetype size = end + 2;
    Value value;
    if (kind == '$') {
        bool number = false;
        const qint64 length = m_buffer.mid(1, end - 1).toLongLong(&number);
        if (!number || length < -1 || length > largestValue)
            return std::nullopt;
        if (length >= 0) {
            size += length + 2;
            if (m_buffer.size() < size)
                return 0;
            value = m_buffer.mid(end + 2, length);
        }
    } else if (kind != '+' && kind != ':' && kind != '-') {
        return std::nullopt;
    } else if (kind == '-') {
        qCWarning(base::logNet, "Redis: %s",
                  base::redact(QString::fromUtf8(m_buffer.mid(1, end - 1))).toUtf8().constData());
    }
    m_buffer.remove(0, size);
    if (!m_pending.empty())
        answer(value);
    return size;
}

void RedisClient::answer(const Value &value)
{
    const Then then = m_pending.front().then;
    m_pending.pop();
    m_pauseMs = 0;
    watch();
    if (then)
        then(value);
}

/// The oldest that is not answered is the first to be late.
void RedisClient::watch()
{
    if (m_pending.empty())
        m_limit.stop();
    else
        m_limit.start(static_cast<int>(std::max<qint64>(m_pending.front().sinceMs + limitMs - m_clock.elapsed(), 0)));
}

void RedisClient::giveUp()
{
    if (!m_socket)
        return;
    m_socket->disconnect(this);
    m_socket.release()->deleteLater(); // it may be the sender
    m_limit.stop();
    const bool idle = m_pending.empty(); // a server may close what nobody uses
    if (!idle) {
        m_pauseMs = std::clamp(m_pauseMs * 2, firstPauseMs, longestPauseMs);
        m_pausedUntilMs = m_clock.elapsed() + m_pauseMs;
    }
    std::queue<Pending> late;
    late.swap(m_pending);
    for (; !late.empty(); late.pop()) {
        if (const Then then = late.front().then)
            then({});
    }
}

} // namespace talkbench::net
