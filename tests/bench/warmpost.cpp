// The time of a POST on a warm connection, by the size of its body: QtTransport against libcurl and against a bare
// QNetworkAccessManager, which leaves Nagle's algorithm on. usage: warmpost [REPETITIONS]
//
// The server has the last processor for itself and the clients have the others: left to the scheduler, a client that happens to
// share the server's processor saves the wake-up across processors, which is five times what the request itself takes.
// The clients take turns, and each answer repeats its request's number.

#include "core/base/clock.h"
#include "core/net/qttransport.h"

#include <QCoreApplication>
#include <QNetworkAccessManager>
#include <QNetworkReply>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace talkbench;

namespace {

constexpr int numberSize = 16;

/// Keeps the calling thread, and those it starts, off or on the last processor.
void useProcessors(bool last)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t set;
    CPU_ZERO(&set);
    for (long processor = 0; processor < count; ++processor) {
        if (count == 1 || (processor == count - 1) == last)
            CPU_SET(static_cast<size_t>(processor), &set);
    }
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        std::fprintf(stderr, "the processors could not be set: the figures depend on chance\n");
}

/// Answers each POST with the first bytes of its body and keeps the connection, a thread for each; lives until the process ends.
class KeepAliveServer final {
public:
    KeepAliveServer()
    {
        m_listener = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto *generic = reinterpret_cast<sockaddr *>(&address);
        if (bind(m_listener, generic, size) != 0 || listen(m_listener, 16) != 0
            || getsockname(m_listener, generic, &size) != 0)
            std::exit(1);
        m_url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
        std::thread([listener = m_listener] {
            for (int peer = accept(listener, nullptr, nullptr); peer >= 0; peer = accept(listener, nullptr, nullptr))
                std::thread(&KeepAliveServer::serve, peer).detach();
        }).detach();
    }
    const std::string &url() const { return m_url; }

private:
    static void serve(int peer)
    {
        useProcessors(true);
        std::string unread;
        std::vector<char> buffer(1 << 16);
        for (ssize_t got = recv(peer, buffer.data(), buffer.size(), 0); got > 0;
             got = recv(peer, buffer.data(), buffer.size(), 0)) {
            unread.append(buffer.data(), static_cast<size_t>(got));
            const size_t headSize = unread.find("\r\n\r\n") + 4;
            const size_t size = bodySize(unread);
            if (headSize > 4 && unread.size() == headSize + size) {
                const std::string text = unread.substr(headSize, numberSize);
                unread.clear();
                const std::string answer =
                    "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
                if (send(peer, answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
                    break;
            }
        }
        ::close(peer);
    }
    static size_t bodySize(const std::string &bytes)
    {
        std::string head = bytes.substr(0, bytes.find("\r\n\r\n"));
        std::transform(head.begin(), head.end(), head.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const size_t length = head.find("content-length:");
        return length == std::string::npos ? 0 : std::stoul(head.substr(length + 15));
    }

    int m_listener = -1;
    std::string m_url;
};

using Post = std::function<void(const QByteArray &body)>;

/// Of each client's times, in milliseconds.
std::vector<double> mediansMs(const std::vector<Post> &clients, QByteArray body, int repetitions)
{
    constexpr int warmUps = 3;
    static qint64 number = 0;
    const base::SystemClock clock;
    std::vector<std::vector<qint64>> times(clients.size());
    for (int i = 0; i < repetitions + warmUps; ++i) {
        for (size_t client = 0; client < clients.size(); ++client) {
            body.replace(0, numberSize, QByteArray::number(++number).rightJustified(numberSize, '0'));
            const qint64 from = clock.nowNs();
            clients[client](body);
            if (i >= warmUps)
                times[client].push_back(clock.nowNs() - from);
        }
    }
    std::vector<double> medians;
    for (auto &each : times) {
        std::nth_element(each.begin(), each.begin() + repetitions / 2, each.end());
        medians.push_back(static_cast<double>(each[static_cast<size_t>(repetitions / 2)]) / 1e6);
    }
    return medians;
}

void waitFor(const bool &done)
{
    while (!done)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
}

[[noreturn]] void giveUp(const char *who)
{
    std::fprintf(stderr, "%s: a request failed\n", who);
    std::exit(1);
}

void postByTransport(net::QtTransport &transport, const QUrl &url, const QByteArray &body)
{
    const auto transfer = transport.start({ "POST", url, { { "Content-Type", "application/json" } }, body }, {});
    bool done = false;
    QByteArray answer;
    QObject::connect(transfer.get(), &net::Transfer::bytes, transfer.get(),
                     [&](const QByteArray &bytes) { answer += bytes; });
    QObject::connect(transfer.get(), &net::Transfer::finished, transfer.get(), [&] { done = true; });
    waitFor(done);
    if (answer != body.first(numberSize))
        giveUp("QtTransport");
}

void postByManager(QNetworkAccessManager &manager, const QUrl &url, const QByteArray &body)
{
    QNetworkRequest request(url);
    request.setRawHeader("Content-Type", "application/json");
    const std::unique_ptr<QNetworkReply> reply(manager.post(request, body));
    bool done = false;
    QObject::connect(reply.get(), &QNetworkReply::finished, reply.get(), [&] { done = true; });
    waitFor(done);
    if (reply->readAll() != body.first(numberSize))
        giveUp("QNetworkAccessManager");
}

size_t keepBytes(char *bytes, size_t size, size_t count, void *answer)
{
    static_cast<QByteArray *>(answer)->append(bytes, static_cast<qsizetype>(size * count));
    return size * count;
}

void postByCurl(CURL *curl, const QByteArray &body)
{
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.constData());
    QByteArray answer;
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    if (curl_easy_perform(curl) != CURLE_OK || answer != body.first(numberSize))
        giveUp("libcurl");
}

} // namespace

int main(int argc, char *argv[])
{
    useProcessors(false);
    const QCoreApplication app(argc, argv);
    const int repetitions = argc > 1 ? std::max(1, std::atoi(argv[1])) : 200;
    const KeepAliveServer server;
    const KeepAliveServer bareServer; // of its own, for QtTransport sets TCP_NODELAY by the peer's port
    const QUrl url(QString::fromStdString(server.url()));
    const QUrl bareUrl(QString::fromStdString(bareServer.url()));

    const base::SystemClock clock;
    net::QtTransport transport(clock);
    QNetworkAccessManager manager;
    const std::unique_ptr<CURL, void (*)(CURL *)> curl(curl_easy_init(), curl_easy_cleanup);
    const std::unique_ptr<curl_slist, void (*)(curl_slist *)> headers(
        curl_slist_append(curl_slist_append(nullptr, "Content-Type: application/json"), "Expect:"),
        curl_slist_free_all);
    curl_easy_setopt(curl.get(), CURLOPT_URL, server.url().c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, keepBytes);

    std::printf("warm POST on loopback, median of %d, ms\n", repetitions);
    std::printf("%8s  %12s  %8s  %6s  %11s  %22s\n", "body", "QtTransport", "libcurl", "ratio", "difference",
                "QNetworkAccessManager");
    for (const int kilobytes : { 1, 15, 17, 64, 256 }) {
        const QByteArray body(kilobytes * 1000, 'x');
        const auto medians = mediansMs({ [&](const auto &b) { postByTransport(transport, url, b); },
                                         [&](const auto &b) { postByCurl(curl.get(), b); } },
                                       body, repetitions);
        const auto bare =
            mediansMs({ [&](const auto &b) { postByManager(manager, bareUrl, b); } }, body, std::min(repetitions, 25));
        std::printf("%5d kB  %12.3f  %8.3f  %6.1f  %11.3f  %22.3f\n", kilobytes, medians[0], medians[1],
                    medians[0] / medians[1], medians[0] - medians[1], bare[0]);
    }
    return 0;
}
