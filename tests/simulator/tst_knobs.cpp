#include "core/simulator/knobs.h"

#include <QSet>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace talkbench;
using namespace talkbench::simulator;

class KnobsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyKnobHasANameATextAndTakesAValue();
    void spreads_data();
    void spreads();
    void values();
    void wrongValues_data();
    void wrongValues();
    void unknownKnob();
    void drawsHaveTheMeanAndTheSpread_data();
    void drawsHaveTheMeanAndTheSpread();
    void drawsAreReproducible();
};

void KnobsTest::everyKnobHasANameATextAndTakesAValue()
{
    const QHash<QString, QString> samples { { u"SPREAD"_s, u"5"_s },
                                            { u"MS"_s, u"5"_s },
                                            { u"N"_s, u"5"_s },
                                            { u"TOKEN:MS"_s, u"3:10"_s },
                                            { u"TOKEN:HOW"_s, u"3:fin"_s },
                                            { u"STATUS"_s, u"503"_s },
                                            { u"0..1"_s, u"0.5"_s },
                                            { u"N,N"_s, u"1,2"_s },
                                            { u"TEXT"_s, u"x"_s },
                                            { u"VALUE"_s, u"7"_s },
                                            { u"KEY"_s, u"sesame"_s },
                                            { u""_s, u""_s } };
    QSet<QString> names;
    for (const Knob &knob : knobTable()) {
        const QString name = QString::fromLatin1(knob.name);
        QVERIFY2(!names.contains(name), knob.name);
        names << name;
        QVERIFY2(QString::fromUtf8(knob.text).endsWith(u'.'), knob.name);
        QVERIFY2(samples.contains(QString::fromLatin1(knob.value)), knob.name);
        Knobs knobs;
        const auto set = setKnob(knobs, name, samples[QString::fromLatin1(knob.value)]);
        QVERIFY2(set, set ? "" : qPrintable(set.error().message));
    }
    QVERIFY(names.size() >= 20);
}

void KnobsTest::spreads_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<Spread>("spread");
    QTest::newRow("plain") << u"250"_s << Spread { Spread::Shape::Constant, 250, 0 };
    QTest::newRow("constant") << u"constant:1.5"_s << Spread { Spread::Shape::Constant, 1.5, 0 };
    QTest::newRow("normal") << u"normal:20,5"_s << Spread { Spread::Shape::Normal, 20, 5 };
    QTest::newRow("lognormal, blanks, case") << u" LogNormal: 20 , 5 "_s << Spread { Spread::Shape::LogNormal, 20, 5 };
}

void KnobsTest::spreads()
{
    QFETCH(QString, text);
    QFETCH(Spread, spread);
    Knobs knobs;
    QVERIFY(setKnob(knobs, u"ttft"_s, text));
    QVERIFY(setKnob(knobs, u"gap"_s, text));
    QVERIFY(knobs.ttft == spread);
    QVERIFY(knobs.gap == spread);
}

void KnobsTest::values()
{
    Knobs knobs;
    QVERIFY(setKnob(knobs, u"stall"_s, u"40:2000"_s));
    QCOMPARE(knobs.stall.token, 40);
    QCOMPARE(knobs.stall.ms, 2000.0);
    QVERIFY(setKnob(knobs, u"cut"_s, u"20:half-json"_s));
    QVERIFY(knobs.cut.kind == Cut::Kind::HalfJson);
    QCOMPARE(knobs.cut.token, 20);
    QVERIFY(setKnob(knobs, u"error-at"_s, u"3, 5"_s));
    QVERIFY(knobs.errorAt == (std::set<quint64> { 3, 5 }));
    QVERIFY(setKnob(knobs, u"crlf"_s, u"on"_s));
    QVERIFY(knobs.crlf);
    QVERIFY(setKnob(knobs, u"crlf"_s, u"off"_s));
    QVERIFY(!knobs.crlf);
    QVERIFY(setKnob(knobs, u"seed"_s, u"18446744073709551615"_s));
    QCOMPARE(knobs.seed, std::numeric_limits<quint64>::max());
}

void KnobsTest::wrongValues_data()
{
    QTest::addColumn<QString>("knob");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("says");
    QTest::newRow("no number") << u"ttft"_s << u"fast"_s << u"lognormal:MEAN,SPREAD"_s;
    QTest::newRow("negative") << u"gap"_s << u"-1"_s << u"milliseconds"_s;
    QTest::newRow("nan") << u"gap"_s << u"nan"_s << u"milliseconds"_s;
    QTest::newRow("infinite") << u"gap"_s << u"inf"_s << u"milliseconds"_s;
    QTest::newRow("unknown shape") << u"ttft"_s << u"pareto:1,2"_s << u"normal:MEAN,SPREAD"_s;
    QTest::newRow("no spread") << u"ttft"_s << u"normal:20"_s << u"normal:MEAN,SPREAD"_s;
    QTest::newRow("one too many") << u"ttft"_s << u"constant:20,3"_s << u"constant:MS"_s;
    QTest::newRow("empty") << u"tokens"_s << u""_s << u"whole number from 0"_s;
    QTest::newRow("fraction") << u"tokens"_s << u"1.5"_s << u"whole number"_s;
    QTest::newRow("no tokens a chunk") << u"tokens-per-chunk"_s << u"0"_s << u"from 1"_s;
    QTest::newRow("stall") << u"stall"_s << u"40"_s << u"TOKEN:MS"_s;
    QTest::newRow("cut") << u"cut"_s << u"20:explode"_s << u"half-json"_s;
    QTest::newRow("cut without token") << u"cut"_s << u"rst"_s << u"TOKEN:rst"_s;
    QTest::newRow("status") << u"error-status"_s << u"200"_s << u"300 to 599"_s;
    QTest::newRow("rate") << u"error-rate"_s << u"1.5"_s << u"0 to 1"_s;
    QTest::newRow("at") << u"error-at"_s << u"0"_s << u"from 1"_s;
    QTest::newRow("switch") << u"crlf"_s << u"maybe"_s << u"on or off"_s;
    QTest::newRow("seed") << u"seed"_s << u"-3"_s << u"whole number"_s;
    QTest::newRow("header injection") << u"retry-after"_s << u"1\r\nx: y"_s << u"one line"_s;
}

void KnobsTest::wrongValues()
{
    QFETCH(QString, knob);
    QFETCH(QString, value);
    QFETCH(QString, says);
    Knobs knobs;
    const auto set = setKnob(knobs, knob, value);
    QVERIFY(!set);
    QCOMPARE(set.error().kind, base::ErrorKind::Usage);
    QVERIFY2(set.error().message.contains(knob) && set.error().message.contains(says), qPrintable(set.error().message));
}

void KnobsTest::unknownKnob()
{
    Knobs knobs;
    const auto set = setKnob(knobs, u"speed"_s, u"1"_s);
    QVERIFY(!set);
    QVERIFY(set.error().message.contains(u"speed"_s));
}

void KnobsTest::drawsHaveTheMeanAndTheSpread_data()
{
    QTest::addColumn<Spread>("spread");
    QTest::newRow("constant") << Spread { Spread::Shape::Constant, 30, 0 };
    QTest::newRow("normal") << Spread { Spread::Shape::Normal, 100, 10 };
    QTest::newRow("lognormal") << Spread { Spread::Shape::LogNormal, 100, 60 };
    QTest::newRow("zero") << Spread { Spread::Shape::LogNormal, 0, 5 };
}

void KnobsTest::drawsHaveTheMeanAndTheSpread()
{
    QFETCH(Spread, spread);
    Random random(7);
    constexpr int count = 50'000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < count; ++i) {
        const double ms = spread.draw(random);
        QVERIFY(ms >= 0);
        sum += ms;
        squares += ms * ms;
    }
    const double mean = sum / count;
    const double deviation = std::sqrt(std::max(0.0, squares / count - mean * mean));
    QVERIFY2(std::abs(mean - spread.mean) <= 0.02 * spread.mean, qPrintable(QString::number(mean)));
    const double wanted = spread.mean > 0 ? spread.deviation : 0;
    QVERIFY2(std::abs(deviation - wanted) <= 0.05 * wanted + 1e-3, qPrintable(QString::number(deviation)));
}

void KnobsTest::drawsAreReproducible()
{
    Random random(1);
    // The published first outputs of splitmix64 for seed 1.
    QCOMPARE(random.next(), 0x910a2dec89025cc1ULL);
    QCOMPARE(random.next(), 0xbeeb8da1658eec67ULL);
}

QTEST_GUILESS_MAIN(KnobsTest)
#include "tst_knobs.moc"
