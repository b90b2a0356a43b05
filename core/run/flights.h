#pragma once

#include "core/profile/runrecord.h"
#include "core/run/limits.h"

#include <QByteArray>
#include <QObject>

#include <map>
#include <memory>
#include <utility>

namespace talkbench::run {

/// A call that went out and that others, which ask the same, may join: they get what has come and see the rest come.
class Flight final : public QObject {
    Q_OBJECT

public:
    const QString &text() const { return m_text; }
    const QString &reasoning() const { return m_reasoning; }
    bool hasFollowers() const { return m_followers > 0; }

    void join(Priority priority);
    void leave();
    void add(const QString &text, const QString &reasoning);
    /// It has had its turn.
    void depart();
    bool hasDeparted() const { return m_departed; }

    /// The owner has stopped its call, which goes on for those that joined. One of them pays.
    void disown() { m_unpaid = true; }
    /// True once, if the owner is gone.
    bool takeBill() { return std::exchange(m_unpaid, false); }
    /// Of a call without an owner: its record as it would be, were the program to end now. One of those that joined pays.
    void tellOwing(const profile::RunRecord &underWay)
    {
        m_untold = true;
        Q_EMIT owing(underWay);
    }
    /// True once for each: whoever asks first is who pays, as with the bill.
    bool takeOwing() { return std::exchange(m_untold, false); }
    /// The owner is gone, and nobody would be left to pay but the only one that waits.
    bool hasLastPayer() const { return m_unpaid && m_followers == 1; }

Q_SIGNALS:
    void joined(talkbench::run::Priority priority);
    void departed();
    void content(const QString &text, const QString &reasoning);
    void landed(const talkbench::profile::RunRecord &record);
    void owing(const talkbench::profile::RunRecord &underWay);
    void deserted();

private:
    QString m_text;
    QString m_reasoning;
    int m_followers = 0;
    bool m_departed = false;
    bool m_unpaid = false;
    bool m_untold = false;
};

/// The calls in flight that can be joined, by their cache key.
class Flights final {
public:
    /// Null where there is none.
    Flight *find(const QByteArray &key) const;
    /// There must be none.
    Flight &begin(const QByteArray &key);
    /// Those who joined hear of it after it has left the table, so that one of them can take over.
    void land(const QByteArray &key, const profile::RunRecord &record);

private:
    std::map<QByteArray, std::unique_ptr<Flight>> m_flights;
};

} // namespace talkbench::run
