#include "core/cost/contextfit.h"
#include "tests/support/tokencounter.h"

#include <QTest>

using namespace talkbench;
using namespace talkbench::cost;
using namespace Qt::StringLiterals;
using llm::Message;
using llm::Role;

class TestContextFit : public QObject {
    Q_OBJECT

private:
    const TokenCounter m_counter = test::shippedTokenCounter();

    /// So many turns of about 120 tokens.
    static llm::ChatRequest talk(const QString &model, int turns)
    {
        llm::ChatRequest request;
        request.model = model;
        request.messages.append(Message::fromText(Role::System, u"Be brief."_s));
        for (int turn = 0; turn < turns; ++turn) {
            request.messages.append(Message::fromText(
                Role::User, u"Question %1. "_s.arg(turn) + u"Tell me more of the sea. "_s.repeated(10)));
            request.messages.append(Message::fromText(
                Role::Assistant, u"Answer %1. "_s.arg(turn) + u"The sea is deep and wide. "_s.repeated(10)));
        }
        request.messages.append(Message::fromText(Role::User, u"And now?"_s));
        return request;
    }

    ContextFit fit(const llm::ChatRequest &request, const ContextRules &rules) const
    {
        return fitToContext(u"p"_s, request, rules, m_counter);
    }

private Q_SLOTS:
    void theRoomIsTheContextLessTheAnswer()
    {
        llm::ModelInfo model { u"m"_s, {}, 100'000, 8'000 };
        QCOMPARE(promptRoom({}, model), 92'000);
        llm::ChatOptions options;
        options.maxTokens = 500;
        QCOMPARE(promptRoom(options, model), 99'500);
        options.contextTokens = 2'000;
        QCOMPARE(promptRoom(options, model), 1'500);
        QCOMPARE(promptRoom(options, std::nullopt), 1'500);
        model.maxOutputTokens = 100'000; // as servers of one's own say it
        QCOMPARE(promptRoom({}, model), 75'000);
        model.maxOutputTokens.reset();
        QCOMPARE(promptRoom({}, model), 100'000 - 4'096);
        model.contextTokens = 0;
        QCOMPARE(promptRoom({}, model), std::nullopt);
        options = {};
        options.contextTokens = 100;
        options.maxTokens = 1'000;
        QCOMPARE(promptRoom(options, std::nullopt), 1);
    }

    void whatFitsIsSentAsItIs()
    {
        const auto request = talk(u"gpt-4o"_s, 3);
        for (const ContextRules &rules :
             { ContextRules { 1'000'000, FitPolicy::DropOldestTurns, {} },
               ContextRules { std::nullopt, FitPolicy::DropOldestTurns, {} }, ContextRules { 10, std::nullopt, {} } }) {
            const ContextFit result = fit(request, rules);
            QCOMPARE(result.fit.messages, request.messages);
            QVERIFY(result.fit.leftOut.isEmpty() && !result.problem);
            QVERIFY(result.decision().isEmpty());
            QCOMPARE(result.prompt, m_counter.countPrompt(u"p"_s, request.model, request.messages));
            QCOMPARE(result.wanted, result.prompt.tokens);
            QVERIFY(result.text.exact && result.text.tokens < result.prompt.tokens);
        }
    }

    void whatIsLeftFits_data()
    {
        QTest::addColumn<QString>("model");
        QTest::newRow("exact") << u"gpt-4o"_s;
        QTest::newRow("a factor") << u"claude-opus-4-8"_s;
    }

    void whatIsLeftFits()
    {
        QFETCH(QString, model);
        const auto request = talk(model, 8);
        for (qint64 room = 400; room < 1'200; room += 37) {
            const ContextFit result = fit(request, { room, FitPolicy::DropOldestTurns, { 3 } });
            QVERIFY2(!result.problem, qPrintable(QString::number(room)));
            QVERIFY(result.prompt.tokens <= room + 2); // each message is rounded for itself
            QVERIFY(result.fit.messages.contains(request.messages.at(3)));
            QVERIFY(result.fit.messages.contains(request.messages.first()));
            QVERIFY(result.fit.messages.last() == request.messages.last());
            QCOMPARE(result.fit.messages.size() + result.fit.leftOut.size(), request.messages.size());
            if (!result.fit.leftOut.isEmpty())
                QVERIFY2(result.decision().contains(u"left out"_s), qPrintable(result.decision()));
        }
    }

    void whatCannotFitIsSentWhole()
    {
        const auto request = talk(u"gpt-4o"_s, 3);
        const ContextFit result = fit(request, { 10, FitPolicy::DropOldestTurns, {} });
        QVERIFY(result.problem);
        QCOMPARE(result.problem->kind, base::ErrorKind::ContextTooLong);
        QCOMPARE(result.fit.messages, request.messages);
        QVERIFY(result.decision().startsWith(u"sent whole"_s));
    }

    void aSummaryTakesThePlaceOfWhatWent()
    {
        const auto request = talk(u"gpt-4o"_s, 12);
        const qint64 room = 1'200;
        const ContextFit result = fit(request, { room, FitPolicy::SummariseOlder, {} });
        QVERIFY(!result.problem && result.fit.wantsSummary);
        const llm::ChatRequest asked = summaryRequest(u"small"_s, request.messages, result.fit);
        QCOMPARE(asked.model, u"small"_s);
        QVERIFY(asked.options.maxTokens);
        QVERIFY(asked.messages.last().text().contains(u"Question 0."_s));
        QVERIFY(!asked.messages.last().text().contains(u"And now?"_s));
        const auto summed = withSummary(result, u"They spoke of the sea."_s, u"p"_s, request, m_counter);
        QVERIFY(summed);
        QVERIFY(summed->prompt.tokens <= room);
        QVERIFY(summed->fit.messages.at(1).text().contains(u"They spoke of the sea."_s));
        QVERIFY(!withSummary(result, u"word "_s.repeated(5'000), u"p"_s, request, m_counter));
    }

    void policiesHaveNames()
    {
        for (const FitPolicy policy :
             { FitPolicy::DropOldestTurns, FitPolicy::CutLongestMessage, FitPolicy::SummariseOlder })
            QCOMPARE(fitPolicyFromName(fitPolicyName(policy)), policy);
        QCOMPARE(fitPolicyFromName(u"off"_s), std::nullopt);
    }
};

QTEST_GUILESS_MAIN(TestContextFit)
#include "tst_contextfit.moc"
