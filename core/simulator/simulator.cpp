#include "core/simulator/simulator.h"

#include "core/base/clock.h"
#include "core/simulator/answerer.h"
#include "core/simulator/httpserver.h"
#include "core/simulator/truthlog.h"
#include "core/simulator/wire.h"

#include <QJsonDocument>

#include <atomic>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

constexpr QByteArrayView truthPath = "/sim/truth/";
constexpr QByteArrayView headerPrefix = "x-sim-";

/// The server's knobs, changed by a request's headers.
base::Result<Knobs> knobsFor(const Knobs &server, const base::HttpHeaders &headers)
{
    Knobs knobs = server;
    for (const auto &[name, value] : headers) {
        const QByteArray lower = name.toLower();
        if (!lower.startsWith(headerPrefix))
            continue;
        const QString knob = QString::fromUtf8(lower.sliced(headerPrefix.size()));
        if (auto set = setKnob(knobs, knob, QString::fromUtf8(value)); !set)
            return set.error();
        if (knob == u"seed")
            knobs.seedOfRequest = true;
    }
    return knobs;
}

} // namespace

class Simulator::Server {
public:
    explicit Server(Knobs knobs)
        : m_knobs(std::move(knobs)), m_openAi(openAiWire()), m_ollama(ollamaWire()),
          m_http([this](const HttpIn &in, ClientLink &link) { return handle(in, link); })
    {
    }

    HttpServer &http() { return m_http; }

private:
    HttpOut handle(const HttpIn &in, ClientLink &link)
    {
        const bool get = in.method == "GET" || in.method == "HEAD";
        const bool post = in.method == "POST";
        const QByteArray &path = in.path;
        if (path == "/v1/chat/completions")
            return post ? chat(*m_openAi, in, link) : wrongMethod(*m_openAi, in);
        if (path == "/api/chat")
            return post ? chat(*m_ollama, in, link) : wrongMethod(*m_ollama, in);
        if (path == "/v1/models")
            return get ? HttpOut::whole(200, openAiModels()) : wrongMethod(*m_openAi, in);
        if (path == "/api/tags")
            return get ? HttpOut::whole(200, ollamaTags()) : wrongMethod(*m_ollama, in);
        if (path == "/sim/health" && get)
            return HttpOut::whole(200, R"({"status":"ok"})");
        if (path.startsWith(truthPath) && get)
            return truth(path.sliced(truthPath.size()));
        const Wire &wire = path.startsWith("/api/") ? *m_ollama : *m_openAi;
        return refuse(wire,
                      { 404,
                        u"Unknown request URL: %1 %2."_s.arg(QString::fromUtf8(in.method), QString::fromUtf8(path)),
                        {},
                        u"unknown_url"_s });
    }

    static HttpOut refuse(const Wire &wire, const ApiError &error)
    {
        return HttpOut::whole(error.status, wire.errorBody(error));
    }

    static HttpOut wrongMethod(const Wire &wire, const HttpIn &in)
    {
        return refuse(
            wire, { 405, u"%1 is not allowed here."_s.arg(QString::fromUtf8(in.method)), {}, u"method_not_allowed"_s });
    }

    HttpOut truth(const QByteArray &id) const
    {
        if (const auto found = m_truths.find(id))
            return HttpOut::whole(200, QJsonDocument(found->toJson()).toJson(QJsonDocument::Compact));
        return HttpOut::whole(404, R"({"error":"No ended answer has this id."})");
    }

    HttpOut chat(const Wire &wire, const HttpIn &in, ClientLink &link)
    {
        const quint64 number = ++m_requests;
        const auto knobs = knobsFor(m_knobs, in.headers);
        if (!knobs)
            return refuse(wire, { 400, knobs.error().message, {}, u"invalid_knob"_s });
        if (drawError(*knobs, number))
            return failure(wire, *knobs);
        const auto parsed = wire.parse(in.body);
        if (const auto *error = std::get_if<ApiError>(&parsed))
            return refuse(wire, *error);
        const auto &input = std::get<ChatInput>(parsed);

        Truth truth;
        truth.id = "chatcmpl-sim-" + QByteArray::number(number);
        truth.number = number;
        truth.model = input.model;
        truth.requestReceivedNs = in.receivedNs;
        const auto answerer = std::make_shared<Answerer>(wire, input, *knobs, std::move(truth), m_truths);
        if (knobs->lateHeaders)
            answerer->awaitFirst(link);
        return answerer->answer();
    }

    static HttpOut failure(const Wire &wire, const Knobs &knobs)
    {
        const int status = knobs.errorStatus == 0 ? 500 : knobs.errorStatus;
        const QString code = status == 429 ? u"rate_limit_exceeded"_s : QString();
        const ApiError error { status, u"The simulator was asked to fail with status %1."_s.arg(status), {}, code };
        HttpOut out =
            HttpOut::whole(status, knobs.errorBody.isEmpty() ? wire.errorBody(error) : knobs.errorBody.toUtf8());
        if (!knobs.retryAfter.isEmpty())
            out.headers.emplaceBack("Retry-After", knobs.retryAfter.toLatin1());
        if (!knobs.errorBody.isEmpty() && !knobs.errorBody.startsWith(u'{'))
            out.contentType = knobs.errorBody.startsWith(u'<') ? "text/html" : "text/plain";
        return out;
    }

    const Knobs m_knobs;
    const std::unique_ptr<Wire> m_openAi;
    const std::unique_ptr<Wire> m_ollama;
    TruthLog m_truths;
    std::atomic<quint64> m_requests = 0;
    HttpServer m_http; // last, so that its threads end first
};

Simulator::Simulator(Knobs knobs) : m_server(std::make_unique<Server>(std::move(knobs)))
{
}

Simulator::~Simulator() = default;

base::Result<QUrl> Simulator::start(quint16 port)
{
    const auto bound = m_server->http().start(port);
    if (!bound)
        return bound.error();
    return QUrl(u"http://127.0.0.1:%1"_s.arg(*bound));
}

void Simulator::stop()
{
    m_server->http().stop();
}

} // namespace talkbench::simulator
