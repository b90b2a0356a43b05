#include "core/profile/monitor.h"
#include "tests/profile/records.h"
#include "tests/ui/settingsforms.h"
#include "ui/profiler/activitymonitor.h"
#include "ui/profiler/alertbar.h"
#include "ui/profiler/alertwatch.h"
#include "ui/profiler/dashboardpage.h"
#include "ui/profiler/statusstrip.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTest>
#include <QToolButton>

#include <algorithm>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

namespace {

profile::AlertEvent alertEvent(const QString &rule, bool raised)
{
    return { rule, raised, profile::AlertRule::Severity::Warning, u"<b>Memory</b>: too much."_s };
}

void setRule(test::World &world, const QString &id, double threshold)
{
    auto rules = profile::defaultAlertRules();
    for (profile::AlertRule &rule : rules) {
        rule.enabled = rule.id == id;
        rule.threshold = rule.id == id ? threshold : rule.threshold;
        rule.holdSeconds = 0;
    }
    QVERIFY(world.settings.setValue("monitor/alerts", profile::toJson(rules).toVariantMap()));
}

QStringList column(const QTableWidget &table, int column)
{
    QStringList texts;
    for (int line = 0; line < table.rowCount(); ++line)
        texts << table.item(line, column)->text();
    return texts;
}

} // namespace

class MonitoringTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void alertsStandUntilTheyAreOver()
    {
        QWidget window;
        AlertBar bar(&window);
        QVERIFY(bar.isHidden());
        bar.show(alertEvent(u"memory"_s, true));
        bar.show(alertEvent(u"cpu"_s, true));
        bar.show(alertEvent(u"memory"_s, true)); // said again, not twice
        QCOMPARE(bar.count(), 2);
        QVERIFY(!bar.isHidden());
        const auto *text = bar.findChild<QLabel *>(u"alertText"_s);
        QCOMPARE(text->textFormat(), Qt::PlainText);
        bar.show(alertEvent(u"memory"_s, false));
        QCOMPARE(bar.count(), 1);
        const QSignalSpy settings(&bar, &AlertBar::settingsRequested);
        auto *card = bar.findChild<QWidget *>(u"alert_cpu"_s);
        test::find<QPushButton>(*card, u"alertSettings"_s)->click();
        QCOMPARE(settings.count(), 1);
        QTest::keyClick(test::find<QToolButton>(*card, u"alertClose"_s), Qt::Key_Space);
        QCOMPARE(bar.count(), 0);
        QVERIFY(bar.isHidden());
    }

    void theWatchFollowsTheSettings()
    {
        test::World world;
        ActivityMonitor monitor(world.context);
        setRule(world, u"memory"_s, 1); // every process has more
        AlertWatch watch(world.context, monitor);
        QSignalSpy changed(&watch, &AlertWatch::changed);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"alert: Memory of the app: .* above 1 MB"_s));
        Q_EMIT world.runs.stateChanged({ 0, 0 });
        QCOMPARE(changed.count(), 1);
        QVERIFY(changed.first().first().value<profile::AlertEvent>().raised);
        Q_EMIT world.runs.stateChanged({ 0, 0 });
        QCOMPARE(changed.count(), 1); // not every sample is looked at, and nothing is said twice
    }

    void aRateNeedsCalls()
    {
        test::World world;
        ActivityMonitor monitor(world.context);
        setRule(world, u"errors"_s, 20);
        for (quint64 i = 1; i < profile::callsForRate; ++i)
            Q_EMIT world.runs.recorded(profile::failure(u"p"_s, u"m"_s, base::ErrorKind::Server));
        AlertWatch few(world.context, monitor);
        const QSignalSpy quiet(&few, &AlertWatch::changed);
        Q_EMIT world.runs.stateChanged({ 0, 0 });
        QCOMPARE(quiet.count(), 0);
        Q_EMIT world.runs.recorded(profile::failure(u"p"_s, u"m"_s, base::ErrorKind::Server));
        AlertWatch enough(world.context, monitor);
        const QSignalSpy said(&enough, &AlertWatch::changed);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"Failed calls of the last hour: 100 %"_s));
        Q_EMIT world.runs.stateChanged({ 0, 0 });
        QCOMPARE(said.count(), 1);
    }

    void theDashboardSortsAndCopies()
    {
        test::World world;
        ActivityMonitor monitor(world.context);
        DashboardPage page(monitor);
        page.resize(1200, 600);
        page.show();
        auto *table = test::find<QTableWidget>(page, u"dashboardTable"_s);
        QVERIFY(test::find<QLabel>(page, u"dashboardEmpty"_s)->isVisible());
        QVERIFY(!test::find<QToolButton>(page, u"dashboardCopy"_s)->isEnabled());
        page.hide();
        Q_EMIT world.runs.recorded(profile::success(u"p"_s, u"slow"_s, 900));
        Q_EMIT world.runs.recorded(profile::success(u"p"_s, u"fast"_s, 80));
        Q_EMIT world.runs.recorded(profile::failure(u"q"_s, u"broken"_s, base::ErrorKind::Server));
        page.show();
        QVERIFY(table->isVisible());
        QCOMPARE(test::find<QLabel>(page, u"tile_calls"_s)->text(), u"3"_s);
        QVERIFY(!test::find<QLabel>(page, u"tile_ttft_p95_ms"_s)->isEnabled()); // of two calls
        QCOMPARE(column(*table, 0), QStringList({ u"All"_s, u"broken"_s, u"fast"_s, u"slow"_s }));
        int ttft = 2;
        while (table->horizontalHeaderItem(ttft)->text() != u"TTFT mean"_s)
            ++ttft;
        table->sortItems(ttft, Qt::DescendingOrder);
        QCOMPARE(column(*table, 0), QStringList({ u"slow"_s, u"All"_s, u"fast"_s, u"broken"_s }));
        QCOMPARE(column(*table, ttft).first(), u"900 ms"_s);
        QCOMPARE(column(*table, ttft + 1).first(), u"(900 ms)"_s); // of one call
        QVERIFY(!table->item(0, ttft + 1)->toolTip().isEmpty());
        test::find<QToolButton>(page, u"dashboardCopy"_s)->click();
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(u"provider,model,operation,seconds,calls"_s));
        auto *window = test::find<QComboBox>(page, u"dashboardWindow"_s);
        window->setCurrentIndex(0);
        QCOMPARE(table->rowCount(), 4);
    }

    void whatOtherStartsLeftIsOfTheDay()
    {
        test::World world;
        auto before = profile::success(u"p"_s, u"m"_s);
        before.id = u"before"_s;
        before.startedWallMs = world.context.clock.wallMs() - 5000;
        world.context.store.saveRun(before);
        ActivityMonitor monitor(world.context);
        QTRY_COMPARE(monitor.calls().counts(profile::Window::Minute).calls, quint64(1));
        QCOMPARE(monitor.calls().counts(profile::Window::Start).calls, quint64(0));
        const bool today = QDateTime::fromMSecsSinceEpoch(before.startedWallMs).date() == QDate::currentDate();
        QCOMPARE(monitor.spending().usd, today ? 0.5 : 0.0);
    }

    void theCostOfTodayEndsAtMidnight()
    {
        test::World world;
        profile::ManualClock clock;
        clock.now = QDateTime(QDate(2026, 11, 24), QTime(23, 59, 50)).toMSecsSinceEpoch() * 1'000'000;
        auto before = profile::success(u"p"_s, u"m"_s);
        before.id = u"before"_s;
        before.startedWallMs = clock.wallMs();
        world.context.store.saveRun(before);
        clock.advance(5);
        AppContext context { clock,       world.settings,  world.secrets, world.prices,  world.runs,   world.store,
                             world.cache, world.endpoints, world.models,  world.chooser, world.ledger, world.counter };
        ActivityMonitor monitor(context);
        const StatusStrip strip(monitor);
        auto record = profile::success(u"p"_s, u"m"_s);
        record.startedWallMs = clock.wallMs();
        Q_EMIT world.runs.recorded(record);
        QCOMPARE(monitor.spending().usd, 0.5);
        QVERIFY2(strip.text().contains(u"today $0.5"_s), qPrintable(strip.text()));
        clock.advance(10);
        QCOMPARE(monitor.spending().usd, 0.0); // what an alert looks at
        Q_EMIT world.runs.stateChanged({ 0, 0 });
        QVERIFY2(strip.text().contains(u"today $0 "_s), qPrintable(strip.text()));
        // What the store knew of the day before comes late.
        QTRY_COMPARE(monitor.calls().counts(profile::Window::Hour).calls, quint64(2));
        QCOMPARE(monitor.spending().usd, 0.0);
        record.startedWallMs = clock.wallMs();
        Q_EMIT world.runs.recorded(record);
        QCOMPARE(monitor.spending().usd, 0.5);
    }

    void theStripTellsTheCache()
    {
        test::World world;
        ActivityMonitor monitor(world.context);
        const StatusStrip strip(monitor);
        QVERIFY(!strip.text().contains(u"cache"_s));
        Q_EMIT world.runs.recorded(profile::success(u"p"_s, u"m"_s)); // did not ask it
        profile::RunRecord missed = profile::success(u"p"_s, u"m"_s);
        missed.trace.decisions = { { u"cache"_s, profile::cacheMiss } };
        Q_EMIT world.runs.recorded(missed);
        Q_EMIT world.runs.recorded(profile::cachedAnswer(u"p"_s, u"m"_s));
        Q_EMIT world.runs.stateChanged({ 0, 0 });
        QVERIFY2(strip.text().contains(u"cache 50 %"_s), qPrintable(strip.text()));
    }

    void theDashboardNamesProviders()
    {
        test::World world;
        ActivityMonitor monitor(world.context);
        Q_EMIT world.runs.recorded(profile::success(u"p"_s, u"m"_s));
        DashboardPage page(monitor);
        page.setProviderNames([](const QString &id) { return u"Name of "_s + id; });
        page.show();
        const auto *table = test::find<QTableWidget>(page, u"dashboardTable"_s);
        QCOMPARE(column(*table, 1), QStringList { u"Name of p"_s });
        auto *by = test::find<QComboBox>(page, u"dashboardBy"_s);
        by->setCurrentIndex(by->findData(int(profile::ReportBy::Provider)));
        QCOMPARE(column(*table, 0), QStringList { u"Name of p"_s });
    }

    void anEmptyDashboardTellsWhereCallsAre()
    {
        test::World world;
        auto before = profile::success(u"p"_s, u"m"_s);
        before.id = u"before"_s;
        before.startedWallMs = world.context.clock.wallMs() - 5000;
        world.context.store.saveRun(before);
        ActivityMonitor monitor(world.context);
        DashboardPage page(monitor);
        page.show();
        const auto *empty = test::find<QLabel>(page, u"dashboardEmpty"_s);
        QVERIFY(empty->isVisible());
        QTRY_COMPARE(monitor.calls().counts(profile::Window::Day).calls, quint64(1));
        page.hide();
        page.show();
        QVERIFY2(empty->text().contains(u"Last hour"_s), qPrintable(empty->text()));
    }

    void aNarrowDashboardCutsNothing()
    {
        test::World world;
        ActivityMonitor monitor(world.context);
        for (int i = 0; i < 8; ++i)
            Q_EMIT world.runs.recorded(profile::success(u"p"_s, u"m"_s, 312));
        QWidget window;
        DashboardPage page(monitor, &window);
        page.setGeometry(0, 0, 340, 440);
        window.resize(340, 440);
        window.show();
        auto *tiles = test::find<QWidget>(page, u"summaryTiles"_s);
        const auto labels = tiles->findChildren<QLabel *>();
        QCOMPARE(labels.size(), 12);
        const auto whole = [](const QWidget *widget) { return widget->width() >= widget->sizeHint().width(); };
        QTRY_VERIFY(std::all_of(labels.begin(), labels.end(), whole));
        for (const QLabel *label : labels)
            QVERIFY(label->mapTo(&page, QPoint(label->width(), 0)).x() <= page.width());
        for (const QComboBox *box : page.findChildren<QComboBox *>()) {
            QVERIFY2(whole(box), qPrintable(box->objectName()));
            QVERIFY(box->geometry().right() < page.width());
        }
        for (const auto &table : { u"dashboardTable"_s, u"dashboardStatistics"_s })
            QVERIFY(test::find<QTableWidget>(page, table)->viewport()->height() >= 2 * page.fontMetrics().height());
    }

    void theDashboardTellsOperationsApart()
    {
        test::World world;
        ActivityMonitor monitor(world.context);
        auto chat = profile::success(u"p"_s, u"m"_s);
        chat.operation = profile::Operation::Chat;
        auto batch = profile::success(u"p"_s, u"n"_s);
        batch.operation = profile::Operation::Batch;
        Q_EMIT world.runs.recorded(chat);
        Q_EMIT world.runs.recorded(batch);
        Q_EMIT world.runs.stateChanged({ 4, 1 });
        Q_EMIT world.runs.stateChanged({ 0, 0 });
        DashboardPage page(monitor);
        page.show();
        const auto *table = test::find<QTableWidget>(page, u"dashboardTable"_s);
        QCOMPARE(table->rowCount(), 3);
        auto *operation = test::find<QComboBox>(page, u"dashboardOperation"_s);
        operation->setCurrentIndex(operation->findData(int(profile::Operation::Batch)));
        QCOMPARE(column(*table, 0), QStringList { u"n"_s });
        operation->setCurrentIndex(operation->findData(int(profile::Operation::Judge)));
        QVERIFY(test::find<QLabel>(page, u"dashboardEmpty"_s)->isVisible());
        const QString queue = test::find<QLabel>(page, u"dashboardQueue"_s)->text();
        QVERIFY2(queue.endsWith(u"at most 4"_s), qPrintable(queue));
    }

    void theDashboardSumsUpByWhatIsChosen()
    {
        test::World world;
        ActivityMonitor monitor(world.context);
        auto chat = profile::success(u"p"_s, u"m"_s, 100);
        chat.operation = profile::Operation::Chat;
        auto batch = profile::success(u"p"_s, u"n"_s, 300);
        batch.operation = profile::Operation::Batch;
        auto other = profile::success(u"q"_s, u"m"_s, 900);
        other.operation = profile::Operation::Batch;
        for (const auto &record : { chat, batch, other })
            Q_EMIT world.runs.recorded(record);
        DashboardPage page(monitor);
        page.resize(1200, 700);
        page.show();
        const auto *table = test::find<QTableWidget>(page, u"dashboardTable"_s);
        auto *by = test::find<QComboBox>(page, u"dashboardBy"_s);
        by->setCurrentIndex(by->findData(int(profile::ReportBy::Provider)));
        QCOMPARE(column(*table, 0), QStringList({ u"All"_s, u"p"_s, u"q"_s }));
        QCOMPARE(column(*table, 2), QStringList({ u"3"_s, u"2"_s, u"1"_s }));
        QVERIFY(table->isColumnHidden(1));
        by->setCurrentIndex(by->findData(int(profile::ReportBy::Operation)));
        QCOMPARE(column(*table, 0), QStringList({ u"All"_s, u"Batch"_s, u"Chat"_s }));
        QCOMPARE(column(*table, 2), QStringList({ u"3"_s, u"2"_s, u"1"_s }));
    }

    void theChosenLineTellsEveryFigure()
    {
        test::World world;
        ActivityMonitor monitor(world.context);
        for (const double ms : { 100, 300 })
            Q_EMIT world.runs.recorded(profile::success(u"p"_s, u"m"_s, ms));
        Q_EMIT world.runs.recorded(profile::success(u"q"_s, u"n"_s, 900));
        DashboardPage page(monitor);
        page.resize(1200, 700);
        page.show();
        auto *table = test::find<QTableWidget>(page, u"dashboardTable"_s);
        auto *statistics = test::find<QTableWidget>(page, u"dashboardStatistics"_s);
        const auto ttft = [statistics] {
            QStringList cells;
            const auto found = statistics->findItems(u"Time to first token"_s, Qt::MatchExactly);
            for (int column = 1; found.size() == 1 && column < statistics->columnCount(); ++column)
                cells << statistics->item(found.first()->row(), column)->text();
            return cells;
        };
        const QStringList all { u"3"_s, u"1.3 s"_s, u"100 ms"_s, u"433 ms"_s, u"900 ms"_s };
        QCOMPARE(ttft().first(5), all);
        QCOMPARE(ttft().size(), 9);
        QCOMPARE(table->currentRow(), 0);
        table->setFocus();
        QTest::keyClick(table, Qt::Key_Down);
        QCOMPARE(table->item(table->currentRow(), 0)->text(), u"m"_s);
        const QStringList two { u"2"_s, u"400 ms"_s, u"100 ms"_s, u"200 ms"_s, u"300 ms"_s };
        QCOMPARE(ttft().first(5), two);
        // It stays chosen where the lines are counted and sorted anew.
        table->sortItems(0, Qt::DescendingOrder);
        page.hide();
        Q_EMIT world.runs.recorded(profile::success(u"a"_s, u"a"_s, 5));
        page.show();
        QCOMPARE(table->item(table->currentRow(), 0)->text(), u"m"_s);
        QCOMPARE(ttft().first(5), two);
        auto *more = test::find<QToolButton>(page, u"dashboardMore"_s);
        QCOMPARE(more->text(), u"Every figure: m"_s);
        QTest::keyClick(more, Qt::Key_Space);
        QVERIFY(!statistics->isVisible());
    }

    void theQueueIsKnownSinceTheStart()
    {
        test::World world;
        auto before = profile::success(u"p"_s, u"m"_s);
        before.id = u"before"_s;
        before.startedWallMs = world.context.clock.wallMs() - 5000;
        world.context.store.saveRun(before);
        ActivityMonitor monitor(world.context);
        DashboardPage page(monitor);
        auto *window = test::find<QComboBox>(page, u"dashboardWindow"_s);
        window->setCurrentIndex(window->findData(int(profile::Window::Day)));
        const auto *queue = test::find<QLabel>(page, u"dashboardQueue"_s);
        QVERIFY2(queue->text().startsWith(u"Queue: "_s), qPrintable(queue->text()));
        QTRY_COMPARE(monitor.calls().counts(profile::Window::Day).calls, quint64(1));
        page.show();
        QVERIFY2(queue->text().startsWith(u"Queue since the start: "_s), qPrintable(queue->text()));
    }

    void ownAlertsAreAddedAndRemoved()
    {
        test::World world;
        const auto stored = [&world] {
            return profile::alertRulesFromJson(
                QJsonObject::fromVariantMap(world.settings.value("monitor/alerts").toMap()));
        };
        const auto defaults = profile::defaultAlertRules().size();
        {
            SettingsDialog dialog(world.context);
            auto *add = test::find<QPushButton>(dialog, u"ownAlertAdd"_s);
            add->click();
            add->click();
            const auto signalBoxes = dialog.findChildren<QComboBox *>(u"ownAlertSignal"_s);
            QCOMPARE(signalBoxes.size(), 2);
            signalBoxes[0]->setCurrentIndex(signalBoxes[0]->findData(u"cost_today_usd"_s));
            auto *threshold = dialog.findChildren<QDoubleSpinBox *>(u"ownAlertThreshold"_s)[0];
            QCOMPARE(threshold->suffix(), u" USD"_s);
            threshold->setValue(2.5);
            dialog.findChildren<QComboBox *>(u"ownAlertCompare"_s)[0]->setCurrentIndex(1);
            dialog.findChildren<QCheckBox *>(u"ownAlertEnabled"_s)[1]->click();
            test::save(dialog);
        }
        QCOMPARE(stored().size(), defaults + 2);
        const profile::AlertRule own = stored().at(defaults);
        QCOMPARE(own,
                 (profile::AlertRule { own.id, u"cost_today_usd"_s, profile::AlertRule::Compare::Below, 2.5, 30,
                                       profile::AlertRule::Severity::Warning, true }));
        QVERIFY(!stored().last().enabled);
        SettingsDialog dialog(world.context);
        dialog.findChildren<QPushButton *>(u"ownAlertRemove"_s)[0]->click();
        test::save(dialog);
        QCOMPARE(stored().size(), defaults + 1);
        QCOMPARE(stored().last().signal, u"queued"_s);
    }

    void thePageStoresRules()
    {
        test::World world;
        {
            SettingsDialog dialog(world.context);
            dialog.showPage(SettingsDialog::Monitoring);
            auto *threshold = test::find<QDoubleSpinBox>(dialog, u"alertThreshold_memory"_s);
            QCOMPARE(threshold->value(), 500.0);
            test::save(dialog);
            QVERIFY(world.settings.value("monitor/alerts").toMap().isEmpty()); // nothing was changed
        }
        SettingsDialog dialog(world.context);
        test::find<QDoubleSpinBox>(dialog, u"alertThreshold_memory"_s)->setValue(800);
        auto *cost = test::find<QCheckBox>(dialog, u"alertEnabled_cost"_s);
        cost->click();
        QVERIFY(!test::find<QDoubleSpinBox>(dialog, u"alertThreshold_cost"_s)->isEnabled());
        test::save(dialog);
        const auto rules =
            profile::alertRulesFromJson(QJsonObject::fromVariantMap(world.settings.value("monitor/alerts").toMap()));
        QCOMPARE(rules.first().threshold, 800.0);
        QVERIFY(!rules.last().enabled);
        for (QWidget *field : dialog.findChildren<QWidget *>(QRegularExpression(u"^alert(Enabled|Threshold|Hold)_"_s)))
            QVERIFY2(!field->accessibleName().isEmpty(), qPrintable(field->objectName()));
    }
};

QTEST_MAIN(MonitoringTest)
#include "tst_monitoring.moc"
