#include "core/profile/metrictable.h"
#include "core/run/attempt.h"
#include "core/run/record.h"
#include "tests/runservice/fakeservice.h"
#include "tests/support/tokencounter.h"

#include <QSignalSpy>

using namespace talkbench;
using namespace talkbench::run;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using base::ErrorKind;
using llm::FinishReason;

class TestRunService : public test::FakeServiceTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeService(); }
    void cleanup() { m_service.reset(); }

    void wholeAnswer()
    {
        QSignalSpy recorded(m_service.get(), &RunService::recorded);
        Observed call(m_service->start(request()));
        settle();
        QCOMPARE(started(), 1);
        answerHead(0);
        answerBytes(0, delta("Hel"));
        answerBytes(0, delta("lo"));
        answerBytes(0, finish + usage + done);
        QVERIFY(!call.ended());
        answerEnd(0);
        QVERIFY(call.ended());
        const auto &record = call.record();
        QVERIFY(record.ok());
        QCOMPARE(record.id, call.run->id());
        QCOMPARE(record.answer.text, u"Hello"_s);
        QCOMPARE(call.text, u"Hello"_s);
        QCOMPARE(record.answer.finishReason, FinishReason::Stop);
        QCOMPARE(record.trace.chunks.size(), 2);
        QCOMPARE(record.trace.chunks[1].ns - record.trace.chunks[0].ns, 1'000'000);
        QCOMPARE(record.trace.firstContentNs - record.trace.headersNs, 1'000'000);
        QCOMPARE(record.trace.dispatchedNs, record.trace.submittedNs);
        QCOMPARE(record.trace.httpStatus, 200);
        QVERIFY(!record.trace.reusedConnection);
        QCOMPARE(*record.costUsd, 0.003);
        QCOMPARE(record.priceVersion, u"v1"_s);
        QCOMPARE(record.price["input"_L1].toDouble(), 1.0);
        QCOMPARE(recorded.size(), 1);
        QCOMPARE(call.states.constLast(), RunState::Ended);
        QCOMPARE(live(), std::size_t(0));
    }

    void theModelsOwnVocabularyCountsWhereTheServerDoesNot()
    {
        m_service->setTokenCounter(std::make_shared<const cost::TokenCounter>(test::shippedTokenCounter()));
        RunRequest known = request();
        known.chat.model = u"gpt-4o"_s;
        known.steps = { { u"fit"_s, u"why"_s } };
        Observed call(m_service->start(known));
        settle();
        answerHead(0);
        answerBytes(0, delta("Hello wor") + delta("ld, how are you?") + finish + done);
        answerEnd(0);
        const auto &record = call.record();
        QCOMPARE(record.trace.decisions.first(), (profile::Decision { u"fit"_s, u"why"_s }));
        QVERIFY(record.answer.usage);
        QCOMPARE(record.answer.usage->source, llm::UsageSource::Tokenizer);
        QCOMPARE(record.answer.usage->output, 7);
        QCOMPARE(record.answer.usage->input, 9); // "Hello there" in its template
        QCOMPARE(record.promptCounted, 0); // there is nothing to learn from
    }

    void countsThatDifferAreSaid()
    {
        m_service->setTokenCounter(std::make_shared<const cost::TokenCounter>(test::shippedTokenCounter()));
        RunRequest known = request();
        known.chat.model = u"gpt-4o"_s;
        Observed call(m_service->start(known));
        settle();
        answerHead(0);
        answerBytes(0, delta("Hello") + finish + usage + done);
        answerEnd(0);
        QStringList said;
        for (const profile::Decision &decision : call.record().trace.decisions)
            if (decision.stage == u"tokens"_s)
                said += decision.reason;
        QCOMPARE(said.size(), 2);
        QVERIFY2(said.first().remove(u',').contains(u"the server counted 1000 tokens of input we 9"_s),
                 qPrintable(said.first()));
        QVERIFY2(said.last().contains(u"200 tokens of output, we 1"_s), qPrintable(said.last()));
        QCOMPARE(call.record().promptCounted, 9);
        QCOMPARE(profile::runRecordFromJson(profile::toJson(call.record())).promptCounted, 9);
    }

    void thinkingWithinTheOutputIsSetApart()
    {
        m_service->setTokenCounter(std::make_shared<const cost::TokenCounter>(test::shippedTokenCounter()));
        RunRequest known = request();
        known.chat.model = u"gpt-4o"_s;
        Observed call(m_service->start(known));
        settle();
        answerHead(0);
        const QByteArray thought = R"(data: {"choices":[{"index":0,"delta":{"reasoning_content":"one two three"}}]})"
                                   "\n\n";
        answerBytes(0, thought + delta("four") + finish + usage + done);
        answerEnd(0);
        const auto &counted = *call.record().answer.usage;
        QCOMPARE(counted.source, llm::UsageSource::Server);
        QCOMPARE(counted.reasoning, 150); // three of the four words, of 200 tokens
        QCOMPARE(counted.output, 50);
        QVERIFY(profile::isEstimate(*profile::metricById("reasoning_tokens"), call.record()));
        QVERIFY(!profile::isEstimate(*profile::metricById("output_tokens"), call.record()));
        QVERIFY(profile::isEstimate(*profile::metricById("reasoning_tokens"), cachedRecord({}, call.record(), {})));
        const auto &decisions = call.record().trace.decisions;
        QVERIFY(std::none_of(decisions.cbegin(), decisions.cend(), [](const profile::Decision &decision) {
            return decision.reason.contains(u"tokens of output"_s);
        }));
    }

    void whatUsageDoesNotTellIsEstimated_data()
    {
        QTest::addColumn<QByteArray>("usage");
        QTest::addColumn<qint64>("input");
        QTest::addColumn<qint64>("output");
        QTest::newRow("unusable") << QByteArray(R"({"prompt_tokens":"12","completion_tokens":null})") << 9LL << 1LL;
        QTest::newRow("no output") << QByteArray(R"({"prompt_tokens":100})") << 100LL << 1LL;
        QTest::newRow("nought") << QByteArray(R"({"prompt_tokens":100,"completion_tokens":0})") << 100LL << 1LL;
        QTest::newRow("no input") << QByteArray(R"({"completion_tokens":7})") << 9LL << 7LL;
    }

    void whatUsageDoesNotTellIsEstimated()
    {
        QFETCH(QByteArray, usage);
        m_service->setTokenCounter(std::make_shared<const cost::TokenCounter>(test::shippedTokenCounter()));
        RunRequest known = request();
        known.chat.model = u"gpt-4o"_s;
        Observed call(m_service->start(known));
        settle();
        answerHead(0);
        answerBytes(0, delta("Hello") + finish + "data: {\"choices\":[],\"usage\":" + usage + "}\n\n" + done);
        answerEnd(0);
        const auto &counted = *call.record().answer.usage;
        QTEST(counted.inputTotal(), "input");
        QTEST(counted.outputTotal(), "output");
        QCOMPARE(counted.source, llm::UsageSource::Tokenizer);
        QCOMPARE(call.record().promptCounted, counted.inputTotal() == 100 ? 9 : 0); // nothing is learned from ours
    }

    void placeholdersAreNoCounts()
    {
        RunRequest anthropic = request();
        anthropic.endpoint.protocol = u"anthropic"_s;
        Observed call(m_service->start(anthropic));
        settle();
        answerHead(0);
        answerBytes(0,
                    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"content\":[],"
                    "\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\n");
        for (int i = 0; i < 40; ++i)
            answerBytes(0,
                        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                        "{\"type\":\"text_delta\",\"text\":\"word \"}}\n\n");
        call.run->cancel();
        QTRY_VERIFY(call.ended());
        const auto &usage = call.record().answer.usage;
        QVERIFY(usage);
        QCOMPARE(usage->input, 25);
        QCOMPARE(usage->output, 40);
        QCOMPARE(usage->source, llm::UsageSource::Chunks);
    }

    void completeAnswerWaitsForNoConnection()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("Hello") + finish);
        answerBytes(0, usage + done);
        const qint64 lastNs = m_clock.nowNs();
        advance(Attempt::lingerMs / 2);
        QVERIFY(!call.ended());
        QCOMPARE(live(), std::size_t(1));
        advance(Attempt::lingerMs / 2);
        QVERIFY(call.ended());
        QVERIFY(call.record().ok());
        QVERIFY(call.record().answer.usage);
        QVERIFY(call.record().trace.endNs <= lastNs);
        QCOMPARE(live(), std::size_t(0));
    }

    void lateUsageIsWaitedFor()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("Hello") + finish);
        advance(3000);
        QVERIFY(!call.ended());
        answerBytes(0, usage);
        advance(Attempt::lingerMs);
        QVERIFY(call.ended());
        QCOMPARE(call.record().answer.usage->output, 200);
        Observed none(m_service->start(request()));
        settle();
        answerHead(1);
        answerBytes(1, delta("Hello") + finish);
        advance(Attempt::usageLingerMs);
        QVERIFY(none.ended());
        QVERIFY(none.record().ok());
        Observed told(m_service->start(request()));
        settle();
        answerHead(2);
        answerBytes(2, delta("Hello") + finish + done); // none will come
        advance(Attempt::lingerMs);
        QVERIFY(told.ended());
    }

    void stopTakesNothingFromACompleteAnswer()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("Hello") + finish);
        call.run->cancel();
        settle();
        QVERIFY(call.ended());
        QVERIFY(call.record().ok());
        QCOMPARE(call.record().answer.text, u"Hello"_s);
        QCOMPARE(live(), std::size_t(0));
    }

    void firstContentComesAtOnceTheRestOnceAFrame()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        const auto before = call.updates.size();
        answerBytes(0, delta("a"));
        QCOMPARE(call.updates.size(), before + 1);
        QCOMPARE(call.updates.constLast().state, RunState::Streaming);
        QCOMPARE(call.updates.constLast().chunks.size(), 1);
        for (const char *text : { "b", "c", "d" })
            answerBytes(0, delta(text));
        QCOMPARE(call.updates.size(), before + 1);
        advance(16);
        QCOMPARE(call.updates.size(), before + 2);
        QCOMPARE(call.updates.constLast().text, u"bcd"_s);
        QCOMPARE(call.updates.constLast().chunks.size(), 3);
        QVERIFY(call.updates.constLast().trace.chunks.isEmpty());
        answerBytes(0, delta("e") + finish);
        answerEnd(0);
        QCOMPARE(call.text, u"abcde"_s); // the last words aren't lost
    }

    void queuesFirstComeFirstServed()
    {
        m_service->setLimits({ 32, { 1, 0, 0 } });
        QList<std::shared_ptr<Observed>> calls;
        for (int i = 0; i < 3; ++i)
            calls.append(std::make_shared<Observed>(m_service->start(request())));
        const auto other = std::make_shared<Observed>(m_service->start(request(u"q"_s)));
        settle();
        QCOMPARE(started(), 2); // the first, and the other provider's, which need not wait
        advance(16);
        QCOMPARE(calls[1]->updates.constLast().state, RunState::Queued);
        QCOMPARE(calls[1]->updates.constLast().wait.ahead, 0);
        QCOMPARE(calls[2]->updates.constLast().wait.ahead, 1);
        advance(484);
        answerWhole(0);
        QCOMPARE(started(), 3);
        advance(16);
        QCOMPARE(calls[2]->updates.constLast().wait.ahead, 0);
        answerWhole(2);
        QVERIFY(calls[1]->ended());
        const auto &trace = calls[1]->record().trace;
        QCOMPARE((trace.dispatchedNs - trace.queuedNs) / 1'000'000, 512); // 500 in line, 12 for the answer before
        QCOMPARE(started(), 4);
    }

    void overallBoundHolds()
    {
        m_service->setLimits({ 2, { 8, 0, 0 } });
        QList<std::shared_ptr<Observed>> calls;
        for (int i = 0; i < 4; ++i)
            calls.append(std::make_shared<Observed>(m_service->start(request(QString::number(i)))));
        settle();
        QCOMPARE(started(), 2);
        m_service->setLimits({ 3, { 8, 0, 0 } });
        settle();
        QCOMPARE(started(), 3);
    }

    void waitsForAFreeConnection()
    {
        inNetwork([](test::FakeTransport &transport) { transport.blocked = { u"h"_s }; });
        Observed blocked(m_service->start(request()));
        Observed free(m_service->start(request(u"q"_s, u"elsewhere"_s)));
        settle();
        QCOMPARE(started(), 1);
        m_clock.advance(70);
        inNetwork([](test::FakeTransport &transport) {
            transport.blocked.clear();
            Q_EMIT transport.connectionFreed();
        });
        settle();
        QCOMPARE(started(), 2);
        answerWhole(1);
        QCOMPARE((blocked.record().trace.dispatchedNs - blocked.record().trace.queuedNs) / 1'000'000, 70);
    }

    void reportsItsState()
    {
        m_service->setLimits({ 1, { 1, 0, 0 } });
        EngineState state;
        connect(m_service.get(), &RunService::stateChanged, m_service.get(),
                [&state](const EngineState &now) { state = now; });
        Observed one(m_service->start(request()));
        Observed two(m_service->start(request()));
        settle();
        QCOMPARE(state.inFlight, 1);
        QCOMPARE(state.queued, 1);
        answerWhole(0);
        answerWhole(1);
        QVERIFY(state == EngineState());
    }

    void cancelWhileQueued()
    {
        m_service->setLimits({ 1, { 1, 0, 0 } });
        Observed first(m_service->start(request()));
        Observed second(m_service->start(request()));
        settle();
        second.run->cancel();
        settle();
        QCOMPARE(second.errorKind(), ErrorKind::Cancelled);
        QCOMPARE(second.record().answer.finishReason, FinishReason::Cancelled);
        QCOMPARE(second.record().trace.dispatchedNs, 0);
        answerWhole(0);
        QCOMPARE(started(), 1);
    }

    void cancelWhileConnecting()
    {
        Observed call(m_service->start(request()));
        settle();
        call.run->cancel();
        settle();
        QCOMPARE(call.errorKind(), ErrorKind::Cancelled);
        QCOMPARE(live(), std::size_t(0));
    }

    void cancelMidStreamKeepsThePart()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("part"));
        answerBytes(0, delta(" two"));
        call.run->cancel();
        settle();
        QCOMPARE(call.errorKind(), ErrorKind::Cancelled);
        QVERIFY(call.record().cancelled());
        QCOMPARE(call.record().answer.text, u"part two"_s);
        QCOMPARE(call.text, u"part two"_s);
        QCOMPARE(call.record().answer.usage->source, llm::UsageSource::Chunks);
        QCOMPARE(call.record().answer.usage->output, 2);
        QCOMPARE(live(), std::size_t(0));
        call.run->cancel(); // again, after the end
        settle();
        QCOMPARE(call.records.size(), 1);
    }

    void withoutTerminalEventItIsTruncated()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("half"));
        answerEnd(0);
        QCOMPARE(call.errorKind(), ErrorKind::Truncated);
        QCOMPARE(call.record().answer.text, u"half"_s);
        QVERIFY(!call.record().ok());
    }

    void terminalEventOutlivesTheSocket()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("whole") + finish);
        answerEnd(0, base::Error { ErrorKind::Reset, u"reset"_s, {}, 0, {} });
        QVERIFY(call.record().ok());
    }

    void redirectNamesItsTarget()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 307, {}, { { "Location", "https://user:pw@evil.example/v1?key=topsecretkey" } });
        QCOMPARE(call.errorKind(), ErrorKind::Redirect);
        const base::Error &error = *call.record().answer.error;
        QVERIFY(error.message.contains(u"https://evil.example/v1"_s));
        QVERIFY(!(error.message + error.detail).contains(u"topsecretkey"_s));
        QVERIFY(!(error.message + error.detail).contains(u"pw@"_s));
        QCOMPARE(started(), 1);
    }

    /// Most redirects are from http to https, or to another place on the same server.
    void aRedirectIsResolvedToABaseUrl()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 301, {}, { { "Location", "/other/v1/chat/completions" } });
        QVERIFY2(call.record().answer.error->message.contains(u"/other/v1 the provider's base URL"_s),
                 qPrintable(call.record().answer.error->message));
    }

    void eventsThatCannotBeReadAreTold()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("one") + "data: {\"choices\":[{\n\n" + delta("two") + finish);
        answerEnd(0);
        QVERIFY(call.record().ok());
        const auto &decisions = call.record().trace.decisions;
        QVERIFY(std::any_of(decisions.begin(), decisions.end(), [](const profile::Decision &decision) {
            return decision.stage == u"stream"_s && decision.reason.endsWith(u": 1"_s);
        }));
    }

    void htmlIsNotAnAnswer()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0, 200, { { "content-type", "text/html" } });
        answerBytes(0, "<!doctype html><html><body>Log in</body></html>");
        if (!call.ended())
            answerEnd(0);
        QCOMPARE(call.errorKind(), ErrorKind::NotJson);
    }

    void notStreamedComesWhole()
    {
        RunRequest plain = request();
        plain.chat.options.stream = false;
        Observed call(m_service->start(plain));
        settle();
        answerHead(0);
        answerBytes(0, R"({"choices":[{"index":0,"message":{"role":"assistant","content":"Hello )");
        answerBytes(0, R"(you"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}})");
        const qint64 lastBytes = m_clock.nowNs();
        answerEnd(0);
        QVERIFY(call.record().ok());
        QCOMPARE(call.record().answer.text, u"Hello you"_s);
        QCOMPARE(call.record().trace.firstContentNs, lastBytes);
        QVERIFY(!call.record().streamed);
    }

    void unknownProtocolEndsInAnError()
    {
        RunRequest odd = request();
        odd.endpoint.protocol = u"morse"_s;
        Observed call(m_service->start(odd));
        settle();
        QCOMPARE(call.errorKind(), ErrorKind::Config);
        QCOMPARE(started(), 0);
    }

    void destroyingARunCancelsIt()
    {
        QSignalSpy recorded(m_service.get(), &RunService::recorded);
        auto call = std::make_unique<Observed>(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("x"));
        call.reset();
        settle();
        QCOMPARE(live(), std::size_t(0));
        QCOMPARE(recorded.size(), 1);
        QVERIFY(recorded[0][0].value<profile::RunRecord>().cancelled());
    }

    void destroyingARunFromItsOwnSlot()
    {
        std::unique_ptr<Run> run = m_service->start(request());
        connect(run.get(), &Run::finished, m_service.get(), [&run] { run.reset(); });
        settle();
        answerWhole(0);
        QVERIFY(!run);
    }

    void destroyingTheServiceLosesNothing()
    {
        QList<profile::RunRecord> records;
        connect(m_service.get(), &RunService::recorded, this,
                [&records](const profile::RunRecord &record) { records.append(record); });
        m_service->setLimits({ 8, { 1, 0, 0 } });
        Observed streaming(m_service->start(request()));
        Observed queued(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("kept"));
        m_service.reset();
        QCOMPARE(records.size(), 2);
        QVERIFY(streaming.ended() && queued.ended());
        QCOMPARE(streaming.record().answer.text, u"kept"_s);
        QVERIFY(streaming.record().cancelled() && queued.record().cancelled());
        streaming.run->cancel(); // harmless
    }
};

QTEST_GUILESS_MAIN(TestRunService)
#include "tst_runservice.moc"
