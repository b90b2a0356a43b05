#include "core/simulator/simulator.h"

#include "core/base/clock.h"
#include "core/simulator/answerer.h"
#include "core/simulator/batchdesk.h"
#include "core/simulator/httpserver.h"
#include "core/simulator/routes.h"
#include "core/simulator/truthlog.h"

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
        : m_knobs(std::move(knobs)), m_http([this](const HttpIn &in, ClientLink &link) { return handle(in, link); })
    {
    }

    HttpServer &http() { return m_http; }

private:
    HttpOut handle(const HttpIn &in, ClientLink &link)
    {
        if (in.path == "/sim/health" && in.method == "GET")
            return HttpOut::whole(200, R"({"status":"ok"})");
        if (in.path == "/sim/requests" && in.method == "GET")
            return HttpOut::whole(200, R"({"requests":)" + QByteArray::number(m_requests) + '}');
        if (in.path.startsWith(truthPath) && in.method == "GET")
            return truth(in.path.sliced(truthPath.size()));
        const Place place = placeOf(in, m_wires);
        if (place.problem != 0)
            return refuse(place.wire, noPlace(in, place.problem));
        const auto knobs = knobsFor(m_knobs, in.headers);
        if (!knobs)
            return refuse(place.wire, { 400, knobs.error().message, {}, u"invalid_knob"_s, {} });
        if (!knobs->requireKey.isEmpty() && place.wire.key(in) != knobs->requireKey.toUtf8())
            return refuse(place.wire, place.wire.badKey());
        const Asked asked { in, place.name };
        if (!place.tell && !place.desk)
            return chat(place.wire, asked, *knobs, link);
        const Told told = place.desk ? (m_desk.*place.desk)(asked, *knobs) : place.tell(place.wire, asked);
        if (const auto *error = std::get_if<ApiError>(&told))
            return refuse(place.wire, *error);
        return HttpOut::whole(200, std::get<QByteArray>(told));
    }

    static HttpOut refuse(const Wire &wire, const ApiError &error)
    {
        if (error.status == 0)
            return withoutAnswer();
        return HttpOut::whole(error.status, wire.errorBody(error));
    }

    /// The connection closes before there is anything to read.
    static HttpOut withoutAnswer()
    {
        HttpOut out;
        out.length = 1;
        out.body = [](ClientLink &link) {
            link.resetOnClose();
            return false;
        };
        return out;
    }

    static ApiError noPlace(const HttpIn &in, int status)
    {
        const QString method = QString::fromUtf8(in.method);
        if (status == 405)
            return { status, u"%1 is not allowed here."_s.arg(method), {}, u"method_not_allowed"_s, {} };
        return {
            status, u"Unknown request URL: %1 %2."_s.arg(method, QString::fromUtf8(in.path)), {}, u"unknown_url"_s, {}
        };
    }

    HttpOut truth(const QByteArray &id) const
    {
        if (const auto found = m_truths.find(id))
            return HttpOut::whole(200, QJsonDocument(found->toJson()).toJson(QJsonDocument::Compact));
        return HttpOut::whole(404, R"({"error":"No ended answer has this id."})");
    }

    HttpOut chat(const Wire &wire, const Asked &asked, const Knobs &knobs, ClientLink &link)
    {
        const quint64 number = ++m_requests;
        Truth truth;
        truth.id = wire.idPrefix() + QByteArray::number(number);
        truth.number = number;
        truth.requestReceivedNs = asked.http.receivedNs;
        const base::HttpHeaders headers =
            wire.headers(truth.id, rateLimit(knobs, number)) + base::HttpHeaders { { "x-sim-id", truth.id } };
        HttpOut out =
            drawError(knobs, number) ? failure(wire, knobs) : answer(wire, asked, knobs, std::move(truth), link);
        out.headers.append(headers);
        return out;
    }

    HttpOut answer(const Wire &wire, const Asked &asked, const Knobs &knobs, Truth truth, ClientLink &link)
    {
        const auto parsed = wire.parse(asked);
        if (const auto *error = std::get_if<ApiError>(&parsed))
            return refuse(wire, *error);
        const auto &input = std::get<ChatInput>(parsed);
        Script script = writeScript(input, *modelByName(input.model), knobs, truth.number);
        if (knobs.context > 0 && script.promptTokens > knobs.context)
            return refuse(wire, wire.tooLong(script.promptTokens, knobs.context));
        if (const auto error = wire.filtered(); error && script.promptFiltered())
            return refuse(wire, *error);
        truth.model = input.model;
        const auto answerer =
            std::make_shared<Answerer>(wire, input, std::move(script), knobs, std::move(truth), m_truths);
        if (knobs.lateHeaders)
            answerer->awaitFirst(link);
        return answerer->answer();
    }

    static HttpOut failure(const Wire &wire, const Knobs &knobs)
    {
        const int status = knobs.errorStatus == 0 ? 500 : knobs.errorStatus;
        const ApiError error {
            status, u"The simulator was asked to fail with status %1."_s.arg(status), {}, {}, knobs.retryAfter
        };
        HttpOut out =
            HttpOut::whole(status, knobs.errorBody.isEmpty() ? wire.errorBody(error) : knobs.errorBody.toUtf8());
        if (!knobs.retryAfter.isEmpty())
            out.headers.emplaceBack("Retry-After", knobs.retryAfter.toLatin1());
        if (!knobs.errorBody.isEmpty() && !knobs.errorBody.startsWith(u'{'))
            out.contentType = knobs.errorBody.startsWith(u'<') ? "text/html" : "text/plain";
        return out;
    }

    /// Each request takes one of its minute's; the last one's successor finds all of them again.
    static std::optional<RateLimit> rateLimit(const Knobs &knobs, quint64 number)
    {
        if (knobs.rateLimit == 0)
            return std::nullopt;
        const qint64 limit = knobs.rateLimit;
        const qint64 used = static_cast<qint64>((number - 1) % static_cast<quint64>(limit)) + 1;
        return RateLimit { limit, limit - used, 60.0 * static_cast<double>(used) / static_cast<double>(limit) };
    }

    const Knobs m_knobs;
    const Wires m_wires;
    TruthLog m_truths;
    std::atomic<quint64> m_requests = 0;
    BatchDesk m_desk { m_wires, m_requests };
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
