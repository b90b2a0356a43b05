#include "core/base/histogram.h"
#include "core/base/logging.h"
#include "core/base/ringbuffer.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>

using namespace talkbench::base;
using namespace Qt::StringLiterals;

class TestHistogram : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void smallValuesAreExact()
    {
        Histogram histogram;
        for (qint64 value = 1; value <= 1000; ++value)
            histogram.record(value);
        QCOMPARE(histogram.percentile(50).value, 500);
        QCOMPARE(histogram.percentile(99).value, 990);
        QCOMPARE(histogram.percentile(100).value, 1000);
        QCOMPARE(histogram.percentile(0).value, 1);
        QCOMPARE(histogram.mean(), 500.5);
    }

    void keepsThreeDigitsAtAnySize()
    {
        std::mt19937_64 random(7);
        std::lognormal_distribution<double> values(14, 4);
        Histogram histogram;
        std::vector<qint64> exact;
        for (int i = 0; i < 20'000; ++i) {
            const auto value = static_cast<qint64>(values(random));
            exact.push_back(value);
            histogram.record(value);
        }
        std::sort(exact.begin(), exact.end());
        for (const double percentile : { 1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 100.0 }) {
            const auto rank = static_cast<std::size_t>(std::ceil(percentile / 100 * 20'000)) - 1;
            const auto wanted = static_cast<double>(exact[rank]);
            const auto got = static_cast<double>(histogram.percentile(percentile).value);
            QVERIFY2(std::abs(got - wanted) <= wanted * 0.001 + 0.5,
                     qPrintable(u"p%1: %2 instead of %3"_s.arg(percentile).arg(got).arg(wanted)));
        }
        QCOMPARE(histogram.max(), exact.back());
        QCOMPARE(histogram.min(), exact.front());
    }

    void takesTheWholeRange()
    {
        Histogram histogram;
        histogram.record(-5);
        histogram.record(std::numeric_limits<qint64>::max());
        QCOMPARE(histogram.min(), 0);
        QCOMPARE(histogram.percentile(100).value, std::numeric_limits<qint64>::max());
    }

    void saysHowManySamplesAreMissing_data()
    {
        QTest::addColumn<double>("percentile");
        QTest::addColumn<quint64>("needed");
        QTest::newRow("p50") << 50.0 << quint64(11);
        QTest::newRow("p90") << 90.0 << quint64(64);
        QTest::newRow("p95") << 95.0 << quint64(130);
        QTest::newRow("p99") << 99.0 << quint64(662);
        QTest::newRow("p99.9") << 99.9 << quint64(6636);
    }
    void saysHowManySamplesAreMissing()
    {
        QFETCH(double, percentile);
        QFETCH(quint64, needed);
        Histogram histogram;
        histogram.record(3, needed - 1);
        QCOMPARE(histogram.percentile(percentile).missing, quint64(1));
        histogram.record(3);
        QVERIFY(histogram.percentile(percentile).enough());
    }

    void mergesAndClears()
    {
        Histogram low;
        low.record(10, 3);
        Histogram high;
        high.record(1'000'000, 7);
        low.merge(high);
        QCOMPARE(low.count(), quint64(10));
        QCOMPARE(low.percentile(30).value, 10);
        QVERIFY(low.percentile(31).value > 999'000);
        low.clear();
        QCOMPARE(low.count(), quint64(0));
        QCOMPARE(low.percentile(50).value, 0);
    }

    void ringKeepsTheNewest()
    {
        RingBuffer<int> ring(3);
        QVERIFY(ring.isEmpty());
        for (int i = 1; i <= 5; ++i)
            ring.push(i);
        QCOMPARE(ring.size(), std::size_t(3));
        QCOMPARE(ring.at(0), 3);
        QCOMPARE(ring.newest(), 5);
        ring.clear();
        ring.push(9);
        QCOMPARE(ring.newest(), 9);
        QCOMPARE(ring.size(), std::size_t(1));
    }

    void redactsSecrets_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("bearer") << u"Authorization: Bearer SECRETsecret123"_s;
        QTest::newRow("header") << u"x-api-key: SECRETsecret123"_s;
        QTest::newRow("json") << u"{\"api_key\": \"SECRETsecret123\"}"_s;
        QTest::newRow("query") << u"https://h/v1?key=SECRETsecret123&alt=sse"_s;
        QTest::newRow("echo") << u"Incorrect API key provided: sk-proj-SECRETsecret123. You can"_s;
        QTest::newRow("google") << u"key AIzaSECRETsecret123SECRETsecret"_s;
        QTest::newRow("url") << u"http://user:SECRETsecret123@proxy:80/"_s;
        QTest::newRow("goog") << u"x-goog-api-key: SECRETsecret123"_s;
    }
    void redactsSecrets()
    {
        QFETCH(QString, text);
        const QString redacted = redact(text);
        QVERIFY2(!redacted.contains(u"SECRET"_s), qPrintable(redacted));
        QVERIFY(redacted.contains(u"•••"_s));
    }

    void redactsBasicCredentials()
    {
        const QByteArray padded = QByteArray("me:SECRETsecret").toBase64();
        const QByteArray bare = QByteArray("me:pässword!").toBase64(QByteArray::OmitTrailingEquals);
        QVERIFY(padded.endsWith('=') || bare.size() % 4 != 0);
        QCOMPARE(redact(QString::fromLatin1("You sent \"" + padded + "\", and " + bare + ".")),
                 u"You sent \"•••\", and •••."_s);
    }

    void leavesOtherTextAlone_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("words")
            << u"429 Too Many Requests: the key to success is patience, 1,204 tokens; basic training"_s;
        QTest::newRow("base64 of no credentials") << u"iVBORw0KGgoAAAANSUhEUg== and aGVsbG8gd29ybGQh"_s;
        QTest::newRow("long words") << u"/v1/chat/completions chatcompletion req_011CSHoEeqs5C35K2UUqR7Fy"_s;
    }
    void leavesOtherTextAlone()
    {
        QFETCH(QString, text);
        QCOMPARE(redact(text), text);
    }
};

QTEST_GUILESS_MAIN(TestHistogram)
#include "tst_histogram.moc"
