#include "app/commands/watch.h"
#include "core/config/settings.h"
#include "core/net/qttransport.h"
#include "core/run/runservice.h"
#include "tests/profile/records.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace talkbench;
using namespace talkbench::app;
using namespace Qt::StringLiterals;

/// A command that runs for long is watched as the window is.
class TestWatch final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_settings = std::make_unique<config::Settings>(m_dir->path());
        m_store = std::make_unique<store::Store>(m_dir->path());
        m_store->open();
        m_runs = std::make_unique<run::RunService>([this] { return std::make_unique<net::QtTransport>(m_clock); },
                                                   m_clock, cost::PriceBook());
    }
    void cleanup()
    {
        m_runs.reset();
        m_store.reset();
    }

    void anAlertIsSaidOnce()
    {
        alertAbove(u"resident_mb"_s, 1); // every process has more
        Watch watch(m_clock, *m_settings, *m_runs, *m_store, m_dir->path());
        const QSignalSpy changed(&watch, &Watch::changed);
        watch.look();
        watch.look();
        QCOMPARE(changed.count(), 1);
        const auto event = changed.first().first().value<profile::AlertEvent>();
        QVERIFY(event.raised);
        QVERIFY2(event.text.startsWith(u"Memory of the app: "_s), qPrintable(event.text));
    }

    void failuresAndTheQueueAreWatched()
    {
        alertAbove(u"queued"_s, 4);
        Watch watch(m_clock, *m_settings, *m_runs, *m_store, m_dir->path());
        const QSignalSpy changed(&watch, &Watch::changed);
        Q_EMIT m_runs->stateChanged({ 5, 1 });
        watch.look();
        QCOMPARE(changed.count(), 1);
        alertAbove(u"error_rate"_s, 20);
        Watch other(m_clock, *m_settings, *m_runs, *m_store, m_dir->path());
        const QSignalSpy failed(&other, &Watch::changed);
        for (quint64 i = 0; i < profile::callsForRate; ++i) {
            other.look();
            QCOMPARE(failed.count(), 0);
            Q_EMIT m_runs->recorded(profile::failure(u"p"_s, u"m"_s, base::ErrorKind::Server));
        }
        other.look();
        QCOMPARE(failed.count(), 1);
    }

    void whatWasSpentBeforeTodayCounts()
    {
        profile::RunRecord before = profile::success(u"p"_s, u"m"_s);
        before.id = u"before"_s;
        before.startedWallMs = m_clock.wallMs();
        before.costUsd = 3;
        m_store->saveRun(before);
        alertAbove(u"cost_today_usd"_s, 4);
        Watch watch(m_clock, *m_settings, *m_runs, *m_store, m_dir->path());
        const QSignalSpy changed(&watch, &Watch::changed);
        profile::RunRecord now = before;
        now.id = u"now"_s;
        now.costUsd = 2;
        Q_EMIT m_runs->recorded(now);
        watch.look();
        QCOMPARE(changed.count(), 0);
        QTRY_VERIFY((watch.look(), changed.count() > 0));
        QVERIFY(changed.first().first().value<profile::AlertEvent>().text.contains(u"$5.00"_s));
    }

    void theReportIsWritten()
    {
        {
            const Watch watch(m_clock, *m_settings, *m_runs, *m_store, m_dir->path());
            Q_EMIT m_runs->recorded(profile::success(u"p"_s, u"m"_s));
        }
        QFile file(m_dir->filePath(u"report.log"_s));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray report = file.readAll();
        QVERIFY2(report.contains("since the start") && report.contains("p / m") && report.contains("in flight 0"),
                 report.constData());
    }

private:
    /// The only rule that is on.
    void alertAbove(const QString &signal, double threshold)
    {
        profile::AlertRule own { u"own"_s, signal };
        own.threshold = threshold;
        auto rules = profile::defaultAlertRules();
        for (profile::AlertRule &rule : rules)
            rule.enabled = false;
        rules.append(own);
        QVERIFY(m_settings->setValue("monitor/alerts", profile::toJson(rules).toVariantMap()));
    }

    const base::SystemClock m_clock;
    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<config::Settings> m_settings;
    std::unique_ptr<store::Store> m_store;
    std::unique_ptr<run::RunService> m_runs;
};

QTEST_GUILESS_MAIN(TestWatch)
#include "tst_watch.moc"
