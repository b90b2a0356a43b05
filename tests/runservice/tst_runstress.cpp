#include "tests/runservice/fakeservice.h"

#include <QRandomGenerator>

using namespace talkbench;
using namespace talkbench::run;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using base::ErrorKind;

namespace {

constexpr int callCount = 200;
constexpr int providerCount = 4;
const Limits limits { 12, { 5, 0, 0 } };

QString providerOf(int call)
{
    return QString(QChar(u'a' + call % providerCount));
}

} // namespace

/// Many calls at once, with failures, cancels and retries at random (of a fixed seed).
class TestRunStress : public FakeServiceTest {
    Q_OBJECT

private:
    /// The next thing that happens to a transfer.
    void step(FakeTransfer *transfer, int stage)
    {
        const qint64 ns = m_clock.nowNs();
        const quint32 dice = m_random.bounded(100U);
        if (dice < 10) {
            Q_EMIT transfer->finished(base::Error { ErrorKind::Reset, u"reset"_s, {}, 0, {} }, ns);
        } else if (stage == 0) {
            Q_EMIT transfer->phase(net::Phase::Sent, ns);
        } else if (stage == 1 && dice < 30) {
            Q_EMIT transfer->head({ 429, { { "retry-after-ms", QByteArray::number(dice) } } }, ns);
            Q_EMIT transfer->bytes(rateLimited, ns);
            Q_EMIT transfer->finished(std::nullopt, ns);
        } else if (stage == 1 && dice < 35) {
            Q_EMIT transfer->head({ 401, {} }, ns);
            Q_EMIT transfer->finished(std::nullopt, ns);
        } else if (stage == 1) {
            Q_EMIT transfer->head({ 200, {} }, ns);
        } else if (stage < 4) {
            Q_EMIT transfer->bytes(delta("word "), ns);
        } else {
            Q_EMIT transfer->bytes(finish + usage + done, ns);
            Q_EMIT transfer->finished(std::nullopt, ns);
        }
    }

    QRandomGenerator m_random { 20261124 };

private Q_SLOTS:
    void init() { makeService(); }
    void cleanup() { m_service.reset(); }

    void everyCallEndsOnceAndNothingIsLeft()
    {
        m_service->setLimits(limits);
        EngineState state;
        connect(m_service.get(), &RunService::stateChanged, m_service.get(),
                [&state](const EngineState &now) { state = now; });
        QList<std::shared_ptr<Observed>> calls;
        for (int i = 0; i < callCount; ++i)
            calls.append(std::make_shared<Observed>(m_service->start(request(providerOf(i)))));
        std::map<std::size_t, int> stages;
        std::size_t most = 0;
        const auto allEnded = [&calls] {
            return std::all_of(calls.cbegin(), calls.cend(), [](const auto &call) { return call->ended(); });
        };
        int turns = 0;
        for (; turns < 20'000 && !allEnded(); ++turns) {
            inNetwork([&](FakeTransport &transport) {
                m_clock.advance(1);
                most = std::max(most, transport.live.size());
                if (transport.live.empty()) {
                    m_scheduler->advance(50); // all wait to try again
                    return;
                }
                auto chosen = transport.live.begin();
                std::advance(chosen, m_random.bounded(static_cast<int>(transport.live.size())));
                step(chosen->second, stages[chosen->first]++);
            });
            if (m_random.bounded(20) == 0)
                calls[m_random.bounded(callCount)]->run->cancel();
            settle();
        }
        QVERIFY2(allEnded(), qPrintable(QString::number(turns)));
        settle();
        advance(600'000); // no timer of the past starts anything
        QCOMPARE(live(), std::size_t(0));
        QVERIFY(state == EngineState());
        QCOMPARE(most, static_cast<std::size_t>(limits.overall));
        checkOutcomes(calls);
        checkOrder(calls);
    }

private:
    void checkOutcomes(const QList<std::shared_ptr<Observed>> &calls)
    {
        QMap<ErrorKind, int> errors;
        int ok = 0;
        qsizetype retries = 0;
        for (const auto &call : calls) {
            QCOMPARE(call->records.size(), 1);
            QCOMPARE(call->states.count(RunState::Ended), 1);
            QCOMPARE(call->text, call->record().answer.text);
            QVERIFY(call->record().earlierAttempts.size() < 3);
            for (const profile::Attempt &attempt : call->record().earlierAttempts)
                QVERIFY(attempt.error && attempt.trace.chunks.isEmpty());
            retries += call->record().earlierAttempts.size();
            if (call->record().ok())
                ++ok;
            else
                ++errors[call->errorKind()];
        }
        // All that can happen did happen.
        QVERIFY(ok > 20 && retries > 20);
        for (const ErrorKind kind : { ErrorKind::Cancelled, ErrorKind::Reset, ErrorKind::RateLimited, ErrorKind::Auth })
            QVERIFY2(errors.value(kind) > 0, qPrintable(base::errorKindName(kind)));
    }

    /// Within a provider the first attempts start in the order of the calls.
    void checkOrder(const QList<std::shared_ptr<Observed>> &calls)
    {
        QMap<QString, qint64> last;
        for (const auto &call : calls) {
            const profile::RunRecord &record = call->record();
            const profile::Trace &first =
                record.earlierAttempts.isEmpty() ? record.trace : record.earlierAttempts.constFirst().trace;
            if (first.dispatchedNs == 0)
                continue; // stopped before its turn
            QVERIFY(first.dispatchedNs >= last.value(record.providerId));
            last[record.providerId] = first.dispatchedNs;
        }
    }
};

QTEST_GUILESS_MAIN(TestRunStress)
#include "tst_runstress.moc"
