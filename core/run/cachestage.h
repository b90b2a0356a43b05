#pragma once

#include "core/run/checking.h"
#include "core/run/flights.h"
#include "core/run/playback.h"
#include "core/run/responsecache.h"

#include <QPointer>

namespace talkbench::run {

/// A call's way through the cache. It is answered by a kept answer or by the same call in flight, or missed() lets it go
/// out; then others may join it. One whose answer may be asked for again joins none and is joined by none, since what it shows may
/// be taken back; no answer that fails its checks is taken for it, and none is kept. One that has joined waits no longer than it
/// would for itself, and the call it waits for is as urgent as it is.
class CacheStage final : public QObject {
    Q_OBJECT

public:
    struct Services {
        const base::Clock &clock;
        Scheduler &scheduler;
        ResponseCache &cache;
        Flights &flights;
        qint64 maxWaitMs; ///< of Limits
    };

    CacheStage(const RunRequest &request, qint64 submittedNs, const Services &services);
    /// Leaves the call it had joined.
    ~CacheStage() override;

    /// `unsent`: of the encoded request.
    void begin(const QList<llm::Unsent> &unsent);
    /// The call goes out for nobody, or is answered from here.
    bool isAnswering() const { return m_playback || m_joined; }
    bool hasJoined() const { return m_joined; }
    /// While it is answering: what has been shown.
    llm::Answer shown() const;

    /// Monotonic: when it waited in a call that went out; 0: it never did.
    qint64 joinedDepartedNs() const { return m_departedNs; }

    /// Of a call that has its turn.
    void depart();
    /// Of a call that goes out: content for those that joined.
    void share(const QString &text, const QString &reasoning);
    /// Of a call without an owner: what it has come to cost, for who pays.
    void tellOwing(const profile::RunRecord &underWay);
    /// Whether others wait for the call that its owner stops: it goes on, and deserted() says when the last has gone.
    bool goOnForOthers();
    /// Of a call that stops. True where it was the last to wait for a call without an owner: that has stopped, too, and
    /// answered() has brought its bill.
    bool stopWithJoined();
    /// The call has ended: its answer is kept, those that joined have theirs, and nothing more comes from here.
    void conclude(const profile::RunRecord &record);

Q_SIGNALS:
    /// For the trace.
    void decided(const QString &reason);
    void missed();
    /// It waits for another call's answer.
    void joined();
    /// And that as long as its limits allow.
    void gaveUp(const talkbench::base::Error &why);
    /// Somebody who waits for this call has this priority.
    void hurried(talkbench::run::Priority priority);
    void content(const QString &text, const QString &reasoning);
    /// Without a hit, this call is the one that pays for `record`.
    void answered(const talkbench::profile::RunRecord &record, const std::optional<talkbench::profile::CacheHit> &hit);
    void deserted();
    /// The call it has joined has no owner any more: this one would pay, as it stands.
    void owing(const talkbench::profile::RunRecord &underWay);
    /// The call it had joined had no owner any more and failed without a word: its attempts are on this call's bill.
    void inherited(const talkbench::profile::RunRecord &failed);

private:
    void onFound(const ResponseCache::Found &found);
    void play(const profile::CacheEntry &entry);
    void joinOrLead();
    void join(Flight &flight);
    void lead();
    void leave();
    void waitAtMost(qint64 ms, const base::Error &error);
    void onDeparted();
    void onLanded(const profile::RunRecord &record);
    void answer(const profile::RunRecord &record, const std::optional<profile::CacheHit> &hit);

    const RunRequest m_request;
    const bool m_alone;
    const qint64 m_submittedNs;
    const Services m_services;
    CachePlan m_plan;
    Checking m_checking;
    std::unique_ptr<Playback> m_playback;
    QPointer<Flight> m_joined;
    QPointer<Flight> m_led;
    /// Of the wait for the call it has joined, or for that to go out.
    std::unique_ptr<QObject> m_limitTimer;
    qint64 m_departedNs = 0;
    bool m_stopping = false;
    bool m_concluded = false;
};

} // namespace talkbench::run
