#include "core/cost/contextfit.h"
#include "core/run/summary.h"
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
        QTest::newRow("a vocabulary that nobody knows") << u"olmo-7b"_s;
    }

    void whatIsLeftFits()
    {
        QFETCH(QString, model);
        const auto request = talk(model, 8);
        for (qint64 room = 500; room < 1'300; room += 37) {
            const ContextFit result = fit(request, { room, FitPolicy::DropOldestTurns, { 3 } });
            QVERIFY2(!result.problem, qPrintable(QString::number(room)));
            QVERIFY(!result.isUnsure);
            QVERIFY2(result.prompt.high <= room, qPrintable(result.prompt.why));
            QVERIFY(result.fit.messages.contains(request.messages.at(3)));
            QVERIFY(result.fit.messages.contains(request.messages.first()));
            QVERIFY(result.fit.messages.last() == request.messages.last());
            QCOMPARE(result.fit.messages.size() + result.fit.leftOut.size(), request.messages.size());
            if (!result.fit.leftOut.isEmpty())
                QVERIFY2(result.decision().contains(u"left out"_s), qPrintable(result.decision()));
        }
    }

    /// What is learned has an error of its own that is not the sum of its messages'.
    void whatAnswersHaveTaughtIsFittedWhole()
    {
        TokenCounter taught = m_counter;
        for (const qint64 counted : { 300, 900, 2'000, 4'000 })
            taught.learn(u"p"_s, u"olmo-7b"_s, counted, counted * 2 + 50);
        const auto request = talk(u"olmo-7b"_s, 8);
        const qint64 room = 1'000;
        const ContextFit result = fitToContext(u"p"_s, request, { room, FitPolicy::DropOldestTurns, {} }, taught);
        QVERIFY(!result.problem && !result.isUnsure);
        QVERIFY(result.prompt.high <= room);
        // One turn more would be too much.
        QList<Message> more = result.fit.messages;
        more.insert(1, request.messages.at(result.fit.leftOut.last().message));
        more.insert(1, request.messages.at(result.fit.leftOut.last().message - 1));
        QVERIFY(taught.countPrompt(u"p"_s, request.model, more).high > room);
    }

    void theErrorOfTheCountIsAReasonToLeaveOut()
    {
        const auto request = talk(u"olmo-7b"_s, 4);
        const TokenCount whole = m_counter.countPrompt(u"p"_s, request.model, request.messages);
        const qint64 room = (whole.tokens + whole.high) / 2;
        const ContextFit result = fit(request, { room, FitPolicy::DropOldestTurns, {} });
        QVERIFY(!result.fit.leftOut.isEmpty() && result.isForError());
        QVERIFY(result.prompt.high <= room);
        QVERIFY2(result.decision().contains(u"they may be up to"_s), qPrintable(result.decision()));
        QVERIFY(!fit(talk(u"olmo-7b"_s, 12), { room, FitPolicy::DropOldestTurns, {} }).isForError());
    }

    void whatIsExpectedToFitIsSentWhereNothingCanGo()
    {
        auto request = talk(u"olmo-7b"_s, 0);
        request.messages.last() = Message::fromText(Role::User, u"word "_s.repeated(500));
        const TokenCount whole = m_counter.countPrompt(u"p"_s, request.model, request.messages);
        const ContextFit result = fit(request, { (whole.tokens + whole.high) / 2, FitPolicy::DropOldestTurns, {} });
        QVERIFY(!result.problem && result.isUnsure);
        QCOMPARE(result.fit.messages, request.messages);
        QVERIFY2(result.decision().startsWith(u"It may still be too long"_s), qPrintable(result.decision()));
        QVERIFY(fit(request, { whole.tokens - 50, FitPolicy::DropOldestTurns, {} }).problem);
    }

    void whatCannotFitIsSentWhole()
    {
        const auto request = talk(u"gpt-4o"_s, 3);
        const ContextFit result = fit(request, { 10, FitPolicy::DropOldestTurns, {} });
        QVERIFY(result.problem);
        QCOMPARE(result.problem->kind, base::ErrorKind::ContextTooLong);
        QCOMPARE(result.fit.messages, request.messages);
        QVERIFY(result.decision().startsWith(u"sent whole"_s));
        const QList<Message> last { request.messages.first(), request.messages.last() };
        const qint64 remain = m_counter.countPrompt(u"p"_s, request.model, last).tokens;
        QVERIFY2(result.problem->message.contains(u"about %1 tokens remain, and 10 have room"_s.arg(remain)),
                 qPrintable(result.problem->message));
    }

    void anEmptyPromptThatIsTooLongIsSaid()
    {
        auto request = talk(u"gpt-4o"_s, 3);
        request.options.tools = { { u"sail"_s, u"Sails the sea. "_s.repeated(100), {} } };
        const qint64 empty = m_counter.countPrompt(u"p"_s, request.model, {}, request.options.tools).tokens;
        for (const FitPolicy policy : { FitPolicy::DropOldestTurns, FitPolicy::CutLongestMessage }) {
            const ContextFit result = fit(request, { 100, policy, {} });
            QVERIFY(result.problem);
            QVERIFY2(result.problem->message.contains(
                         u"even an empty one, with its tools, has about %1 tokens, and 100 have room"_s.arg(empty)),
                     qPrintable(result.problem->message));
        }
    }

    /// Real tokens, also where the count is as good as all error.
    void whatRemainsIsToldInTokens()
    {
        TokenCounter taught = m_counter;
        for (const qint64 counted : { 300, 900, 2'000, 4'000 })
            taught.learn(u"p"_s, u"olmo-7b"_s, counted, counted + 770);
        const auto request = talk(u"olmo-7b"_s, 3);
        const QList<Message> last { request.messages.first(), request.messages.last() };
        const qint64 remain = taught.countPrompt(u"p"_s, request.model, last).tokens;
        const qint64 room = remain - 4;
        const ContextFit result = fitToContext(u"p"_s, request, { room, FitPolicy::DropOldestTurns, {} }, taught);
        QVERIFY(result.problem);
        QVERIFY2(result.problem->message.contains(u"about %1 tokens remain, and %2 have room"_s.arg(remain).arg(room)),
                 qPrintable(result.problem->message));
    }

    void aSummaryTakesThePlaceOfWhatWent()
    {
        const auto request = talk(u"gpt-4o"_s, 12);
        const qint64 room = 1'200;
        const ContextFit result = fit(request, { room, FitPolicy::SummariseOlder, {} });
        QVERIFY(!result.problem && result.fit.wantsSummary);
        const llm::ChatRequest asked =
            summaryRequest(u"p"_s, { u"small"_s, {} }, request.messages, result.fit, m_counter).chat;
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

    /// Who sums up has a context, too.
    void aSummaryIsAskedForOfWhatFits_data()
    {
        QTest::addColumn<QString>("model");
        QTest::newRow("exact") << u"gpt-4o"_s;
        QTest::newRow("a vocabulary that nobody knows") << u"olmo-7b"_s;
    }
    void aSummaryIsAskedForOfWhatFits()
    {
        QFETCH(QString, model);
        const auto request = talk(u"gpt-4o"_s, 30);
        const ContextFit result = fit(request, { 1'200, FitPolicy::SummariseOlder, {} });
        QVERIFY(result.fit.wantsSummary);
        run::RunRequest waiting;
        waiting.chat = request;
        llm::Endpoint endpoint;
        endpoint.providerId = u"p"_s;
        const auto call = [&](std::optional<qint64> context) {
            return run::summaryCall(endpoint, { model, {}, context }, waiting, result, m_counter);
        };
        const run::SummaryCall whole = call(std::nullopt);
        QVERIFY(whole.request.chat.messages.last().text().contains(u"Question 0."_s));
        QCOMPARE(whole.fit.decision(), result.decision());
        QCOMPARE(call(1'000'000).request.chat.messages, whole.request.chat.messages);

        const run::SummaryCall fitted = call(2'000);
        const llm::ChatRequest &asked = fitted.request.chat;
        QVERIFY(m_counter.countPrompt(u"p"_s, model, asked.messages).high <= 2'000 - *asked.options.maxTokens);
        const QString text = asked.messages.last().text();
        QVERIFY(whole.request.chat.messages.last().text().endsWith(text)); // the newest, as they are
        const auto kept = text.count(u"Question "_s);
        QVERIFY(kept > 2 && text.startsWith(u"user:\n"_s));
        const QString lacks = u"The summary leaves out the %1 oldest turns."_s.arg(result.fit.turns - kept);
        QVERIFY2(fitted.fit.decision().contains(lacks), qPrintable(fitted.fit.decision()));
        QVERIFY(fitted.request.steps.last().reason.contains(lacks));
        const auto summed = withSummary(fitted.fit, u"They spoke of the sea."_s, u"p"_s, request, m_counter);
        QVERIFY(summed && summed->decision().contains(lacks));
    }

    void ofATurnThatIsTooLongForASummaryAPartIsSent()
    {
        auto request = talk(u"gpt-4o"_s, 2);
        request.messages[1] = Message::fromText(Role::User, u"Tell me more of the sea. "_s.repeated(500));
        const ContextFit result = fit(request, { 800, FitPolicy::SummariseOlder, {} });
        QVERIFY(result.fit.wantsSummary);
        const SummaryRequest asked =
            summaryRequest(u"p"_s, { u"gpt-4o"_s, {}, 2'000 }, request.messages, result.fit, m_counter);
        const TokenCount count = m_counter.countPrompt(u"p"_s, u"gpt-4o"_s, asked.chat.messages);
        QVERIFY(count.high > 1'000 && count.high <= 2'000 - *asked.chat.options.maxTokens);
        QVERIFY(asked.chat.messages.last().text().contains(u"Answer 0."_s));
        QCOMPARE(asked.lacks, u"The summary leaves out a part of the longest message."_s);
    }

    /// What is told of it is that of the prompt which is sent.
    void aSummaryCounts()
    {
        const auto request = talk(u"olmo-7b"_s, 8);
        for (qint64 room = 560; room < 1'300; room += 10) {
            const ContextFit result = fit(request, { room, FitPolicy::SummariseOlder, {} });
            if (result.problem || !result.fit.wantsSummary)
                continue;
            const auto summed =
                withSummary(result, u"They spoke of the sea. "_s.repeated(12), u"p"_s, request, m_counter);
            QVERIFY(summed);
            QVERIFY(summed->tokensLeftOut() < result.tokensLeftOut());
            QCOMPARE(summed->isUnsure, summed->prompt.high > room);
            QCOMPARE(summed->decision().contains(u"It may still be too long"_s), summed->isUnsure);
            QVERIFY2(summed->decision().contains(u"About %1 of"_s.arg(QLocale::c().toString(summed->tokensLeftOut()))),
                     qPrintable(summed->decision()));
            const run::RunRequest sent = run::fitted({}, *summed);
            QCOMPARE(sent.steps.last().reason, summed->decision());
        }
    }

    /// There is room for the last turns alone, not for the summary's tokens beside them.
    void withoutRoomForASummaryTurnsGo()
    {
        const auto request = talk(u"gpt-4o"_s, 12);
        const qint64 room = 400;
        const ContextFit result = fit(request, { room, FitPolicy::SummariseOlder, {} });
        QVERIFY(!result.problem && !result.fit.wantsSummary && !result.fit.leftOut.isEmpty());
        QVERIFY(result.prompt.tokens <= room);
        QVERIFY2(result.decision().contains(u"no room for a summary"_s), qPrintable(result.decision()));
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
