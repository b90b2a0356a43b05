#include "rawclient.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

using namespace Qt::StringLiterals;

namespace {

/// Takes as many whole chunks off a chunked body as there are; true at its end.
bool unchunk(QByteArray &rest, RawAnswer &answer)
{
    for (;;) {
        const qsizetype line = rest.indexOf("\r\n");
        if (line < 0)
            return false;
        const qsizetype size = rest.left(line).toLongLong(nullptr, 16);
        if (rest.size() < line + 2 + size + 2)
            return false;
        if (size == 0)
            return true;
        answer.chunks << rest.mid(line + 2, size);
        answer.body += answer.chunks.last();
        rest.remove(0, line + 2 + size + 2);
    }
}

void parseHead(const QByteArray &head, RawAnswer &answer)
{
    const QList<QByteArray> lines = head.split('\n');
    answer.status = lines.first().split(' ').value(1).toInt();
    for (const QByteArray &line : lines.mid(1)) {
        const qsizetype colon = line.indexOf(':');
        answer.headers.emplaceBack(line.left(colon).trimmed(), line.mid(colon + 1).trimmed());
    }
}

/// Moves what can be understood of the received bytes into the answer; true once it is whole.
bool digest(QByteArray &rest, RawAnswer &answer)
{
    if (answer.status == 0) {
        const qsizetype end = rest.indexOf("\r\n\r\n");
        if (end < 0)
            return false;
        parseHead(rest.left(end), answer);
        rest.remove(0, end + 4);
    }
    if (answer.header("Transfer-Encoding") == "chunked")
        return unchunk(rest, answer);
    answer.body += rest;
    rest.clear();
    return answer.body.size() >= answer.header("Content-Length").toLongLong();
}

} // namespace

QList<QByteArray> RawAnswer::events() const
{
    QList<QByteArray> list;
    const QList<QByteArray> lines = QByteArray(body).replace("\r\n", "\n").split('\n');
    for (const QByteArray &line : lines) {
        if (line.startsWith("data: "))
            list << line.mid(6);
    }
    return list;
}

QList<QJsonObject> RawAnswer::objects() const
{
    QList<QJsonObject> list;
    const bool sse = header("Content-Type").startsWith("text/event-stream");
    const QList<QByteArray> texts = sse ? events() : body.split('\n');
    for (const QByteArray &text : texts) {
        const QJsonDocument document = QJsonDocument::fromJson(text);
        if (document.isObject())
            list << document.object();
    }
    return list;
}

QString RawAnswer::openAiText(const QString &key) const
{
    QString text;
    const QList<QJsonObject> list = objects();
    for (const QJsonObject &object : list)
        text += object[u"choices"_s][0][u"delta"_s][key].toString();
    return text;
}

QString RawAnswer::ollamaText(const QString &key) const
{
    QString text;
    const QList<QJsonObject> list = objects();
    for (const QJsonObject &object : list)
        text += object[u"message"_s][key].toString();
    return text;
}

RawClient::RawClient(const QUrl &server) : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<quint16>(server.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit { .tv_sec = 30, .tv_usec = 0 };
    setsockopt(m_socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(m_socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        close();
}

RawClient::~RawClient()
{
    close();
}

void RawClient::close()
{
    if (m_socket >= 0)
        ::close(m_socket);
    m_socket = -1;
}

void RawClient::sendRaw(const QByteArray &bytes)
{
    for (qsizetype sent = 0; sent < bytes.size();) {
        const ssize_t count =
            ::send(m_socket, bytes.constData() + sent, static_cast<std::size_t>(bytes.size() - sent), MSG_NOSIGNAL);
        if (count <= 0)
            return;
        sent += count;
    }
}

void RawClient::send(const QByteArray &path, const QByteArray &body, const RawHeaders &headers)
{
    QByteArray head =
        "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\nContent-Type: application/json\r\n";
    for (const auto &[name, value] : headers)
        head += name + ": " + value + "\r\n";
    sendRaw(head + "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
}

RawAnswer RawClient::receive()
{
    RawAnswer answer;
    QByteArray rest;
    std::array<char, 65536> buffer;
    while (!digest(rest, answer)) {
        const ssize_t count = ::recv(m_socket, buffer.data(), buffer.size(), 0);
        if (count <= 0) {
            const bool reset = count < 0 && errno == ECONNRESET;
            answer.end = count == 0 ? RawAnswer::End::Fin : reset ? RawAnswer::End::Reset : RawAnswer::End::Timeout;
            return answer;
        }
        answer.readNs << m_clock.nowNs();
        answer.readSizes << count;
        rest.append(buffer.data(), count);
    }
    answer.end = RawAnswer::End::Whole;
    return answer;
}

bool RawClient::receiveSome()
{
    char byte = 0;
    return ::recv(m_socket, &byte, 1, 0) > 0;
}

RawAnswer RawClient::get(const QByteArray &path, const RawHeaders &headers)
{
    QByteArray head = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    for (const auto &[name, value] : headers)
        head += name + ": " + value + "\r\n";
    sendRaw(head + "\r\n");
    return receive();
}

RawAnswer RawClient::post(const QByteArray &path, const QJsonObject &body, const RawHeaders &headers)
{
    return postBytes(path, QJsonDocument(body).toJson(QJsonDocument::Compact), headers);
}

RawAnswer RawClient::postBytes(const QByteArray &path, const QByteArray &body, const RawHeaders &headers)
{
    send(path, body, headers);
    return receive();
}

QJsonObject chatBody(const QString &prompt, bool stream, const QString &model)
{
    return { { u"model"_s, model },
             { u"stream"_s, stream },
             { u"messages"_s, QJsonArray { QJsonObject { { u"role"_s, u"user"_s }, { u"content"_s, prompt } } } } };
}
