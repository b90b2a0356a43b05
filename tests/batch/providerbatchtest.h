#pragma once

#include "core/bench/providerbatch.h"
#include "core/net/qttransport.h"
#include "core/simulator/simulator.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

namespace talkbench::test {

using namespace talkbench::bench;
using namespace Qt::StringLiterals;
using simulator::Knobs;

inline constexpr int count = 5;

inline QList<BatchPrompt> prompts(const QString &about = u"bridges"_s)
{
    QList<BatchPrompt> list;
    for (int i = 1; i <= count; ++i)
        list.append({ u"p%1"_s.arg(i), u"Tell me %1 things about %2"_s.arg(i).arg(about) });
    return list;
}

inline Knobs quick(double batchMs = 60)
{
    Knobs knobs;
    knobs.batchMs = batchMs;
    knobs.tokens = 12;
    return knobs;
}

/// On the simulator, over real sockets: it counts what it is asked.
class ProviderBatchTest : public QObject {
    Q_OBJECT

protected:
    /// One process's life with the batch.
    struct Life {
        Life(ProviderBatchTest &test, const QString &file, const QList<BatchPrompt> &asked)
        {
            opened = bool(journal.open(file));
            BatchProgress before;
            BatchItems toAsk(test.m_plan);
            const QList<BatchItem> items = toAsk.pending(asked, journal, before);
            places = toAsk.places();
            batch = std::make_unique<ProviderBatch>(ProviderBatch::Services { *test.m_service, test.m_clock,
                                                                              test.m_scheduler, test.m_prices,
                                                                              test.m_settled },
                                                    journal, test.m_plan);
            finished = std::make_unique<QSignalSpy>(batch.get(), &ProviderBatch::finished);
            start = [this, items, before] { batch->start(items, before); };
        }

        bool ends() const { return !finished->isEmpty() || finished->wait(20'000); }
        std::optional<base::Error> error() const { return finished->at(0).at(0).value<std::optional<base::Error>>(); }
        bool hasState(Submission::State state) const
        {
            const auto &all = journal.submissions();
            return std::any_of(all.begin(), all.end(), [state](const auto &row) { return row.state == state; });
        }

        BatchJournal journal;
        QList<BatchPlace> places;
        bool opened = false;
        std::unique_ptr<ProviderBatch> batch;
        std::unique_ptr<QSignalSpy> finished;
        std::function<void()> start;
    };

    void begin(const Knobs &knobs)
    {
        m_simulator = std::make_unique<simulator::Simulator>(knobs);
        const auto url = m_simulator->start();
        QVERIFY(url);
        m_root = *url;
        m_dir = std::make_unique<QTemporaryDir>();
        QFETCH(QString, protocol);
        BatchTarget target;
        target.server = target.endpoint.providerId = u"p"_s;
        target.endpoint.protocol = protocol;
        target.endpoint.baseUrl = m_root;
        if (protocol != u"anthropic"_s)
            target.endpoint.baseUrl.setPath(u"/v1"_s);
        target.endpoint.apiKey = u"topsecretkey"_s;
        target.model = u"sim-small"_s;
        m_plan = {};
        m_plan.targets = { target };
        m_plan.way = BatchWay::Provider;
        m_plan.pollMs = m_plan.doubtMs = 15;
    }

    /// Null where the answer is no JSON.
    QJsonObject got(const QString &path)
    {
        QUrl url = m_root;
        url.setPath(path);
        QNetworkAccessManager manager;
        const std::unique_ptr<QNetworkReply> reply(manager.get(QNetworkRequest(url)));
        QSignalSpy finished(reply.get(), &QNetworkReply::finished);
        return finished.wait(5000) ? QJsonDocument::fromJson(reply->readAll()).object() : QJsonObject();
    }
    /// Whether an answer comes to its end; with a body it is posted.
    bool answers(const QString &path, const QByteArray &body = {})
    {
        QUrl url = m_root;
        url.setPath(path);
        QNetworkRequest request(url);
        request.setHeader(QNetworkRequest::ContentTypeHeader, u"application/json"_s);
        QNetworkAccessManager manager;
        const std::unique_ptr<QNetworkReply> reply(body.isEmpty() ? manager.get(request) : manager.post(request, body));
        return QSignalSpy(reply.get(), &QNetworkReply::finished).wait(5000);
    }
    int asked() { return got(u"/sim/requests"_s)[u"requests"_s].toInt(-1); }
    /// Of what was uploaded first.
    bool hasFile() { return !got(u"/v1/files/file-sim1/content"_s).contains(u"error"_s); }
    QString file(const QString &name = u"results.jsonl"_s) const { return m_dir->filePath(name); }
    static void protocols()
    {
        QTest::addColumn<QString>("protocol");
        for (const auto &protocol : { u"openai-chat"_s, u"openai-responses"_s, u"anthropic"_s })
            QTest::newRow(qPrintable(protocol)) << protocol;
    }

    const base::SystemClock m_clock {};
    run::TimerScheduler m_scheduler;
    cost::PriceBook m_prices;
    std::function<QFuture<base::Result<void>>()> m_settled;
    std::unique_ptr<run::RunService> m_service;
    std::unique_ptr<simulator::Simulator> m_simulator;
    std::unique_ptr<QTemporaryDir> m_dir;
    QUrl m_root;
    BatchPlan m_plan;

private Q_SLOTS:
    void initTestCase()
    {
        qRegisterMetaType<std::optional<base::Error>>();
        m_prices =
            *cost::PriceBook::fromJson(R"({"version":"v1","prices":[{"model":"sim-small","provider":"p","input":2,
            "output":20,"batch":{"input":1,"output":10},"source":"test","date":"2026-01-01"}]})");
    }
    void init()
    {
        m_service = std::make_unique<run::RunService>([this] { return std::make_unique<net::QtTransport>(m_clock); },
                                                      m_clock, m_prices);
        m_settled = [] { return QtFuture::makeReadyFuture(base::Result<void>()); };
    }
    void cleanup() { m_service.reset(); }
};

} // namespace talkbench::test
