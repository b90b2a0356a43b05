#pragma once

#include "core/base/clock.h"
#include "core/cost/budget.h"
#include "core/run/runservice.h"

#include <QFuture>
#include <QHash>
#include <QObject>

#include <functional>
#include <map>
#include <optional>

namespace talkbench::cost {
class TokenCounter;
}

namespace talkbench::run {

/// What the budgets say of calls about to be sent.
struct Judged {
    cost::Verdict verdict;
    QList<cost::Spent> spent; ///< before them; empty where there are no budgets
};

/// Why a call is not sent, of kind Budget or as reading what was spent failed: a budget refuses it, or asks and nobody has
/// consented. Unset: it is sent.
std::optional<base::Error> refusalOf(const base::Result<Judged> &judged, bool consented);

/// The budgets' one account of the process: what was spent, by the store and by every record since, and what the calls under way
/// may cost at most until their records come. In the thread of its service; days and months are of the local calendar.
class Ledger final : public QObject {
    Q_OBJECT

public:
    struct Sources {
        std::function<QList<cost::Budget>()> budgets;
        /// What is stored of a conversation (empty: of none), and since these starts, with every record of the service before.
        std::function<QFuture<base::Result<QList<cost::Spent>>>(const QString &conversationId,
                                                                const cost::PeriodStarts &starts)>
            spent;
        const cost::PriceBook &prices;
    };
    using SpentThen = std::function<void(const base::Result<QList<cost::Spent>> &spent)>;
    using JudgedThen = std::function<void(const base::Result<Judged> &judged)>;

    Ledger(RunService &runs, const base::Clock &clock, Sources sources, QObject *parent = nullptr);

    QList<cost::Budget> budgets() const { return m_sources.budgets(); }
    /// As far as it is known now; of a conversation that was not read yet its days' and months' only. Unset until anything was read.
    std::optional<QList<cost::Spent>> spent(const QString &conversationId = {});
    /// Asks the store, which other processes write to as well. An error where it can't tell. `then` is not called after `context`
    /// has gone.
    void read(const QString &conversationId, QObject *context, const SpentThen &then);
    /// What the budgets say of calls that go out together, in the first one's conversation. If they are sent at once by `then`,
    /// no other call is judged in between. Answers at once where there are no budgets, else as read(). What the response cache holds
    /// is not held back, nor counted. `counter` may be null.
    void judge(const QList<RunRequest> &requests, const cost::TokenCounter *counter, QObject *context,
               const JudgedThen &then);
    /// Whether a call may go out now that nobody is asked about; changed() follows where it has to wait.
    cost::Leave leaveFor(const RunRequest &request);

Q_SIGNALS:
    void changed();

private:
    struct Booking {
        QString providerId;
        QString conversationId;
        qint64 startedMs = 0; ///< wall
        double usd = 0;
    };
    struct Reading {
        QString conversationId;
        cost::PeriodStarts starts;
        QList<Booking> since; ///< what the answer can't hold
    };
    struct UnderWay {
        QString conversationId;
        cost::PlannedCall call;
    };

    struct Asked {
        RunRequest request;
        cost::PlannedCall call;
    };

    cost::PeriodStarts starts() const;
    cost::PlannedCall planned(const RunRequest &request, const cost::TokenCounter *counter) const;
    QList<cost::PlannedCall> underWay(const QString &conversationId) const;
    Judged judged(const QList<Asked> &asked, const QString &conversationId, const QList<cost::Spent> &spent) const;
    /// Those that the cache does not hold; before `next` all are looked up.
    void dropKept(const QList<Asked> &asked, qsizetype next, const std::function<void(const QList<Asked> &left)> &then);
    void onRead(quint64 number, const base::Result<QList<cost::Spent>> &spent);
    void reserve(const QString &id, const RunRequest &request);
    void book(const profile::RunRecord &record);
    void add(const Booking &booking, const QString &conversationId, QList<cost::Spent> &spent) const;
    /// What was spent on another day is not of today.
    void turnPeriod();
    /// Other processes spend, too.
    void refresh();

    RunService &m_runs;
    const base::Clock &m_clock;
    const Sources m_sources;
    quint64 m_reads = 0;
    std::map<quint64, Reading> m_readings;
    QHash<QString, QList<cost::Spent>> m_spent; ///< by conversation; empty: without any
    cost::PeriodStarts m_starts; ///< that m_spent counts from
    std::optional<base::Error> m_problem; ///< of the last read
    QHash<QString, UnderWay> m_underWay; ///< by the call's id
    qint64 m_refreshedNs = 0;
    bool m_refreshing = false;
};

} // namespace talkbench::run
