#include "core/bench/calibration.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QNetworkReply>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace talkbench::bench {

namespace {

QJsonObject errorsJson(const base::Histogram &errors)
{
    const auto ms = [](qint64 ns) { return static_cast<double>(ns) / 1e6; };
    return { { u"p50"_s, ms(errors.percentile(50).value) },
             { u"p90"_s, ms(errors.percentile(90).value) },
             { u"p99"_s, ms(errors.percentile(99).value) },
             { u"max"_s, ms(errors.max()) } };
}

} // namespace

QJsonObject toJson(const CalibrationReport &report)
{
    return {
        { u"streams"_s, report.plan.streams },
        { u"rate"_s, report.plan.tokensPerSecond },
        { u"tokens"_s, report.plan.tokens },
        { u"first_chunk_error_ms"_s, errorsJson(report.firstChunkErrors) },
        { u"chunk_error_ms"_s, errorsJson(report.chunkErrors) },
        { u"lost"_s, report.lost },
        { u"reordered"_s, report.reordered },
        { u"cpu_s"_s, report.cpuSeconds },
        { u"rss_mb"_s, report.residentMegabytes },
    };
}

void compareStamps(const QList<profile::ChunkStamp> &received, const QList<qint64> &sentNs, CalibrationReport &report)
{
    report.lost += qMax<qint64>(0, sentNs.size() - received.size());
    for (qsizetype i = 0; i < qMin(received.size(), sentNs.size()); ++i) {
        const qint64 error = received[i].ns - sentNs[i];
        if (error < 0 || (i > 0 && received[i].ns < received[i - 1].ns))
            ++report.reordered;
        report.chunkErrors.record(error);
        if (i == 0)
            report.firstChunkErrors.record(error);
    }
}

Calibration::Calibration(run::RunService &runs, const base::Clock &clock, const QUrl &simulator,
                         const CalibrationPlan &plan, QObject *parent)
    : QObject(parent), m_service(runs), m_simulator(simulator), m_resources(clock)
{
    m_report.plan = plan;
}

Calibration::~Calibration() = default;

run::RunRequest Calibration::request() const
{
    const double gapMs = 1000 / m_report.plan.tokensPerSecond;
    run::RunRequest request;
    request.operation = profile::Operation::Test;
    request.cache = profile::CachePolicy::Off; // it is the server's stream that is measured
    request.endpoint.providerId = u"calibration"_s;
    request.endpoint.protocol = u"openai-chat"_s;
    request.endpoint.baseUrl = m_simulator;
    request.endpoint.baseUrl.setPath(u"/v1"_s);
    // The first tokens come spread out, so that the streams don't all speak at the same instant.
    request.endpoint.headers = { { "x-sim-ttft", "normal:300,100" },
                                 { "x-sim-gap", "constant:" + QByteArray::number(gapMs) },
                                 { "x-sim-tokens", QByteArray::number(m_report.plan.tokens) },
                                 { "x-sim-reasoning", "0" } };
    request.chat.model = u"sim-small"_s;
    request.chat.messages = { llm::Message::fromText(llm::Role::User, u"Count."_s) };
    return request;
}

void Calibration::start()
{
    // The window whose service this may be has calls of its own.
    constexpr int others = 8;
    m_service.setLimits({ m_report.plan.streams + others, { m_report.plan.streams, 0, 0 } });
    m_before = m_resources.sample();
    for (int i = 0; i < m_report.plan.streams; ++i) {
        m_runs.push_back(m_service.start(request()));
        connect(m_runs.back().get(), &run::Run::finished, this, &Calibration::onEnded);
    }
}

void Calibration::onEnded(const profile::RunRecord &record)
{
    ++m_ended;
    if (record.ok()) {
        m_records.append(record);
    } else {
        ++m_report.failed;
        if (m_report.problem.isEmpty() && record.answer.error)
            m_report.problem = record.answer.error->message;
    }
    if (m_ended < m_report.plan.streams)
        return;
    const profile::ResourceSample after = m_resources.sample();
    m_report.cpuSeconds = after.cpuSeconds.value_or(0) - m_before.cpuSeconds.value_or(0);
    m_report.residentMegabytes = static_cast<double>(after.residentBytes.value_or(0)) / 1e6;
    constexpr int tries = 50;
    for (qsizetype i = 0; i < m_records.size(); ++i)
        askForTruth(i, tries);
    settle();
}

/// The simulator may note the end of an answer a moment after its last byte was read.
void Calibration::askForTruth(qsizetype index, int triesLeft)
{
    QUrl url = m_simulator;
    url.setPath(u"/sim/truth/"_s + m_records[index].answer.responseId);
    QNetworkReply *reply = m_network.get(QNetworkRequest(url));
    connect(reply, &QNetworkReply::finished, this, [this, reply, index, triesLeft] {
        reply->deleteLater();
        if (reply->error() == QNetworkReply::NoError || triesLeft == 0)
            onTruth(index, reply->readAll());
        else
            QTimer::singleShot(20, this, [this, index, triesLeft] { askForTruth(index, triesLeft - 1); });
    });
}

void Calibration::onTruth(qsizetype index, const QByteArray &body)
{
    QList<qint64> sentNs;
    const QJsonArray chunks = QJsonDocument::fromJson(body)["chunks"_L1].toArray();
    for (const auto &chunk : chunks)
        sentNs.append(chunk["ns"_L1].toInteger());
    if (sentNs.isEmpty()) {
        ++m_report.failed;
        m_report.problem = u"The simulator does not tell when it sent its chunks."_s;
    }
    compareStamps(m_records[index].trace.chunks, sentNs, m_report);
    ++m_compared;
    settle();
}

void Calibration::settle()
{
    if (m_compared == m_records.size())
        Q_EMIT finished(m_report);
}

} // namespace talkbench::bench
