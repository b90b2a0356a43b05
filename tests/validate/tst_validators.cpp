#include "core/llm/validation.h"
#include "core/validate/judge.h"
#include "core/validate/validators.h"
#include "core/validate/workdeadline.h"

#include <QElapsedTimer>
#include <QSemaphore>
#include <QTest>

using namespace talkbench;
using namespace Qt::StringLiterals;
using Outcome = profile::Verdict::Outcome;

namespace {

llm::Validator validator(const QString &kind, const QMap<QString, QString> &parameters = {})
{
    return { kind, parameters };
}

profile::Verdict verdict(const QString &kind, const QMap<QString, QString> &parameters, const QString &answer)
{
    return validate::check({ validator(kind, parameters) }, answer).constFirst();
}

} // namespace

class TestValidators : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void checks_data()
    {
        using Parameters = QMap<QString, QString>;
        QTest::addColumn<QString>("kind");
        QTest::addColumn<Parameters>("parameters");
        QTest::addColumn<QString>("good");
        QTest::addColumn<QString>("bad");
        const auto row = [](const char *name, const QString &kind, const Parameters &parameters, const QString &good,
                            const QString &bad) { QTest::newRow(name) << kind << parameters << good << bad; };
        row("not empty", u"not-empty"_s, {}, u"x"_s, u" \n"_s);
        row("words", u"length"_s, { { u"min"_s, u"2"_s }, { u"max"_s, u"3"_s } }, u"Two, words!"_s, u"one"_s);
        row("words of another script", u"length"_s, { { u"min"_s, u"2"_s } }, u"你好 世界"_s, u"…"_s);
        row("characters", u"length"_s, { { u"max"_s, u"2"_s }, { u"unit"_s, u"characters"_s } }, u"😀😀"_s, u"abc"_s);
        row("tokens", u"length"_s, { { u"max"_s, u"5"_s }, { u"unit"_s, u"tokens"_s } }, u"Hi"_s,
            u"word "_s.repeated(100));
        row("contains", u"contains"_s, { { u"text"_s, u"Yes"_s } }, u"Oh Yes"_s, u"oh yes"_s);
        row("contains, any case", u"contains"_s, { { u"text"_s, u"Yes"_s }, { u"ignore_case"_s, u"yes"_s } },
            u"oh yes"_s, u"no"_s);
        row("contains not", u"contains-not"_s, { { u"text"_s, u"sorry"_s } }, u"Here."_s, u"I am sorry"_s);
        row("regex", u"regex"_s, { { u"pattern"_s, u"^\\d+$"_s } }, u"123"_s, u"12a"_s);
        row("regex in the middle", u"regex"_s, { { u"pattern"_s, u"b+"_s } }, u"äbba"_s, u"😀aa"_s);
        row("json", u"json"_s, {}, u" {\"a\": 1}\n"_s, u"{\"a\": 1"_s);
        row("json number", u"json"_s, {}, u"42"_s, u"4,2"_s);
        row("json string", u"json"_s, {}, u"\"x\""_s, u"x"_s);
        row("json, two", u"json"_s, {}, u"[]"_s, u"[],[]"_s);
        row("json, no fence", u"json"_s, {}, u"{}"_s, u"```json\n{}\n```"_s);
        row("json, fenced", u"json"_s, { { u"fenced"_s, u"yes"_s } }, u"Here:\n```json\n{}\n```\nDone."_s,
            u"```\n{\n```"_s);
        row("json nested 100000", u"json"_s, {}, u"[]"_s, u"["_s.repeated(100'000));
        row("schema", u"json-schema"_s, { { u"schema"_s, uR"({"required":["a"]})"_s } }, uR"({"a":1})"_s, u"{}"_s);
        row("schema, no JSON", u"json-schema"_s, { { u"schema"_s, u"{}"_s } }, u"1"_s, u"one"_s);
        row("equals", u"equals"_s, { { u"text"_s, u"Yes."_s } }, u"Yes."_s, u"yes."_s);
        row("equals loosely", u"equals"_s, { { u"text"_s, u"Yes  it is"_s }, { u"loose"_s, u"yes"_s } },
            u" yes it\nIS "_s, u"yes it was"_s);
        row("language", u"language"_s, { { u"language"_s, u"de"_s } },
            u"Das ist nicht der einzige Weg, und es wird auch anders gehen."_s,
            u"This is not the only way, and it will be done by others."_s);
    }

    void checks()
    {
        using Parameters = QMap<QString, QString>;
        QFETCH(QString, kind);
        QFETCH(Parameters, parameters);
        QFETCH(QString, good);
        QFETCH(QString, bad);
        const auto passed = verdict(kind, parameters, good);
        QVERIFY2(passed.outcome == Outcome::Passed, qPrintable(passed.reason));
        QVERIFY(passed.reason.isEmpty());
        QVERIFY(!passed.validator.isEmpty());
        const auto failed = verdict(kind, parameters, bad);
        QVERIFY2(failed.outcome == Outcome::Failed, qPrintable(failed.reason));
        QVERIFY2(failed.reason.endsWith(u'.'), qPrintable(failed.reason));
    }

    void oneWordIsNotWords()
    {
        const auto reasonOf = [](const QMap<QString, QString> &parameters, const QString &answer) {
            return validate::check({ { u"length"_s, parameters } }, answer).constFirst().reason;
        };
        QCOMPARE(reasonOf({ { u"min"_s, u"2"_s } }, u"one"_s), u"The answer has 1 word; wanted: at least 2 words."_s);
        QCOMPARE(reasonOf({ { u"max"_s, u"1"_s } }, u"one two"_s),
                 u"The answer has 2 words; wanted: at most 1 word."_s);
    }

    void everyKindHasARow()
    {
        QSet<QString> ids;
        for (const validate::ValidatorKind &kind : validate::validatorTable()) {
            ids.insert(QString::fromLatin1(kind.id));
            QCOMPARE(kind.check == nullptr, QByteArrayView(kind.id) == validate::judgeId);
        }
        QCOMPARE(ids.size(), 10);
    }

    void unusableIsNotChecked_data()
    {
        using Parameters = QMap<QString, QString>;
        QTest::addColumn<QString>("kind");
        QTest::addColumn<Parameters>("parameters");
        QTest::newRow("unknown") << u"sentiment"_s << Parameters();
        QTest::newRow("no pattern") << u"regex"_s << Parameters();
        QTest::newRow("bad pattern") << u"regex"_s << Parameters { { u"pattern"_s, u"(a"_s } };
        QTest::newRow("long pattern") << u"regex"_s << Parameters { { u"pattern"_s, QString(5'000, u'a') } };
        QTest::newRow("no length") << u"length"_s << Parameters();
        QTest::newRow("no number") << u"length"_s << Parameters { { u"min"_s, u"many"_s } };
        QTest::newRow("disorder") << u"length"_s << Parameters { { u"min"_s, u"3"_s }, { u"max"_s, u"2"_s } };
        QTest::newRow("bad unit") << u"length"_s << Parameters { { u"min"_s, u"3"_s }, { u"unit"_s, u"feet"_s } };
        QTest::newRow("no text") << u"contains"_s << Parameters();
        QTest::newRow("bad schema") << u"json-schema"_s << Parameters { { u"schema"_s, u"{\"x\":1}"_s } };
        QTest::newRow("no schema") << u"json-schema"_s << Parameters { { u"schema"_s, u"[]"_s } };
        QTest::newRow("unknown language") << u"language"_s << Parameters { { u"language"_s, u"tlh"_s } };
    }

    void unusableIsNotChecked()
    {
        using Parameters = QMap<QString, QString>;
        QFETCH(QString, kind);
        QFETCH(Parameters, parameters);
        const auto usable = validate::checkUsable(validator(kind, parameters));
        QVERIFY(!usable);
        QVERIFY(usable.error().message.contains(kind));
        const auto given = verdict(kind, parameters, u"{}"_s);
        QCOMPARE(given.outcome, Outcome::NotChecked);
        QVERIFY(!given.reason.isEmpty());
    }

    void slowPatternsEnd_data()
    {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QString>("answer");
        QTest::newRow("nested") << u"^(a+)+$"_s << QString(50'000, u'a') + u'b';
        QTest::newRow("no anchor") << u"(x+x+)+y"_s << QString(200'000, u'x');
        QTest::newRow("square") << u"a.*b.*c.*d"_s << QString(500'000, u'a');
        QTest::newRow("references") << u"(a*)(a*)(a*)\\1\\2\\3b"_s << QString(10'000, u'a');
        QTest::newRow("recursion") << u"(\\((?:[^()]|(?1))*\\))x"_s << QString(100'000, u'(');
        QTest::newRow("limits of its own") << u"(*LIMIT_MATCH=4000000000)(a+)+$"_s << QString(50'000, u'a') + u'b';
    }

    void slowPatternsEnd()
    {
        QFETCH(QString, pattern);
        QFETCH(QString, answer);
        QElapsedTimer timer;
        timer.start();
        const auto given = verdict(u"regex"_s, { { u"pattern"_s, pattern } }, answer);
        QVERIFY(given.outcome != Outcome::Passed);
        QVERIFY2(timer.elapsed() < 3'000, qPrintable(QString::number(timer.elapsed())));
    }

    void onlyWorkCountsForItsLimit()
    {
        const validate::WorkDeadline deadline(20);
        QVERIFY(!QSemaphore().tryAcquire(1, 40)); // another program has the processor
        QVERIFY(!deadline.hasExpired());
        QElapsedTimer timer;
        timer.start();
        while (!deadline.hasExpired())
            QVERIFY(timer.elapsed() < 20'000);
    }

    void plainPatternsPassLongAnswers()
    {
        QString answer = u"a line of text with 12 numbers\n"_s.repeated(50);
        QCOMPARE(verdict(u"regex"_s, { { u"pattern"_s, u"\\d+ numbers\\s*$"_s } }, answer).outcome, Outcome::Passed);
        QCOMPARE(verdict(u"regex"_s, { { u"pattern"_s, u"end\\z"_s } }, answer + u"end"_s).outcome, Outcome::Passed);
    }

    void longAnswersAreNotChecked()
    {
        QCOMPARE(verdict(u"not-empty"_s, {}, QString(2 << 20, u'x')).outcome, Outcome::NotChecked);
    }

    void outcomes()
    {
        const auto of = [](const QList<Outcome> &outcomes) {
            QList<profile::Verdict> verdicts;
            for (const Outcome outcome : outcomes)
                verdicts.append({ {}, outcome, {} });
            return validate::outcomeOf(verdicts);
        };
        QCOMPARE(of({ Outcome::Passed, Outcome::Passed }), Outcome::Passed);
        QCOMPARE(of({ Outcome::NotChecked, Outcome::Failed }), Outcome::Failed);
        QCOMPARE(of({ Outcome::Passed, Outcome::NotChecked }), Outcome::NotChecked);
        QCOMPARE(of({}), Outcome::NotChecked);
    }

    void judges()
    {
        llm::ChatRequest asked;
        asked.model = u"m"_s;
        asked.messages = { llm::Message::fromText(llm::Role::User, u"Why?"_s) };
        const llm::ChatRequest request = validate::judgeRequest({}, u"polite"_s, asked, u"100%2 because"_s);
        QCOMPARE(request.model, u"m"_s);
        QVERIFY(request.messages.constLast().text().contains(u"Why?"_s));
        QVERIFY(request.messages.constLast().text().contains(u"100%2 because"_s));
        QCOMPARE(validate::judgeRequest(u"j"_s, u"polite"_s, asked, {}).model, u"j"_s);
        const auto said = [](const QString &text) { return validate::judgeVerdict(u"t"_s, text); };
        QCOMPARE(said(u"PASS: fine"_s).outcome, Outcome::Passed);
        QCOMPARE(said(u"**Pass**"_s).outcome, Outcome::Passed);
        QCOMPARE(said(u"FAIL: it is rude.\n"_s).outcome, Outcome::Failed);
        QCOMPARE(said(u"FAIL: it is rude.\n"_s).reason, u"it is rude."_s);
        QCOMPARE(said(u"Failed – rude"_s).outcome, Outcome::Failed);
        QVERIFY(!said(u"FAIL"_s).reason.isEmpty());
        QCOMPARE(said(u"It will pass"_s).outcome, Outcome::NotChecked);
        QCOMPARE(said(u"passable"_s).outcome, Outcome::NotChecked);
        QCOMPARE(said({}).outcome, Outcome::NotChecked);
    }

    void asJson()
    {
        llm::Validation validation;
        validation.validators = { validator(u"regex"_s, { { u"pattern"_s, u"^a"_s } }), validator(u"not-empty"_s) };
        validation.onFailure = llm::Validation::OnFailure::Retry;
        validation.retries = 3;
        QCOMPARE(llm::validationFromJson(llm::toJson(validation)), validation);
        validation.onFailure = llm::Validation::OnFailure::FallBack;
        validation.retries = 2;
        validation.fallbackModels = { u"a"_s, u"b"_s };
        QCOMPARE(llm::validationFromJson(llm::toJson(validation)), validation);
        QVERIFY(llm::toJson(llm::Validation()).isEmpty());
        QCOMPARE(llm::validationFromJson({}), llm::Validation());
        const QJsonObject hostile { { u"validators"_s, u"x"_s }, { u"retries"_s, 1e300 }, { u"on_failure"_s, 3 } };
        QVERIFY(llm::validationFromJson(hostile).retries <= 10);
    }
};

QTEST_GUILESS_MAIN(TestValidators)
#include "tst_validators.moc"
