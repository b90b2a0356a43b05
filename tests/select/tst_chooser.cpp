#include "core/select/chooser.h"
#include "runs.h"

#include <QTest>

using namespace talkbench;
using namespace talkbench::select;
using namespace talkbench::test;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 now = 1'700'000'000'000;
const ModelRef a { u"p"_s, u"a"_s };
const ModelRef b { u"q"_s, u"b/c"_s };

const ModelRef slow { u"r"_s, u"slow"_s };

/// A person took `chosen` instead of `instead`.
profile::RunRecord overruling(const ModelRef &chosen, const ModelRef &instead, qint64 atMs)
{
    profile::RunRecord record = failed(chosen, atMs, base::ErrorKind::Cancelled);
    record.decision = toJson(Decision { .strategy = {},
                                        .chosen = chosen,
                                        .reason = {},
                                        .inputTokens = 10,
                                        .atMs = atMs,
                                        .weights = {},
                                        .rows = {},
                                        .rule = {},
                                        .overrules = u"before"_s,
                                        .insteadOf = instead });
    return record;
}

Question question(const QString &prompt)
{
    Question question;
    question.chat.messages = { llm::Message::fromText(llm::Role::User, prompt) };
    question.nowMs = now;
    question.seed = 1;
    return question;
}

} // namespace

class TestChooser final : public QObject {
    Q_OBJECT

private:
    Chooser m_chooser { [](const ModelRef &ref) { return Candidate { .ref = ref }; } };

private Q_SLOTS:
    void settingsAreReadAndWritten()
    {
        Rule night;
        night.name = u"night"_s;
        night.models = { b };
        const QVariantMap settings {
            { u"select/strategy"_s, u"fastest"_s },
            { u"select/weights"_s, toText(Weights { 1, 0.5, 0 }) },
            { u"select/candidates"_s, toText(QList<ModelRef> { a, b }) },
            { u"select/rules"_s, toText(QList<Rule> { night }) },
            { u"select/fallbacks"_s, fallbacksToSetting({ { a, { b } } }) },
            { u"select/hedge"_s, 3.0 },
        };
        QStringList problems;
        const Policy policy =
            policyFrom([&](QByteArrayView key) { return settings.value(QString::fromUtf8(key)); }, &problems);
        QVERIFY2(problems.isEmpty(), qPrintable(problems.join(u'\n')));
        QCOMPARE(policy.strategy, u"fastest"_s);
        QCOMPARE(policy.weights, (Weights { 1, 0.5, 0 }));
        QCOMPARE(policy.candidates, (QList<ModelRef> { a, b }));
        QCOMPARE(policy.rules, QList<Rule> { night });
        QCOMPARE(policy.fallbacks.value(a), QList<ModelRef> { b });
        QCOMPARE(policy.hedgeFactor, 3.0);
    }

    void nonsenseIsSaidAndLeftOut()
    {
        QStringList problems;
        const Policy policy = policyFrom(
            [](QByteArrayView key) -> QVariant {
                if (key == "select/fallbacks")
                    return QVariantMap { { u"nothing"_s, QStringList { u"a/b"_s } } };
                return u"{ nonsense"_s;
            },
            &problems);
        QCOMPARE(problems.size(), 4);
        QVERIFY(policy.candidates.isEmpty());
        QVERIFY(policy.rules.isEmpty());
        for (const QString &text : { u"fast=-1"_s, u"fast=nan"_s, u"quick=1"_s, u"fast"_s })
            QVERIFY2(!weightsFromText(text), qPrintable(text));
    }

    void aRuleGoesBeforeTheCandidates()
    {
        Rule code;
        code.name = u"code"_s;
        code.hasCode = true;
        code.models = { b };
        m_chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { a }, .rules = { code } });
        QCOMPARE(m_chooser.choose(question(u"Hello"_s)).decision.chosen, a);
        const Pick pick = m_chooser.choose(question(u"```\nint x;\n```"_s));
        QCOMPARE(pick.decision.chosen, b);
        QCOMPARE(pick.decision.rule, u"code"_s);
        QVERIFY(pick.decision.reason.startsWith(u"rule 'code': "_s));
        QCOMPARE(decisionFromJson(toJson(pick.decision)), pick.decision);
    }

    void rulesAreAskedOfWhatTheCallerKnows()
    {
        Rule poor { .name = u"poor"_s, .budgetBelow = 1.0, .models = { b } };
        Rule work { .name = u"work"_s, .tags = { u"work"_s }, .models = { b } };
        Rule fine { .name = u"fine"_s, .quality = Quality::High, .models = { b } };
        m_chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { a }, .rules = { poor, work, fine } });
        QCOMPARE(m_chooser.policy().providers(), (QStringList { u"p"_s, u"q"_s }));
        Question asked = question(u"Hello"_s);
        QCOMPARE(m_chooser.choose(asked).decision.rule, QString());
        asked.quality = Quality::High;
        QCOMPARE(m_chooser.choose(asked).decision.rule, u"fine"_s);
        asked.tags = QStringList { u"work"_s };
        QCOMPARE(m_chooser.choose(asked).decision.rule, u"work"_s);
        asked.budgetLeft = 0.2;
        QCOMPARE(m_chooser.choose(asked).decision.rule, u"poor"_s);
    }

    void aProviderThatCantBeAskedIsNoCandidate()
    {
        m_chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { a, b } });
        Question asked = question(u"Hello"_s);
        QCOMPARE(m_chooser.choose(asked).decision.chosen, a);
        asked.barred = { { u"p"_s, u"its budget is used up"_s } };
        const Pick pick = m_chooser.choose(asked);
        QCOMPARE(pick.decision.chosen, b);
        QCOMPARE(pick.decision.rows[0].excluded, u"its budget is used up"_s);
        QCOMPARE(pick.order.size(), 1); // nor is it asked where the other fails
        asked.barred.insert(u"q"_s, u"it is gone"_s);
        const Decision none = m_chooser.choose(asked).decision;
        QVERIFY(!none.chosen);
        QVERIFY2(none.reason.contains(u"its budget is used up"_s), qPrintable(none.reason));
    }

    /// A near tie: 500 and 700 ms of some seconds. The user takes the slower one three times.
    void overrulesTeach()
    {
        QList<profile::RunRecord> stored;
        for (int i = 0; i < 40; ++i) {
            stored.append(answered(a, now - 60'000 + i * 1000, 500));
            stored.append(answered(b, now - 60'000 + i * 1000, 700));
            stored.append(answered(slow, now - 60'000 + i * 1000, 15'000));
        }
        const auto chosen = [&stored](const QList<ModelRef> &candidates) {
            Chooser fresh([](const ModelRef &ref) { return Candidate { .ref = ref }; });
            fresh.setPolicy({ .strategy = u"measured"_s, .weights = { 1, 0, 0 }, .candidates = candidates });
            fresh.load(stored); // as after a restart
            return fresh.choose(question(u"Hello"_s)).decision;
        };
        const auto rowOf = [](const Decision &decision, const ModelRef &ref) {
            return *std::find_if(decision.rows.begin(), decision.rows.end(),
                                 [&ref](const DecisionRow &row) { return row.ref == ref; });
        };
        const Decision before = chosen({ a, b });
        QVERIFY(rowOf(before, a).propensity > rowOf(before, b).propensity);
        for (int i = 0; i < 3; ++i)
            stored.append(overruling(b, a, now - 1000 + i));
        const Decision after = chosen({ a, b });
        QVERIFY(rowOf(after, b).propensity > 0.9);
        QVERIFY(rowOf(after, b).preference > 0.1 && rowOf(after, a).preference < -0.1);
        QCOMPARE(rowOf(after, b).utility - rowOf(before, b).utility, rowOf(after, b).preference);
        QCOMPARE(decisionFromJson(toJson(after)), after);
        Decision rest = after;
        rest.goesOnFrom = u"before"_s;
        QCOMPARE(decisionFromJson(toJson(rest)), rest);
        stored.append(overruling(b, a, now - 900));
        stored.last().decision.insert("goes_on_from"_L1, u"before"_s); // learnt from already
        QCOMPARE(rowOf(chosen({ a, b }), b).preference, rowOf(after, b).preference);
        for (int i = 0; i < 100; ++i)
            stored.append(overruling(slow, a, now - 500 + i));
        const Decision large = chosen({ a, slow });
        QVERIFY(rowOf(large, a).propensity > 0.95); // whatever was preferred, 14 s are more
        QVERIFY(rowOf(large, slow).preference <= preferenceWeight && rowOf(large, a).preference >= -preferenceWeight);
    }

    void onlyTheUsersOwnChoiceTeaches()
    {
        Measurements measurements;
        profile::RunRecord record = overruling(b, a, now);
        record.providerId = slow.providerId; // one that took over
        record.model = slow.model;
        measurements.add(record);
        QCOMPARE(measurements.preference(slow, 100, now), 0.0);
        QCOMPARE(measurements.preference(a, 100, now), 0.0);
        record = overruling(b, a, now);
        record.answer.error = base::Error { base::ErrorKind::Cancelled, {}, {}, 0, {} };
        measurements.add(record); // stopped, but wanted
        QVERIFY(measurements.preference(b, 100, now) > 0.3);
        QVERIFY(measurements.preference(b, 100, now) > measurements.preference(b, 50'000, now)); // less sure elsewhere
        constexpr qint64 year = qint64(365) * 24 * 3'600'000;
        QVERIFY(measurements.preference(b, 100, now + year) < 0.01); // forgotten
        QCOMPARE(measurements.find(b)->calls, 0);
    }

    void theOrderBeginsWithTheChosenOne()
    {
        m_chooser.setPolicy({ .strategy = u"fastest"_s, .candidates = { a, b } });
        QList<profile::RunRecord> stored;
        for (int i = 0; i < 10; ++i) {
            stored.append(answered(a, now - 60'000 + i * 1000, 5000));
            stored.append(answered(b, now - 60'000 + i * 1000, 100));
        }
        m_chooser.load(stored);
        const Pick pick = m_chooser.choose(question(u"Hello"_s));
        QCOMPARE(pick.decision.chosen, b);
        QCOMPARE(pick.order.size(), 2);
        QCOMPARE(pick.order.at(0).ref, b);
        QCOMPARE(pick.order.at(1).ref, a);
        for (int i = 0; i < Measurements::failuresToOpen; ++i)
            m_chooser.learn(failed(a, now - 1000));
        QCOMPARE(m_chooser.choose(question(u"Hello"_s)).order.size(), 1); // its circuit is open
    }

    void whoIsTooShortComesLastWhereThePromptIsMadeToFit()
    {
        Chooser chooser([](const ModelRef &ref) {
            return Candidate { .ref = ref, .contextTokens = ref == a ? 100 : ref == slow ? 300 : 100'000 };
        });
        chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { a, b, slow } });
        Question asked = question(u"Some words. "_s.repeated(1000));
        QCOMPARE(chooser.choose(asked).order.size(), 1);
        asked.fits = true;
        const Pick pick = chooser.choose(asked);
        QCOMPARE(pick.decision.chosen, b);
        QCOMPARE(pick.order.size(), 3);
        QCOMPARE(pick.order.at(1).ref, slow);
        QCOMPARE(pick.order.at(2).ref, a);
    }

    void whatIsLearnedBeforeTheStoreAnswersStays()
    {
        Chooser early([](const ModelRef &ref) { return Candidate { .ref = ref }; });
        profile::RunRecord record = answered(a, now, 100);
        record.id = u"1"_s;
        early.learn(record);
        early.load({ record }); // stored by now
        QCOMPARE(early.measurements().find(a)->calls, 1);
        Chooser other([](const ModelRef &ref) { return Candidate { .ref = ref }; });
        other.learn(record);
        other.load({});
        QCOMPARE(other.measurements().find(a)->calls, 1);
    }

    void aConversationStaysWhereItsPromptIsCached()
    {
        Chooser chooser([](const ModelRef &ref) { return Candidate { .ref = ref }; });
        chooser.setPolicy({ .strategy = u"measured"_s, .weights = { 1, 0, 0 }, .candidates = { a, b } });
        for (int i = 0; i < 10; ++i) {
            chooser.learn(answered(a, now - 60'000 + i * 1000, 500));
            chooser.learn(answered(b, now - 60'000 + i * 1000, 520));
        }
        profile::RunRecord record = answered(b, now - 10'000, 520);
        record.conversationId = u"talk"_s;
        record.answer.usage->cacheWrite = 5000;
        chooser.learn(record);
        Question next = question(u"And then?"_s);
        next.conversationId = u"talk"_s;
        const Pick pick = chooser.choose(next);
        QCOMPARE(pick.decision.chosen, b);
        QVERIFY(pick.decision.reason.contains(u"still holds"_s));
    }

    void whoIsBarredIsNeverAsked()
    {
        Chooser chooser([](const ModelRef &ref) {
            return Candidate { .ref = ref, .barred = ref == a ? u"there is no provider 'p'"_s : QString() };
        });
        chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { a, b } });
        const Pick pick = chooser.choose(question(u"Hello"_s));
        QCOMPARE(pick.decision.chosen, b);
        QCOMPARE(pick.order.size(), 1);
        QCOMPARE(pick.decision.rows.at(0).excluded, u"there is no provider 'p'"_s);
        chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { a } });
        for (int i = 0; i < Measurements::failuresToOpen; ++i)
            chooser.learn(failed(a, now - 1000)); // an open circuit is no way in
        QVERIFY(!chooser.choose(question(u"Hello"_s)).decision.chosen);
    }

    /// Where a rule leaves nothing to choose from, the model's own list says who is asked next.
    void oneModelHasItsOwnList()
    {
        const Rule one { .name = u"one"_s, .keywords = { u"one"_s }, .models = { a } };
        const Rule two { .name = u"two"_s, .models = { a, slow } };
        Chooser chooser([](const ModelRef &ref) { return Candidate { .ref = ref }; });
        chooser.setPolicy({ .strategy = u"fixed"_s, .rules = { one, two }, .fallbacks = { { a, { b, a, slow } } } });
        const auto order = [&chooser](const Question &asked) {
            QList<ModelRef> refs;
            const Pick pick = chooser.choose(asked);
            for (const Candidate &candidate : pick.order)
                refs.append(candidate.ref);
            return refs;
        };
        QCOMPARE(order(question(u"one"_s)), (QList<ModelRef> { a, b, slow }));
        QCOMPARE(order(question(u"others"_s)), (QList<ModelRef> { a, slow })); // the set is its own list
        Question barred = question(u"one"_s);
        barred.barred = { { u"q"_s, u"its budget is used up"_s } };
        QCOMPARE(order(barred), (QList<ModelRef> { a, slow }));
        barred.barred.insert(u"p"_s, u"it is gone"_s);
        QVERIFY(order(barred).isEmpty());
        QCOMPARE(chooser.policy().providers(), (QStringList { u"p"_s, u"q"_s, u"r"_s }));
    }

    void fallbacksOfAModelThatAPersonChose()
    {
        m_chooser.setPolicy({ .fallbacks = { { a, { b, a } } } });
        const auto order = m_chooser.fallbackOrder(a);
        QCOMPARE(order.size(), 2);
        QCOMPARE(order.at(1).ref, b);
        QCOMPARE(m_chooser.fallbackOrder(b).size(), 1);
        QVERIFY(!m_chooser.hedgeDelayMs(a)); // off
    }
};

QTEST_GUILESS_MAIN(TestChooser)
#include "tst_chooser.moc"
