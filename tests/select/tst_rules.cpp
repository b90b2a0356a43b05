#include "core/select/rules.h"

#include <QElapsedTimer>
#include <QJsonObject>
#include <QTest>

using namespace talkbench;
using namespace talkbench::select;
using namespace Qt::StringLiterals;

namespace {

const QList<ModelRef> models { { u"openai"_s, u"gpt"_s } };

Subject asking(const QString &prompt)
{
    llm::ChatRequest request;
    request.messages = { llm::Message::fromText(llm::Role::User, prompt) };
    return subjectOf(request);
}

} // namespace

class TestRules final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void firstMatchWinsAndSaysWhy()
    {
        const QList<Rule> rules { { .name = u"off"_s, .enabled = false, .models = models },
                                  { .name = u"long"_s, .minTokens = 1000, .models = models },
                                  { .name = u"code"_s, .hasCode = true, .models = models },
                                  { .name = u"rest"_s, .models = models } };
        const auto code = firstMatch(rules, asking(u"Fix this:\n```\nint x = 1;\n```"_s));
        QCOMPARE(code.index, 2);
        QCOMPARE(code.trials.size(), 4);
        QVERIFY(!code.trials[0].matches);
        QVERIFY(code.trials[1].conditions[0].text.contains(u"1000"_s));
        QVERIFY(code.trials[3].matches);
        QCOMPARE(firstMatch(rules, asking(u"Hello there"_s)).index, 3);
        QCOMPARE(firstMatch({}, asking(u"Hello"_s)).index, -1);
    }

    void keywordsAreWords()
    {
        const Rule rule { .name = u"r"_s, .keywords = { u"SQL"_s, u"c++"_s }, .models = models };
        QVERIFY(tryRule(rule, asking(u"Write sql, please"_s)).matches);
        QVERIFY(tryRule(rule, asking(u"in C++?"_s)).matches);
        QVERIFY(!tryRule(rule, asking(u"MySQLite"_s)).matches);
    }

    void aTimePastMidnight()
    {
        Subject subject = asking(u"x"_s);
        const Rule rule { .name = u"night"_s, .from = QTime(22, 0), .until = QTime(6, 0), .models = models };
        for (const auto &[hour, matches] : { std::pair { 23, true }, { 5, true }, { 6, false }, { 12, false } }) {
            subject.localTime = QTime(hour, 0);
            QCOMPARE(tryRule(rule, subject).matches, matches);
        }
    }

    void budgetHoldsOnlyWhereThereIsOne()
    {
        Subject subject = asking(u"x"_s);
        const Rule rule { .name = u"poor"_s, .budgetBelow = 1.0, .models = models };
        QVERIFY(!tryRule(rule, subject).matches);
        subject.budgetLeft = 0.5;
        QVERIFY(tryRule(rule, subject).matches);
    }

    void aTagOfMany()
    {
        Subject subject = asking(u"x"_s);
        const Rule rule { .name = u"work"_s, .tags = { u"work"_s, u"office"_s }, .models = models };
        QVERIFY(!tryRule(rule, subject).matches);
        subject.tags = QStringList { u"home"_s, u"Work"_s };
        QVERIFY(tryRule(rule, subject).matches);
        subject.tags = QStringList { u"home"_s };
        const RuleTrial trial = tryRule(rule, subject);
        QVERIFY(!trial.matches);
        QCOMPARE(trial.conditions.at(0).text, u"tag work or office: there is home"_s);
    }

    void aCatastrophicPatternEnds()
    {
        const Rule rule { .name = u"bad"_s, .pattern = u"(a+)+$"_s, .models = models };
        QElapsedTimer timer;
        timer.start();
        const RuleTrial trial = tryRule(rule, asking(QString(8000, u'a') + u'!'));
        QVERIFY(!trial.matches);
        QVERIFY2(trial.conditions[0].text.contains(u"too many steps"_s), qPrintable(trial.conditions[0].text));
        QVERIFY(timer.elapsed() < 2000);
    }

    void wrongRulesAreErrorsWithWords()
    {
        const auto problem = [](const QJsonObject &rule) {
            const auto rules = rulesFromJson({ rule });
            return rules ? QString() : rules.error().message;
        };
        const QJsonArray list { u"a/b"_s };
        QVERIFY(problem({ { u"name"_s, u"x"_s }, { u"pattern"_s, u"ab("_s }, { u"models"_s, list } })
                    .contains(u"at character"_s));
        QVERIFY(problem({ { u"name"_s, u"x"_s } }).contains(u"no model"_s));
        QVERIFY(problem({ { u"name"_s, u"x"_s }, { u"models"_s, QJsonArray { u"noslash"_s } } }).contains(u"models"_s));
        QVERIFY(
            problem({ { u"name"_s, u"x"_s }, { u"from"_s, u"25:99"_s }, { u"models"_s, list } }).contains(u"from"_s));
        QVERIFY(problem({ { u"name"_s, u"x"_s }, { u"min_tokens"_s, u"many"_s }, { u"models"_s, list } })
                    .contains(u"min_tokens"_s));
        const QString mistyped =
            problem({ { u"name"_s, u"x"_s }, { u"keyword"_s, QJsonArray { u"translate"_s } }, { u"models"_s, list } });
        QVERIFY2(mistyped.startsWith(u"Rule 'x': 'keyword' is no member of a rule; those are name, enabled, "_s)
                     && mistyped.contains(u" keywords, "_s) && mistyped.endsWith(u" models."_s),
                 qPrintable(mistyped));
        QVERIFY(!rulesFromJson({ 1 }));
    }

    void jsonBothWays()
    {
        const QList<Rule> rules { { .name = u"all"_s,
                                    .enabled = false,
                                    .minTokens = 1,
                                    .maxTokens = 9,
                                    .keywords = { u"a"_s },
                                    .pattern = u"b+"_s,
                                    .languages = { u"de"_s },
                                    .hasImage = true,
                                    .hasCode = false,
                                    .hasTools = true,
                                    .quality = Quality::High,
                                    .tags = { u"work"_s },
                                    .from = QTime(8, 30),
                                    .until = QTime(9, 0),
                                    .budgetBelow = 2.5,
                                    .models = { { u"openrouter"_s, u"a/b:free"_s } } },
                                  { .name = u"none"_s, .models = models } };
        const auto read = rulesFromJson(toJson(rules));
        QVERIFY2(bool(read), qPrintable(read ? QString() : read.error().message));
        QCOMPARE(*read, rules);
    }
};

QTEST_GUILESS_MAIN(TestRules)
#include "tst_rules.moc"
