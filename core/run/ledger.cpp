#include "core/run/ledger.h"

#include "core/base/whenready.h"
#include "core/profile/operation.h"
#include "core/run/plannedcall.h"

#include <QPointer>

#include <algorithm>
#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

/// A sum over the month is too much for every call of a batch.
constexpr qint64 oldNs = 30'000'000'000;

} // namespace

std::optional<base::Error> refusalOf(const base::Result<Judged> &judged, bool consented)
{
    using enum cost::BudgetAction;
    if (!judged)
        return judged.error();
    const auto action = judged->verdict.action;
    if (action == Refuse || (action == Ask && !consented))
        return base::Error { base::ErrorKind::Budget, judged->verdict.reason, {}, 0, std::nullopt };
    return std::nullopt;
}

Ledger::Ledger(RunService &runs, const base::Clock &clock, Sources sources, QObject *parent)
    : QObject(parent), m_runs(runs), m_clock(clock), m_sources(std::move(sources))
{
    connect(&runs, &RunService::started, this, &Ledger::reserve);
    connect(&runs, &RunService::recorded, this, &Ledger::book);
}

cost::PeriodStarts Ledger::starts() const
{
    return cost::periodStarts(QDateTime::fromMSecsSinceEpoch(m_clock.wallMs()));
}

cost::PlannedCall Ledger::planned(const RunRequest &request, const cost::TokenCounter *counter) const
{
    return plannedCall(request, counter, m_sources.prices, QDateTime::fromMSecsSinceEpoch(m_clock.wallMs()));
}

QList<cost::PlannedCall> Ledger::underWay(const QString &conversationId) const
{
    QList<cost::PlannedCall> calls;
    for (const UnderWay &each : m_underWay) {
        calls.append(each.call);
        calls.last().elsewhere = conversationId.isEmpty() || each.conversationId != conversationId;
    }
    return calls;
}

std::optional<QList<cost::Spent>> Ledger::spent(const QString &conversationId)
{
    turnPeriod();
    if (const auto found = m_spent.constFind(conversationId); found != m_spent.cend())
        return *found;
    const auto any = m_spent.constFind({});
    return any == m_spent.cend() ? std::nullopt : std::optional(*any);
}

void Ledger::read(const QString &conversationId, QObject *context, const SpentThen &then)
{
    const quint64 number = ++m_reads;
    const cost::PeriodStarts from = starts();
    m_readings[number] = { conversationId, from, {} };
    base::whenReady(this, m_sources.spent(conversationId, from),
                    [this, number, conversationId, from, guard = QPointer<QObject>(context),
                     then](const base::Result<QList<cost::Spent>> &spent) {
                        if (spent && from != starts()) { // midnight has come in between
                            m_readings.erase(number);
                            read(conversationId, guard, then);
                            return;
                        }
                        onRead(number, spent);
                        if (guard)
                            then(spent ? *this->spent(conversationId) : spent);
                        Q_EMIT changed();
                    });
}

void Ledger::onRead(quint64 number, const base::Result<QList<cost::Spent>> &spent)
{
    const Reading reading = m_readings.extract(number).mapped();
    m_refreshedNs = m_clock.nowNs();
    m_problem = spent ? std::nullopt : std::optional(spent.error());
    if (!spent)
        return;
    turnPeriod();
    QList<cost::Spent> sums = *spent;
    for (const Booking &booking : reading.since)
        add(booking, reading.conversationId, sums);
    m_spent.insert(reading.conversationId, sums);
    for (cost::Spent &row : sums)
        row.conversationUsd = 0;
    m_spent.insert({}, sums);
}

void Ledger::judge(const QList<RunRequest> &requests, const cost::TokenCounter *counter, QObject *context,
                   const JudgedThen &then)
{
    if (requests.isEmpty() || budgets().isEmpty()) {
        then(Judged());
        return;
    }
    QList<Asked> asked;
    for (const RunRequest &request : requests) {
        asked.append({ request, planned(request, counter) });
        cost::PlannedCall &call = asked.last().call;
        if (requests.size() > 1)
            call.what = u"the call to %1 at %2"_s.arg(call.model, call.providerId);
    }
    const QString conversationId = requests.constFirst().conversationId;
    read(conversationId, context,
         [this, asked, conversationId, guard = QPointer<QObject>(context),
          then](const base::Result<QList<cost::Spent>> &stored) {
             if (!stored) {
                 then(stored.error());
                 return;
             }
             const Judged all = judged(asked, conversationId, *stored);
             if (!all.verdict.action) {
                 then(all);
                 return;
             }
             dropKept(asked, 0, [this, conversationId, guard, then](const QList<Asked> &left) {
                 if (guard)
                     then(judged(left, conversationId, spent(conversationId).value_or(QList<cost::Spent>())));
             });
         });
}

Judged Ledger::judged(const QList<Asked> &asked, const QString &conversationId, const QList<cost::Spent> &spent) const
{
    QList<cost::PlannedCall> calls;
    for (const Asked &one : asked)
        calls.append(one.call);
    return { cost::check(budgets(), spent, calls, underWay(conversationId)), spent };
}

void Ledger::dropKept(const QList<Asked> &asked, qsizetype next,
                      const std::function<void(const QList<Asked> &left)> &then)
{
    if (next == asked.size()) {
        then(asked);
        return;
    }
    base::whenReady(this, m_runs.isKept(asked.at(next).request), [this, asked, next, then](bool kept) {
        QList<Asked> left = asked;
        if (kept)
            left.removeAt(next);
        dropKept(left, kept ? next : next + 1, then);
    });
}

cost::Leave Ledger::leaveFor(const RunRequest &request)
{
    QList<cost::Budget> refusing = budgets();
    refusing.removeIf([](const cost::Budget &budget) { return budget.action != cost::BudgetAction::Refuse; });
    if (refusing.isEmpty())
        return {};
    const auto sums = spent();
    if (!sums && m_problem)
        return { cost::Leave::May::Never, m_problem->message };
    if (!sums || m_clock.nowNs() - m_refreshedNs > oldNs)
        refresh();
    if (!sums)
        return { cost::Leave::May::Wait, {} };
    return cost::leaveFor(refusing, *sums, planned(request, nullptr), underWay(request.conversationId));
}

void Ledger::refresh()
{
    if (std::exchange(m_refreshing, true))
        return;
    read({}, this, [this](const base::Result<QList<cost::Spent>> &) { m_refreshing = false; });
}

void Ledger::reserve(const QString &id, const RunRequest &request)
{
    if (!budgets().isEmpty())
        m_underWay.insert(id, { request.conversationId, planned(request, nullptr) });
}

void Ledger::book(const profile::RunRecord &record)
{
    m_underWay.remove(record.id);
    turnPeriod();
    const QMap<QString, double> costs = profile::usdByProvider(record);
    for (auto cost = costs.cbegin(); cost != costs.cend(); ++cost) {
        const Booking booking { cost.key(), record.conversationId, record.startedWallMs, cost.value() };
        for (auto &[number, reading] : m_readings)
            reading.since.append(booking);
        for (auto sums = m_spent.begin(); sums != m_spent.end(); ++sums)
            add(booking, sums.key(), *sums);
    }
    Q_EMIT changed();
}

void Ledger::add(const Booking &booking, const QString &conversationId, QList<cost::Spent> &spent) const
{
    auto row = std::find_if(spent.begin(), spent.end(),
                            [&booking](const cost::Spent &sum) { return sum.providerId == booking.providerId; });
    if (row == spent.end())
        row = spent.insert(row, { booking.providerId, 0, 0, 0 });
    const bool talked = !conversationId.isEmpty() && booking.conversationId == conversationId;
    row->conversationUsd += talked ? booking.usd : 0;
    row->dayUsd += booking.startedMs >= m_starts.dayMs ? booking.usd : 0;
    row->monthUsd += booking.startedMs >= m_starts.monthMs ? booking.usd : 0;
}

void Ledger::turnPeriod()
{
    const cost::PeriodStarts was = std::exchange(m_starts, starts());
    if (m_starts.dayMs < was.dayMs) { // the clock or its zone was set
        m_spent.clear();
        return;
    }
    for (QList<cost::Spent> &sums : m_spent) {
        for (cost::Spent &row : sums) {
            row.dayUsd = was.dayMs == m_starts.dayMs ? row.dayUsd : 0;
            row.monthUsd = was.monthMs == m_starts.monthMs ? row.monthUsd : 0;
        }
    }
}

} // namespace talkbench::run
