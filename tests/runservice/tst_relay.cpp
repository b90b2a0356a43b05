#include "core/run/relay.h"
#include "core/select/handoverwords.h"
#include "tests/runservice/fakeservice.h"

using namespace talkbench;
using namespace talkbench::run;
using namespace talkbench::test;
using namespace Qt::StringLiterals;

namespace {

const select::ModelRef a { u"a"_s, u"m"_s };
const select::ModelRef b { u"b"_s, u"m"_s };
const select::ModelRef c { u"c"_s, u"long"_s };

constexpr qint64 frameMs = 40;
constexpr auto tooLong = R"({"error":{"message":"too long","code":"context_length_exceeded"}})";

} // namespace

/// Models that take over: the test answers for each server, in the order of their requests.
class TestRelay final : public FakeServiceTest {
    Q_OBJECT

private:
    /// Of a service that tries nothing twice, but where a test says otherwise.
    std::unique_ptr<Relay> relay(const QList<select::Candidate> &order, std::optional<qint64> hedgeAfterMs = {})
    {
        makeService();
        RetryPolicy once;
        once.maxAttempts = 1;
        m_service->setRetryPolicy(once);
        m_recorded.clear();
        connect(m_service.get(), &RunService::recorded, this,
                [this](const profile::RunRecord &record) { m_recorded.append(record); });
        const auto prepare = [this](const select::ModelRef &ref, QObject *, const auto &then) {
            const QString id = ref.providerId;
            m_resolved.append(id);
            if (m_unreachable.contains(id))
                then(base::Error { base::ErrorKind::Config, u"no such provider"_s, {}, 0, {} });
            else
                then(requestFor(ref));
        };
        return std::make_unique<Relay>(*m_service, m_late, prepare, requestFor(a),
                                       Relay::Plan { { order, 100, m_fits }, hedgeAfterMs });
    }
    /// As it would be made for this model's context.
    static RunRequest requestFor(const select::ModelRef &ref)
    {
        RunRequest made = request(ref.providerId, ref.providerId);
        made.chat.model = ref.model;
        made.chat.messages = { llm::Message::fromText(llm::Role::User, u"For "_s + toText(ref)) };
        made.decision = { { u"chosen"_s, toText(a) } };
        made.steps = { { u"fit"_s, u"made for "_s + toText(ref) } };
        return made;
    }
    static bool says(const profile::RunRecord &record, const QString &stage, const QString &part)
    {
        for (const profile::Decision &decision : record.trace.decisions) {
            if (decision.stage == stage && select::inWords(decision).contains(part))
                return true;
        }
        return false;
    }

    FakeScheduler m_late { m_clock };
    QList<profile::RunRecord> m_recorded;
    QStringList m_resolved;
    QStringList m_unreachable;
    bool m_fits = false;

private Q_SLOTS:
    void init()
    {
        m_resolved.clear();
        m_unreachable.clear();
        m_fits = false;
    }

    void oneModelIsAPlainCall()
    {
        Observed run(relay({ { a } }));
        answerError(0, 429, rateLimited);
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.errorKind(), base::ErrorKind::RateLimited);
        QCOMPARE(started(), 1);
        QVERIFY(!says(run.record(), u"fallback"_s, {}));
    }

    void theNextTakesOver()
    {
        Observed run(relay({ { a }, { b } }));
        answerError(0, 429, rateLimited);
        QTRY_COMPARE(started(), 2);
        answerWhole(1);
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.records.size(), 1);
        QCOMPARE(run.record().providerId, u"b"_s);
        QCOMPARE(run.record().answer.text, u"Hi"_s);
        QCOMPARE(run.text, u"Hi"_s);
        QVERIFY(says(run.record(), u"fallback"_s, u"a/m is rate limited: asking b/m instead"_s));
        QCOMPARE(run.record().decision["chosen"_L1].toString(), u"a/m"_s);
        const bool shown = std::any_of(run.updates.begin(), run.updates.end(),
                                       [](const RunUpdate &u) { return u.step && u.step->handover->to == u"b/m"_s; });
        QVERIFY(shown);
        // Each request has its own record, and the stored one tells it, too.
        QCOMPARE(m_recorded.size(), 2);
        QCOMPARE(m_recorded.at(0).answer.error->kind, base::ErrorKind::RateLimited);
        QVERIFY(says(m_recorded.at(1), u"fallback"_s, u"asking b/m instead"_s));
        QCOMPARE(run.record().trace.askedNs, m_recorded.at(0).trace.submittedNs);
        QVERIFY(m_recorded.at(0).trace.askedNs == 0);
    }

    void onlyTheLastIsTriedAgain()
    {
        auto made = relay({ { a }, { b } });
        m_service->setRetryPolicy({});
        Observed run(std::move(made));
        answerError(0, 429, rateLimited);
        QTRY_COMPARE(started(), 2); // at once
        answerError(1, 429, rateLimited);
        advance(60'000);
        QTRY_COMPARE(started(), 3);
        answerWhole(2);
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.record().providerId, u"b"_s);
        QCOMPARE(run.record().retries(), 1);
        QVERIFY(says(run.record(), u"fallback"_s, u"asking b/m instead"_s));
    }

    /// Nobody waits to take over who can't be asked.
    void whoCantTakeOverSparesNoRetry()
    {
        auto made = relay({ { .ref = a, .contextTokens = 1000 },
                            { .ref = b, .barred = u"there is no provider 'b'"_s },
                            { .ref = c, .contextTokens = 50 } });
        m_service->setRetryPolicy({});
        Observed run(std::move(made));
        answerError(0, 503, "{}");
        advance(60'000);
        QTRY_COMPARE(started(), 2);
        answerWhole(1);
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.record().providerId, u"a"_s);
        QCOMPARE(run.record().retries(), 1);
        QVERIFY(m_resolved.isEmpty());
    }

    void whereNobodyCanTakeOverItIsAskedAgain()
    {
        m_unreachable = QStringList { u"b"_s };
        auto made = relay({ { a }, { b } });
        m_service->setRetryPolicy({});
        Observed run(std::move(made));
        answerError(0, 503, "{}");
        QTRY_VERIFY(!m_late.pending().isEmpty());
        QCOMPARE(started(), 1);
        m_late.advance(60'000);
        QTRY_COMPARE(started(), 2);
        answerError(1, 503, "{}");
        advance(60'000);
        QTRY_COMPARE(started(), 3); // by the service, as any other
        answerWhole(2);
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.records.size(), 1);
        QCOMPARE(run.record().providerId, u"a"_s);
        QVERIFY(says(run.record(), u"fallback"_s, u"b/m can't be asked: no such provider"_s));
    }

    void oneAttemptIsOneAttempt()
    {
        m_unreachable = QStringList { u"b"_s };
        Observed run(relay({ { a }, { b } }));
        answerError(0, 503, "{}");
        QTRY_VERIFY(run.ended());
        QCOMPARE(started(), 1);
    }

    void whatHasBegunIsNotAskedElsewhere()
    {
        Observed run(relay({ { a }, { b } }));
        answerHead(0);
        answerBytes(0, delta("Half"));
        answerEnd(0, base::Error { base::ErrorKind::Reset, u"reset"_s, {}, 0, {} });
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.record().answer.text, u"Half"_s);
        QCOMPARE(started(), 1);
    }

    void onlyALongerContextHelps()
    {
        Observed run(relay({ { .ref = a, .contextTokens = 150 }, // of a prompt of 100
                             { .ref = b, .contextTokens = 140 },
                             { .ref = c, .contextTokens = 5000 } }));
        answerError(0, 400, tooLong);
        QTRY_COMPARE(started(), 2);
        QCOMPARE(m_resolved, QStringList { u"c"_s });
        answerWhole(1);
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.record().model, u"long"_s);
    }

    void aKeyThatIsRefusedIsAskedElsewhere()
    {
        Observed run(relay({ { a }, { { u"a"_s, u"other"_s } }, { b } }));
        answerError(0, 401, R"({"error":{"message":"no such key"}})");
        QTRY_COMPARE(started(), 2);
        answerWhole(1);
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.record().providerId, u"b"_s);
        QVERIFY(says(run.record(), u"fallback"_s, u"a/m refuses the key: asking b/m instead"_s));
    }

    void eachIsAskedWithThePromptMadeForIt()
    {
        m_fits = true;
        Observed run(relay({ { .ref = a, .contextTokens = 1000 }, { .ref = b, .contextTokens = 50 } }));
        answerError(0, 503, "{}");
        QTRY_COMPARE(started(), 2);
        QByteArray body;
        inNetwork([&body](FakeTransport &transport) { body = transport.live.at(1)->request.body; });
        QVERIFY2(body.contains("For b/m"), body.constData());
        answerWhole(1);
        QTRY_VERIFY(run.ended());
        QVERIFY(says(run.record(), u"fit"_s, u"made for b/m"_s));
        QVERIFY(!says(run.record(), u"fit"_s, u"made for a/m"_s));
        QVERIFY(says(run.record(), u"fallback"_s, u"asking b/m instead"_s));
    }

    void whatIsSentWholeGoesToNoShorterContext()
    {
        Observed run(relay({ { .ref = a, .contextTokens = 1000 }, { .ref = b, .contextTokens = 50 } }));
        answerError(0, 503, "{}");
        QTRY_VERIFY(run.ended());
        QCOMPARE(started(), 1);
    }

    void whatNobodyWouldMendEndsIt()
    {
        Observed run(relay({ { a }, { b } }));
        answerError(0, 400, R"({"error":{"message":"bad temperature"}})");
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.errorKind(), base::ErrorKind::InvalidRequest);
        QCOMPARE(started(), 1);
    }

    void allFail()
    {
        Observed run(relay({ { a }, { b } }));
        answerError(0, 503, "{}");
        QTRY_COMPARE(started(), 2);
        answerError(1, 500, "{}");
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.record().providerId, u"b"_s);
        QVERIFY(says(run.record(), u"fallback"_s, u"no other model"_s));
        QCOMPARE(m_recorded.size(), 2);
    }

    void anUnreachableProviderIsPassedOver()
    {
        m_unreachable = QStringList { u"b"_s };
        Observed run(relay({ { a }, { b }, { c } }));
        answerError(0, 503, "{}");
        QTRY_COMPARE(started(), 2);
        answerWhole(1);
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.record().model, u"long"_s);
        QVERIFY(says(run.record(), u"fallback"_s, u"b/m can't be asked: no such provider"_s));
    }

    void cancelEndsAll()
    {
        Observed run(relay({ { a }, { b } }));
        answerHead(0);
        run.run->cancel();
        QTRY_VERIFY(run.ended());
        QVERIFY(run.record().cancelled());
        QCOMPARE(started(), 1);
    }

    void aLateFirstTokenIsHedged_data()
    {
        QTest::addColumn<int>("winner");
        QTest::newRow("the second is faster") << 1;
        QTest::newRow("the first comes after all") << 0;
    }

    void aLateFirstTokenIsHedged()
    {
        QFETCH(int, winner);
        Observed run(relay({ { a }, { b } }, 1000));
        answerHead(0);
        advance(frameMs); // the update that says so comes with the next frame
        QTRY_VERIFY(!m_late.pending().isEmpty());
        m_late.advance(999);
        QCOMPARE(started(), 1);
        m_late.advance(1);
        QTRY_COMPARE(started(), 2);
        const auto index = static_cast<std::size_t>(winner);
        if (winner == 1)
            answerHead(1);
        answerBytes(index, delta("Hi") + finish + usage + done);
        QTRY_COMPARE(live(), std::size_t(1)); // the other one's socket is closed
        answerEnd(index);
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.records.size(), 1);
        QCOMPARE(run.record().providerId, winner == 1 ? u"b"_s : u"a"_s);
        QCOMPARE(run.text, u"Hi"_s);
        QVERIFY(says(run.record(), u"hedge"_s, u"asking b/m beside it"_s));
        // The loser has a record of its own: nothing is counted twice.
        QTRY_COMPARE(m_recorded.size(), 2);
        const auto cancelled = std::count_if(m_recorded.begin(), m_recorded.end(),
                                             [](const profile::RunRecord &record) { return record.cancelled(); });
        QCOMPARE(cancelled, 1);
    }

    void noHedgeOnceATokenHasCome()
    {
        Observed run(relay({ { a }, { b } }, 1000));
        answerHead(0);
        advance(frameMs);
        QTRY_VERIFY(!m_late.pending().isEmpty());
        answerBytes(0, delta("Hi"));
        QTRY_COMPARE(run.text, u"Hi"_s);
        m_late.advance(5000);
        QCOMPARE(started(), 1);
    }

    void aHedgeThatFailsLeavesTheFirst()
    {
        Observed run(relay({ { a }, { b } }, 1000));
        answerHead(0);
        advance(frameMs); // the update that says so comes with the next frame
        QTRY_VERIFY(!m_late.pending().isEmpty());
        m_late.advance(1000);
        QTRY_COMPARE(started(), 2);
        answerError(1, 500, "{}");
        QVERIFY(!run.ended());
        answerBytes(0, delta("Hi") + finish + usage + done);
        answerEnd(0);
        QTRY_VERIFY(run.ended());
        QCOMPARE(run.record().providerId, u"a"_s);
    }

    void destroyingItCancels()
    {
        Observed run(relay({ { a }, { b } }));
        answerHead(0);
        run.run.reset();
        QTRY_COMPARE(live(), std::size_t(0));
        QTRY_COMPARE(m_recorded.size(), 1);
        QVERIFY(m_recorded.at(0).cancelled());
    }
};

QTEST_GUILESS_MAIN(TestRelay)
#include "tst_relay.moc"
