#include "core/run/diagnosing.h"

#include "core/llm/answer.h"
#include "core/llm/secrets.h"
#include "core/llm/vendorhosts.h"
#include "core/net/systemproxies.h"
#include "core/run/bodydecoder.h"
#include "core/run/diagnosishints.h"
#include "core/run/record.h"

#include <QFuture>
#include <QHostAddress>
#include <QHostInfo>
#include <QThreadPool>
#include <QTimer>
#include <QUuid>

#include <algorithm>
#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;
using base::ErrorKind;
using State = DiagnosisStep::State;

namespace {

/// Enough for every API: OpenAI's Responses take no less than 16.
constexpr int chatTokens = 16;

/// What is shorter is not timed: both its ends are heard of at once, and their difference tells nothing.
constexpr double leastTimedMs = 0.1;

double milliseconds(qint64 fromNs, qint64 toNs)
{
    return static_cast<double>(toNs - fromNs) / 1e6;
}

/// Nothing if it was open, or can't be told apart from the wait for the answer.
std::optional<double> connectionTook(const profile::Trace &trace)
{
    if (trace.connectStartedNs == 0 || trace.sentNs == 0)
        return std::nullopt;
    const double ms = milliseconds(trace.connectStartedNs, trace.encryptedNs != 0 ? trace.encryptedNs : trace.sentNs);
    const qint64 heardNs = trace.headersNs != 0 ? trace.headersNs : trace.endNs;
    const bool toldApart = ms >= leastTimedMs && milliseconds(trace.sentNs, heardNs) >= leastTimedMs;
    return toldApart ? std::optional(ms) : std::nullopt;
}

QString withoutSecrets(const QUrl &url)
{
    return url.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment);
}

void lookUpByQt(const QString &host, QObject *context, const std::function<void(const Diagnosing::Addresses &)> &then)
{
    QHostInfo::lookupHost(host, context, [host, then](const QHostInfo &info) {
        QStringList addresses;
        const auto found = info.addresses();
        for (const QHostAddress &address : found)
            addresses.append(address.toString());
        if (addresses.isEmpty())
            then(base::Error { ErrorKind::Dns, u"There is no host named %1."_s.arg(host), info.errorString(), 0,
                               std::nullopt });
        else
            then(addresses);
    });
}

/// Aside, since it may run a program or fetch a script, and nobody waits for it who has gone.
void askSystem(const QUrl &url, QObject *context, const std::function<void(const QNetworkProxy &)> &then)
{
    const auto promise = std::make_shared<QPromise<QNetworkProxy>>();
    promise->start();
    promise->future().then(context, then);
    QThreadPool::globalInstance()->start([promise, url] {
        const QList<QNetworkProxy> proxies = QNetworkProxyFactory::systemProxyForQuery(QNetworkProxyQuery(url));
        promise->addResult(proxies.value(0, QNetworkProxy(QNetworkProxy::NoProxy)));
        promise->finish();
    });
}

} // namespace

Diagnosing::Diagnosing(const DiagnosisPlan &plan, std::shared_ptr<DiagnosisPromise> promise, const base::Clock &clock,
                       const cost::PriceBook &prices, NameLookup lookup)
    : Errand(clock), m_plan(plan), m_promise(std::move(promise)), m_lookup(lookup ? std::move(lookup) : lookUpByQt),
      m_prices(prices)
{
}

Diagnosing::~Diagnosing()
{
    if (!done())
        m_diagnosis.error = base::Error { ErrorKind::Cancelled, u"Stopped."_s, {}, 0, std::nullopt };
    keep();
}

DiagnosisStep &Diagnosing::add(const QString &id, State state, const QString &text, const QString &advice)
{
    m_diagnosis.steps.append({ id, state, std::nullopt, text, advice });
    return m_diagnosis.steps.last();
}

void Diagnosing::fail(const QString &id, const base::Error &error, const QString &advice, std::optional<double> ms)
{
    const base::Error clean = llm::withoutSecrets(error, m_plan.endpoint);
    add(id, State::Failed, clean.message, advice).ms = ms;
    m_diagnosis.error = clean;
}

void Diagnosing::begin()
{
    m_provider = llm::providerFor(m_plan.endpoint.protocol);
    if (!m_provider || m_plan.endpoint.baseUrl.host().isEmpty()) {
        const QString message = m_provider ? u"The base URL names no server."_s
                                           : u"No protocol is called '%1'."_s.arg(m_plan.endpoint.protocol);
        fail(u"name"_s, { ErrorKind::Config, message, {}, 0, std::nullopt },
             u"A base URL looks like https://api.openai.com/v1."_s);
        keep();
        return;
    }
    if (const auto problem = llm::placeholderProblem(m_plan.endpoint.baseUrl)) {
        fail(u"name"_s, *problem, {});
        keep();
        return;
    }
    m_diagnosis.url = m_provider->modelsRequest(m_plan.endpoint).url.adjusted(QUrl::RemoveUserInfo | QUrl::RemoveQuery);
    findProxy();
}

void Diagnosing::findProxy()
{
    const base::Route &route = m_plan.endpoint.route;
    const QUrl &url = m_plan.endpoint.baseUrl;
    if (route.proxying == base::Route::Proxying::System && !net::isLoopback(url)) {
        askSystem(url, this, [this](const QNetworkProxy &proxy) { onProxy(proxy); });
        if (m_plan.limits.connectMs > 0)
            QTimer::singleShot(m_plan.limits.connectMs, this,
                               [this] { onProxy(QNetworkProxy(QNetworkProxy::NoProxy)); });
        return;
    }
    const bool manual = route.proxying == base::Route::Proxying::Manual && !base::bypasses(route.bypass, url.host());
    const bool socks = route.proxy.type == base::Proxy::Type::Socks5;
    onProxy(manual ? QNetworkProxy(socks ? QNetworkProxy::Socks5Proxy : QNetworkProxy::HttpProxy, route.proxy.host,
                                   route.proxy.port)
                   : QNetworkProxy(QNetworkProxy::NoProxy));
}

void Diagnosing::onProxy(const QNetworkProxy &proxy)
{
    if (std::exchange(m_proxyKnown, true))
        return;
    m_proxy = proxy;
    lookUpName();
}

bool Diagnosing::isProxied() const
{
    return m_proxy.type() != QNetworkProxy::NoProxy;
}

QString Diagnosing::proxyName() const
{
    return u"%1:%2"_s.arg(m_proxy.hostName(), QString::number(m_proxy.port()));
}

void Diagnosing::lookUpName()
{
    const QString host = m_plan.endpoint.baseUrl.host();
    if (!QHostAddress(host).isNull()) {
        m_nameKnown = true;
        add(u"name"_s, State::Skipped, u"%1 is an address already."_s.arg(host));
        askModels();
        return;
    }
    if (isProxied()) {
        m_nameKnown = true;
        add(u"name"_s, State::Skipped, u"%1 is left to the proxy %2 to look up."_s.arg(host, proxyName()));
        askModels();
        return;
    }
    m_lookupNs = clock().nowNs();
    m_lookup(host, this, [this](const Addresses &addresses) { onName(addresses); });
    if (m_plan.limits.connectMs > 0)
        QTimer::singleShot(m_plan.limits.connectMs, this, [this] {
            onName(base::Error { ErrorKind::Dns, u"The name service does not answer."_s, {}, 0, std::nullopt });
        });
}

/// A name that is not found here may be known to a proxy: the request itself decides.
void Diagnosing::onName(const Addresses &addresses)
{
    if (std::exchange(m_nameKnown, true))
        return;
    const QString host = m_plan.endpoint.baseUrl.host();
    const QString text = addresses ? u"%1 is %2."_s.arg(host, addresses->join(u", "_s)) : addresses.error().message;
    add(u"name"_s, addresses ? State::Ok : State::Warning, text).ms = milliseconds(m_lookupNs, clock().nowNs());
    askModels();
}

void Diagnosing::askModels()
{
    ask(m_provider->modelsRequest(m_plan.endpoint), m_plan.limits,
        [this](const Fetched &fetched) { onModels(fetched); });
}

void Diagnosing::onModels(const Fetched &fetched)
{
    addConnectionSteps(fetched);
    if (m_diagnosis.error) {
        keep();
        return;
    }
    const profile::Trace &trace = fetched.trace;
    const double ms = milliseconds(connectionTook(trace) ? trace.sentNs : trace.dispatchedNs, trace.endNs);
    auto error = errorOf(*m_provider, fetched);
    if (!error) {
        auto models = m_provider->parseModels(fetched.body);
        if (models)
            m_diagnosis.models = *std::move(models);
        else
            error = models.error();
    }
    if (error) {
        if (error->httpStatus == 0)
            error->httpStatus = fetched.head.status;
        onModelsFailed(*error, ms);
        return;
    }
    const auto count = m_diagnosis.models.size();
    add(u"models"_s, count > 0 ? State::Ok : State::Warning,
        count > 0 ? u"%1 lists %2 models."_s.arg(withoutSecrets(m_diagnosis.url)).arg(count)
                  : u"%1 answers, but lists no model."_s.arg(withoutSecrets(m_diagnosis.url)),
        count > 0 ? QString() : u"Load or pull a model there, or type a model's name."_s)
        .ms = ms;
    checkModel();
}

void Diagnosing::addConnectionSteps(const Fetched &fetched)
{
    const profile::Trace &trace = fetched.trace;
    const bool tls = m_plan.endpoint.baseUrl.scheme() == "https"_L1;
    const bool through = trace.sentNs != 0 || trace.headersNs != 0;
    const QString server = m_plan.endpoint.baseUrl.authority(QUrl::FullyEncoded).section(u'@', -1);
    if (through && trace.connectStartedNs == 0) {
        add(u"connect"_s, State::Skipped, u"A connection to %1 was open already."_s.arg(server));
        return;
    }
    if (through) {
        add(tls ? u"tls"_s : u"connect"_s, State::Ok, connectedText(server, tls)).ms = connectionTook(trace);
        return;
    }
    if (!fetched.error)
        return;
    const base::Error &error = *fetched.error;
    const double tookMs =
        milliseconds(trace.connectStartedNs != 0 ? trace.connectStartedNs : trace.dispatchedNs, trace.endNs);
    const auto ms = tookMs >= leastTimedMs ? std::optional(tookMs) : std::nullopt;
    const QString advice = adviceFor(error, m_plan.endpoint);
    if (error.kind == ErrorKind::Dns) {
        m_diagnosis.steps.clear();
        fail(u"name"_s, error, advice, ms);
    } else if (error.kind == ErrorKind::Tls) {
        add(u"connect"_s, State::Ok, connectedText(server, false));
        fail(u"tls"_s, error, advice); // what was timed is both steps together
    } else {
        fail(u"connect"_s, error, advice, ms);
    }
}

/// What the time of the step is the time of.
QString Diagnosing::connectedText(const QString &server, bool tls) const
{
    if (!isProxied())
        return (tls ? u"A secure connection to %1 stands."_s : u"%1 takes connections."_s).arg(server);
    // A plain http request is handed to an HTTP proxy whole.
    if (!tls && m_proxy.type() != QNetworkProxy::Socks5Proxy && m_plan.endpoint.baseUrl.scheme() == "http"_L1)
        return u"The proxy %1 takes connections; how it reaches %2 shows in the next step."_s.arg(proxyName(), server);
    return (tls ? u"A secure connection to %1 stands, by the proxy %2."_s : u"%1 takes connections, by the proxy %2."_s)
        .arg(server, proxyName());
}

void Diagnosing::onModelsFailed(const base::Error &error, double ms)
{
    base::Error told = error;
    if (isAboutThePath(error))
        told.message =
            u"%1 is not where this server lists its models: %2"_s.arg(withoutSecrets(m_diagnosis.url), error.message);
    fail(u"models"_s, told, adviceFor(error, m_plan.endpoint), ms);
    if (isAboutThePath(error))
        searchBetterUrl();
    else
        keep();
}

void Diagnosing::searchBetterUrl()
{
    const auto others = otherAddresses(m_plan.endpoint);
    m_candidatesOpen = static_cast<int>(others.size());
    for (const llm::Endpoint &endpoint : others) {
        m_candidates.append({ endpoint, std::nullopt });
        const llm::Provider *provider = llm::providerFor(endpoint.protocol);
        const qsizetype index = m_candidates.size() - 1;
        ask(provider->modelsRequest(endpoint), m_plan.limits, [this, provider, index](const Fetched &fetched) {
            if (!errorOf(*provider, fetched)) {
                if (auto models = provider->parseModels(fetched.body))
                    m_candidates[index].models = *std::move(models);
            }
            if (--m_candidatesOpen == 0)
                onBetterUrlSearched();
        });
    }
}

void Diagnosing::onBetterUrlSearched()
{
    const auto better = std::find_if(m_candidates.cbegin(), m_candidates.cend(),
                                     [](const Candidate &candidate) { return candidate.models.has_value(); });
    if (better != m_candidates.cend()) {
        m_diagnosis.betterBaseUrl = better->endpoint.baseUrl;
        m_diagnosis.betterProtocol = better->endpoint.protocol;
        const bool otherProtocol = better->endpoint.protocol != m_plan.endpoint.protocol;
        m_diagnosis.steps.last().advice =
            u"%1 answers as it should%2, with %3 models: make it the base URL."_s
                .arg(withoutSecrets(better->endpoint.baseUrl),
                     otherProtocol ? u" to the protocol %1"_s.arg(better->endpoint.protocol) : QString())
                .arg(better->models->size());
        keep();
        return;
    }
    if (m_plan.chat && !m_plan.model.isEmpty()) // some servers answer questions without listing their models
        chat();
    else
        keep();
}

void Diagnosing::checkModel()
{
    const auto listed = [this](const llm::ModelInfo &model) { return model.id == m_plan.model; };
    if (!m_plan.model.isEmpty()) {
        if (std::any_of(m_diagnosis.models.cbegin(), m_diagnosis.models.cend(), listed)) {
            add(u"model"_s, State::Ok, u"%1 is among them."_s.arg(m_plan.model));
        } else {
            const QString close = nearest(m_plan.model, m_diagnosis.models);
            add(u"model"_s, State::Warning, u"The server does not list %1."_s.arg(m_plan.model),
                close.isEmpty() ? u"It may serve it all the same."_s : u"Is %1 meant?"_s.arg(close));
        }
    }
    if (m_plan.chat && !(m_plan.model.isEmpty() && m_diagnosis.models.isEmpty()))
        chat();
    else
        keep();
}

void Diagnosing::chat()
{
    m_question.model = m_plan.model.isEmpty() ? m_diagnosis.models.constFirst().id : m_plan.model;
    m_question.messages = { llm::Message::fromText(llm::Role::User, u"Say OK."_s) };
    m_question.options.stream = false;
    m_question.options.maxTokens = chatTokens;
    const auto request = m_provider->encode(m_question, m_plan.endpoint);
    if (!request) {
        fail(u"chat"_s, request.error(), {});
        keep();
        return;
    }
    ask(request->http, m_plan.limits, [this](const Fetched &fetched) { onChat(fetched); });
}

void Diagnosing::onChat(const Fetched &fetched)
{
    const double ms = milliseconds(fetched.trace.dispatchedNs, fetched.trace.endNs);
    std::optional<base::Error> error = errorOf(*m_provider, fetched);
    llm::Answer answer;
    if (!error) {
        BodyDecoder decoder(*m_provider, false);
        decoder.head(fetched.head);
        llm::StreamEvents events = decoder.bytes(fetched.body);
        events += decoder.end();
        for (const llm::StreamEvent &event : std::as_const(events))
            answer.apply(event);
        error = answer.error ? answer.error : decoder.incomplete();
    }
    answer.error = error;
    record(answer, fetched);
    if (error) {
        const QString advice =
            error->kind == ErrorKind::NotFound ? u"Check the model's name."_s : adviceFor(*error, m_plan.endpoint);
        fail(u"chat"_s, *error, advice, ms);
    } else {
        for (DiagnosisStep &step : m_diagnosis.steps) { // it answers: that it lists no models is no failure
            if (step.state == State::Failed)
                step.state = State::Warning;
        }
        m_diagnosis.error.reset();
        add(u"chat"_s, State::Ok, u"The model answered."_s).ms = ms;
    }
    keep();
}

void Diagnosing::record(const llm::Answer &answer, const Fetched &fetched)
{
    RunRequest request;
    request.endpoint = m_plan.endpoint;
    request.chat = m_question;
    request.operation = profile::Operation::Test;
    profile::Trace trace = fetched.trace;
    trace.submittedNs = trace.queuedNs = trace.dispatchedNs;
    const auto tookMs = static_cast<qint64>(milliseconds(trace.dispatchedNs, clock().nowNs()));
    Q_EMIT called(makeRecord(QUuid::createUuid().toString(QUuid::WithoutBraces), request, clock().wallMs() - tookMs,
                             answer, trace, {}, { m_prices }));
}

void Diagnosing::keep()
{
    if (done())
        return;
    m_promise->addResult(m_diagnosis);
    m_promise->finish();
    finish();
}

} // namespace talkbench::run
