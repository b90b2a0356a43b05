#include "core/profile/alerts.h"

#include <QJsonArray>
#include <QSet>
#include <QTest>

#include <limits>

using namespace talkbench::profile;
using namespace Qt::StringLiterals;

namespace {

AlertRule memoryRule(int holdSeconds)
{
    return { u"memory"_s, u"resident_mb"_s, AlertRule::Compare::Above, 500, holdSeconds };
}

/// One evaluation a second of these values; what was said, as "+3" (raised in second 3) and "-7".
QStringList said(AlertEvaluator &alerts, const QList<double> &values, int from = 0)
{
    QStringList events;
    for (int i = 0; i < values.size(); ++i) {
        SignalValues now;
        if (values[i] >= 0)
            now.insert(u"resident_mb"_s, values[i]);
        const auto found = alerts.evaluate(now, (from + i) * qint64(1'000'000'000));
        for (const AlertEvent &event : found)
            events << (event.raised ? u"+"_s : u"-"_s) + QString::number(from + i);
    }
    return events;
}

} // namespace

class TestAlerts final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void raisesAndClears_data()
    {
        QTest::addColumn<int>("hold");
        QTest::addColumn<QList<double>>("values");
        QTest::addColumn<QStringList>("wanted");
        QTest::newRow("at once") << 0 << QList<double> { 100, 501, 400 } << QStringList { u"+1"_s, u"-2"_s };
        QTest::newRow("the threshold itself is fine") << 0 << QList<double> { 500, 500 } << QStringList {};
        QTest::newRow("held") << 2 << QList<double> { 501, 501, 501, 501 } << QStringList { u"+2"_s };
        QTest::newRow("not held") << 2 << QList<double> { 501, 501, 499, 501, 501, 499 } << QStringList {};
        QTest::newRow("hovers") << 0 << QList<double> { 501, 499, 501, 460, 501, 451 } << QStringList { u"+0"_s };
        QTest::newRow("over after the same time")
            << 1 << QList<double> { 600, 600, 100, 600, 100, 100 } << QStringList { u"+1"_s, u"-5"_s };
        QTest::newRow("unknown raises nothing, and ends it")
            << 0 << QList<double> { -1, 501, -1 } << QStringList { u"+1"_s, u"-2"_s };
        QTest::newRow("no number") << 0 << QList<double> { std::numeric_limits<double>::infinity(), 5 }
                                   << QStringList {};
    }
    void raisesAndClears()
    {
        QFETCH(int, hold);
        QFETCH(QList<double>, values);
        QFETCH(QStringList, wanted);
        AlertEvaluator alerts({ memoryRule(hold) });
        QCOMPARE(said(alerts, values), wanted);
    }

    void below()
    {
        AlertRule rule = memoryRule(0);
        rule.compare = AlertRule::Compare::Below;
        AlertEvaluator alerts({ rule });
        QCOMPARE(said(alerts, { 500, 499, 501, 551 }), QStringList({ u"+1"_s, u"-3"_s }));
    }

    void saysItInWords()
    {
        AlertEvaluator alerts({ memoryRule(30) });
        alerts.evaluate({ { u"resident_mb"_s, 612 } }, 0);
        const auto raised = alerts.evaluate({ { u"resident_mb"_s, 612 } }, 30'000'000'000);
        QCOMPARE(raised.size(), 1);
        QCOMPARE(raised.first().text, u"Memory of the app: 612 MB, above 500 MB for 30 s."_s);
        QVERIFY(alerts.isRaised(u"memory"_s));
        alerts.evaluate({ { u"resident_mb"_s, 80 } }, 31'000'000'000);
        const auto over = alerts.evaluate({ { u"resident_mb"_s, 80 } }, 61'000'000'000);
        QCOMPARE(over.first().text, u"Memory of the app: 80 MB, all right again."_s);
        QVERIFY(!alerts.isRaised(u"memory"_s));
    }

    void rulesThatChange()
    {
        AlertEvaluator alerts({ memoryRule(0) });
        QCOMPARE(said(alerts, { 600 }), QStringList { u"+0"_s });
        alerts.setRules({ memoryRule(0) });
        QCOMPARE(said(alerts, { 600 }, 1), QStringList {}); // known already
        AlertRule off = memoryRule(0);
        off.enabled = false;
        alerts.setRules({ off });
        QVERIFY(!alerts.isRaised(u"memory"_s));
        QCOMPARE(said(alerts, { 600 }, 2), QStringList {});
    }

    void theDefaultsAreSound()
    {
        QSet<QString> ids;
        const auto rules = defaultAlertRules();
        for (const AlertRule &rule : rules) {
            QVERIFY2(alertSignalById(rule.signal), qPrintable(rule.id));
            ids.insert(rule.id);
        }
        QCOMPARE(ids.size(), rules.size());
        QCOMPARE(rules.first().threshold, 500.0);
    }

    void jsonGoesBothWays()
    {
        QList<AlertRule> rules = defaultAlertRules();
        rules[0].threshold = 800;
        rules[1].enabled = false;
        rules[2].severity = AlertRule::Severity::Error;
        rules.append({ u"own"_s, u"threads"_s, AlertRule::Compare::Below, 2, 5, AlertRule::Severity::Info, true });
        QCOMPARE(alertRulesFromJson(toJson(rules)), rules);
        QCOMPARE(alertRulesFromJson({}), defaultAlertRules());
    }

    void hostileJsonChangesNothing()
    {
        const QJsonObject hostile {
            { u"memory"_s,
              QJsonObject { { u"signal"_s, u"rm -rf"_s },
                            { u"threshold"_s, -4 },
                            { u"hold_s"_s, 1e12 },
                            { u"compare"_s, 7 },
                            { u"severity"_s, QJsonArray() },
                            { u"enabled"_s, u"no"_s } } },
            { u"cpu"_s, u"text"_s },
            { u"own"_s, QJsonObject { { u"signal"_s, u"unknown"_s } } },
            { u"other"_s, QJsonValue() },
        };
        QCOMPARE(alertRulesFromJson(hostile), defaultAlertRules());
    }
};

QTEST_GUILESS_MAIN(TestAlerts)
#include "tst_alerts.moc"
