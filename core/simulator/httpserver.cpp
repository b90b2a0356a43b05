#include "core/simulator/httpserver.h"

#include "core/base/clock.h"

// The only file that includes httplib: it is slow to compile and not clean under our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wzero-as-null-pointer-constant"
#include <httplib.h>
#pragma GCC diagnostic pop

#include <poll.h>
#include <sys/prctl.h>

#include <future>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

constexpr qint64 nsPerSecond = 1'000'000'000;
constexpr qint64 keepAliveNs = 75 * nsPerSecond;
constexpr int readTimeoutS = 30;
constexpr int writeTimeoutS = 60;
constexpr std::size_t maxBodyBytes = 256u * 1024 * 1024;
constexpr std::size_t maxPathBytes = 256;
constexpr int backlog = 4096;
constexpr auto formType = "x-simulator-form-type"; ///< a form's Content-Type, which httplib does not see

/// One accepted socket, as httplib's stream and as the handler's link. Unlike httplib's own it sends a chunk in one system call,
/// notices while it waits that the client left, and can end in a reset.
class Connection final : public httplib::Stream, public ClientLink {
public:
    explicit Connection(int socket) : m_socket(socket)
    {
        const int on = 1;
        setsockopt(m_socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        fcntl(m_socket, F_SETFD, FD_CLOEXEC);
        sockaddr_in peer {};
        socklen_t length = sizeof peer;
        if (getpeername(m_socket, reinterpret_cast<sockaddr *>(&peer), &length) == 0)
            m_peerPort = ntohs(peer.sin_port);
    }

    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    ~Connection() override
    {
        if (m_reset) {
            // A lingering time of zero makes close() drop what is unsent and send RST instead of FIN.
            const linger drop { .l_onoff = 1, .l_linger = 0 };
            setsockopt(m_socket, SOL_SOCKET, SO_LINGER, &drop, sizeof drop);
        } else {
            ::shutdown(m_socket, SHUT_RDWR);
        }
        ::close(m_socket);
    }

    int peerPort() const { return m_peerPort; }

    /// Wakes whatever waits on this connection, from any thread.
    void interrupt() { ::shutdown(m_socket, SHUT_RDWR); }

    /// False when the client closed or stayed silent for too long.
    bool awaitRequest() { return m_begin < m_end || pollUntil(POLLIN, m_clock.nowNs() + keepAliveNs) > 0; }

    bool waitUntil(qint64 ns) override
    {
        if (pollUntil(POLLRDHUP, ns) > 0)
            m_gone = true;
        return !m_gone;
    }

    bool write(const QByteArray &bytes) override
    {
        return m_sink && m_sink->write(bytes.constData(), static_cast<std::size_t>(bytes.size())) && !m_gone;
    }

    void finish() override
    {
        if (m_sink)
            m_sink->done();
    }

    void resetOnClose() override { m_reset = true; }

    void setSink(httplib::DataSink *sink) { m_sink = sink; }
    void closeAfterwards() { m_gone = true; }

    // Which of these httplib asks for depends on its version, so none says that it overrides.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsuggest-override"
    bool is_readable() const
    {
        return !m_gone;
    }
    bool is_writable() const
    {
        return !m_gone;
    }
    bool wait_readable() const
    {
        return !m_gone;
    }
    bool wait_writable() const
    {
        return !m_gone;
    }
    time_t duration() const
    {
        return 0;
    }
#pragma GCC diagnostic pop

    ssize_t read(char *target, std::size_t size) override
    {
        if (m_begin == m_end) {
            const ssize_t received = ::recv(m_socket, m_buffer.data(), m_buffer.size(), 0);
            if (received <= 0)
                return received;
            m_begin = 0;
            m_end = static_cast<std::size_t>(received);
        }
        const std::size_t taken = std::min(size, m_end - m_begin);
        std::memcpy(target, m_buffer.data() + m_begin, taken);
        m_begin += taken;
        return static_cast<ssize_t>(taken);
    }

    ssize_t write(const char *bytes, std::size_t size) override
    {
        const ssize_t sent = ::send(m_socket, bytes, size, MSG_NOSIGNAL);
        if (sent < 0)
            m_gone = true;
        return sent;
    }

    void get_remote_ip_and_port(std::string &ip, int &port) const override
    {
        ip = "127.0.0.1";
        port = m_peerPort;
    }

    void get_local_ip_and_port(std::string &ip, int &port) const override
    {
        ip = "127.0.0.1";
        port = 0;
    }

    socket_t socket() const override
    {
        return m_socket;
    }

private:
    /// > 0 when the socket has one of the events, 0 at the deadline.
    int pollUntil(short events, qint64 deadlineNs) const
    {
        for (;;) {
            const qint64 left = deadlineNs - m_clock.nowNs();
            if (left <= 0)
                return 0;
            pollfd entry { .fd = m_socket, .events = events, .revents = 0 };
            const timespec time { .tv_sec = left / nsPerSecond, .tv_nsec = left % nsPerSecond };
            const int ready = ::ppoll(&entry, 1, &time, nullptr);
            if (ready > 0 || (ready < 0 && errno != EINTR))
                return 1;
        }
    }

    const int m_socket;
    int m_peerPort = 0;
    bool m_gone = false;
    bool m_reset = false;
    base::SystemClock m_clock;
    httplib::DataSink *m_sink = nullptr;
    std::array<char, 16384> m_buffer;
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
};

/// A thread for each connection: a stream holds its thread while it waits, so any pool would run out, and idle ones cost little.
/// The stacks keep their usual size, of which only used pages are real, because httplib matches with std::regex, which recurses.
class ThreadPerConnection final : public httplib::TaskQueue {
public:
    /// While refuse is set, tasks close their connections at once.
    explicit ThreadPerConnection(std::atomic<bool> &refuse) : m_refuse(refuse) { }

    /// Nothing in httplib's older versions, whether it was taken in the newer ones.
    using Enqueued = decltype(std::declval<httplib::TaskQueue &>().enqueue({}));

    Enqueued enqueue(std::function<void()> task) override
    {
        const std::unique_lock lock(m_mutex);
        try {
            std::thread([this, task] { run(task); }).detach();
            ++m_running;
        } catch (const std::system_error &) {
            m_refuse = true; // no thread is to be had
            task();
            m_refuse = false;
        }
        return static_cast<Enqueued>(true);
    }

    void shutdown() override
    {
        std::unique_lock lock(m_mutex);
        m_ended.wait(lock, [this] { return m_running == 0; });
    }

private:
    void run(const std::function<void()> &task)
    {
        prctl(PR_SET_TIMERSLACK, 1UL); // wake at the deadline, not up to 50 µs after it
        task();
        const std::unique_lock lock(m_mutex);
        --m_running;
        m_ended.notify_all();
    }

    std::atomic<bool> &m_refuse;
    std::mutex m_mutex;
    std::condition_variable m_ended;
    int m_running = 0;
};

HttpIn toHttpIn(const httplib::Request &request)
{
    HttpIn in;
    in.receivedNs = base::SystemClock().nowNs();
    in.method = QByteArray::fromStdString(request.method);
    in.path = QByteArray::fromStdString(request.path);
    for (const auto &[name, value] : request.params)
        in.query.emplaceBack(QByteArray::fromStdString(name), QByteArray::fromStdString(value));
    for (const auto &[name, value] : request.headers)
        in.headers.emplaceBack(name == formType ? QByteArray("Content-Type") : QByteArray::fromStdString(name),
                               QByteArray::fromStdString(value));
    in.body = QByteArray::fromStdString(request.body);
    return in;
}

void toResponse(const HttpOut &out, Connection &connection, httplib::Response &response)
{
    response.status = out.status;
    for (const auto &[name, value] : out.headers)
        response.set_header(name.toStdString(), value.toStdString());
    const auto write = [&connection, body = out.body](httplib::DataSink &sink) {
        connection.setSink(&sink);
        const bool ok = body(connection);
        connection.setSink(nullptr);
        return ok;
    };
    const std::string type = out.contentType.toStdString();
    if (out.length == 0) {
        response.set_header("Content-Type",
                            type); // of a provider of nothing httplib tells no length: the client would wait
    } else if (out.length) {
        response.set_content_provider(
            static_cast<std::size_t>(*out.length), type,
            [write](std::size_t, std::size_t, httplib::DataSink &sink) { return write(sink); });
    } else {
        response.set_chunked_content_provider(type,
                                              [write](std::size_t, httplib::DataSink &sink) { return write(sink); });
    }
}

} // namespace

HttpOut HttpOut::whole(int status, const QByteArray &body)
{
    HttpOut out;
    out.status = status;
    out.length = body.size();
    out.body = [body](ClientLink &link) { return link.write(body); };
    return out;
}

class HttpServer::Private final : public httplib::Server {
public:
    explicit Private(HttpHandler handler) : m_handler(std::move(handler))
    {
        // httplib's default is SO_REUSEPORT, with which two servers share a port without a word.
        set_socket_options([](socket_t socket) {
            const int on = 1;
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
            fcntl(socket, F_SETFD, FD_CLOEXEC);
        });
        set_keep_alive_timeout(keepAliveNs / nsPerSecond);
        set_keep_alive_max_count(1'000'000);
        set_read_timeout(readTimeoutS);
        set_write_timeout(writeTimeoutS);
        set_payload_max_length(maxBodyBytes);
        new_task_queue = [this] {
            m_ready.set_value(); // httplib asks for its queue once it counts as running, from when on stop() works
            return new ThreadPerConnection(m_refuse);
        };
        set_pre_routing_handler([this](const httplib::Request &request, httplib::Response &response) {
            if (request.path.size() <= maxPathBytes)
                return HandlerResponse::Unhandled;
            if (Connection *connection = find(request.remote_port))
                connection->closeAfterwards(); // its body stays unread
            response.status = 414;
            return HandlerResponse::Handled;
        });
        const Handler handle = [this](const httplib::Request &request, httplib::Response &response) {
            if (Connection *connection = find(request.remote_port))
                toResponse(m_handler(toHttpIn(request), *connection), *connection, response);
        };
        Get("/.*", handle).Post("/.*", handle).Put("/.*", handle).Delete("/.*", handle);
    }

    base::Result<quint16> start(quint16 port)
    {
        errno = 0;
        const int bound = port == 0 ? bind_to_any_port("127.0.0.1") : (bind_to_port("127.0.0.1", port) ? port : -1);
        if (bound <= 0) {
            const QString reason = QString::fromLocal8Bit(std::strerror(errno));
            return base::Error {
                base::ErrorKind::Network, u"Port %1 of 127.0.0.1 can't be used: %2."_s.arg(port).arg(reason), {}, 0, {}
            };
        }
        ::listen(svr_sock_, backlog); // httplib's backlog of 5 makes a thousand clients retry for seconds
        m_thread = std::thread([this] { listen_after_bind(); });
        m_ready.get_future().wait();
        return static_cast<quint16>(bound);
    }

    void stopAll()
    {
        if (!m_thread.joinable())
            return;
        {
            const std::unique_lock lock(m_mutex);
            m_stopping = true;
            for (const auto &[port, connection] : m_connections)
                connection->interrupt();
        }
        stop();
        m_thread.join();
    }

private:
    bool process_and_close_socket(socket_t socket) override
    {
        Connection connection(socket);
        if (!enter(connection))
            return false;
        bool ok = true;
        bool closed = false;
        while (ok && !closed && connection.is_writable() && connection.awaitRequest())
            ok = processRequest(*this, connection, closed);
        leave(connection);
        return ok;
    }

    /// httplib's own, with the arguments that its version takes.
    template <typename Server>
    static bool processRequest(Server &server, Connection &connection, bool &closed)
    {
        if constexpr (requires { server.process_request(connection, false, closed, prepare); })
            return server.process_request(connection, false, closed, prepare);
        else
            return server.process_request(connection, "127.0.0.1", connection.peerPort(), "127.0.0.1", 0, false, closed,
                                          prepare);
    }

    /// A compressed stream would be held back by the compressor, and a form taken apart.
    static void prepare(httplib::Request &request)
    {
        request.headers.erase("Accept-Encoding");
        if (const std::string type = request.get_header_value("Content-Type"); type.rfind("multipart/", 0) == 0) {
            request.headers.erase("Content-Type");
            request.headers.emplace(formType, type);
        }
    }

    bool enter(Connection &connection)
    {
        const std::unique_lock lock(m_mutex);
        if (m_stopping || m_refuse)
            return false;
        m_connections[connection.peerPort()] = &connection;
        return true;
    }

    void leave(const Connection &connection)
    {
        const std::unique_lock lock(m_mutex);
        // The client may have taken the port for its next connection already.
        if (const auto it = m_connections.find(connection.peerPort());
            it != m_connections.end() && it->second == &connection)
            m_connections.erase(it);
    }

    /// All clients are on 127.0.0.1, so the port tells them apart.
    Connection *find(int peerPort)
    {
        const std::unique_lock lock(m_mutex);
        const auto it = m_connections.find(peerPort);
        return it == m_connections.end() ? nullptr : it->second;
    }

    HttpHandler m_handler;
    std::promise<void> m_ready;
    std::thread m_thread;
    std::mutex m_mutex;
    std::map<int, Connection *> m_connections;
    bool m_stopping = false;
    std::atomic<bool> m_refuse = false;
};

HttpServer::HttpServer(HttpHandler handler) : m_private(std::make_unique<Private>(std::move(handler)))
{
}

HttpServer::~HttpServer()
{
    stop();
}

base::Result<quint16> HttpServer::start(quint16 port)
{
    return m_private->start(port);
}

void HttpServer::stop()
{
    m_private->stopAll();
}

} // namespace talkbench::simulator
