#pragma once

#include "core/cost/tokencount.h"
#include "core/llm/provider.h"
#include "core/llm/validation.h"
#include "core/net/httptransport.h"
#include "core/profile/cacheentry.h"
#include "core/profile/runrecord.h"
#include "core/run/limits.h"

#include <QObject>

namespace talkbench::run {

/// Who is asked where the answer fails its checks.
struct Fallback {
    llm::Endpoint endpoint;
    QString model;
};

struct RunRequest {
    llm::Endpoint endpoint;
    llm::ChatRequest chat;
    QString conversationId;
    QString messageId;
    net::TransportLimits limits;
    Priority priority = Priority::Interactive;
    profile::Operation operation = profile::Operation::Chat;
    /// Unset: as the service's CacheSettings say. What measures a server says Off.
    std::optional<profile::CachePolicy> cache = {};
    /// Asks anew, whatever is kept; the policy says whether the new answer is.
    bool cacheAnew = false;
    /// The oldest kept answer that will do, and how long this one is kept; 0: for ever. Unset: as CacheSettings say.
    std::optional<qint64> cacheTtlMs = {};
    /// How the model was chosen: goes into the record.
    QJsonObject decision = {};
    /// Of the prompt, by who has counted it already. Unset: the service counts a short one, and estimates a longer one.
    std::optional<cost::TokenCount> promptTokens = {};
    /// Monotonic: when the user asked, where other work came first; 0: none did.
    qint64 askedNs = 0;
    /// What led to this request when others went before it: begins the decisions of its trace.
    QList<profile::Decision> steps = {};
    /// Whether what may pass is tried again, by the service's policy; not where another model waits to take over.
    bool retries = true;
    llm::Validation validation;
    /// For Validation::OnFailure::FallBack, in this order.
    QList<Fallback> fallbacks;
};

using ModelResult = base::Result<QList<llm::ModelInfo>>;

enum class RunState { Queued, Connecting, Waiting, Streaming, RetryWait, Ended };

/// What has come since the last update. At most one a frame, and at once for the first content.
struct RunUpdate {
    RunState state = RunState::Queued;
    /// The answer failed its checks and is given again: what came before belongs to it no more.
    bool restarted = false;
    /// Restarted: what failed.
    QList<profile::Verdict> failed;
    /// The model whose judgement of the answer is awaited; empty where none is.
    QString judge = {};
    /// What a reader sees, a refusal included.
    QString text;
    QString reasoning;
    QList<profile::ChunkStamp> chunks;
    /// All stamps so far; its `chunks` stay empty, they come in `chunks` above.
    profile::Trace trace;
    /// Queued: what it waits for, until when and behind how many.
    Wait wait;
    /// RetryWait: when the next attempt starts (monotonic ns), and what went wrong.
    qint64 retryAtNs = 0;
    std::optional<base::Error> lastError;
    /// Why another model is asked now than the one before; unset where none was.
    std::optional<profile::Decision> step = {};

    /// All of it; what is to be told only once stays no longer.
    RunUpdate takeNews()
    {
        RunUpdate news = *this;
        restarted = false;
        failed.clear();
        text.clear();
        reasoning.clear();
        chunks.clear();
        return news;
    }
};

/// A call in flight, as its owner sees it. Lives in the owner's thread; destroying it cancels the call.
class Run : public QObject {
    Q_OBJECT

public:
    ~Run() override = default;
    virtual QString id() const = 0;
    /// Ends the call and closes its socket at once; finished() follows with what had come.
    virtual void cancel() = 0;
    /// Ends the call if nothing of it is on the wire and nothing was answered: finished() follows as of cancel(). One that is
    /// under way goes on.
    virtual void withdraw() = 0;
    /// RetryWait: try again now.
    virtual void retryNow() = 0;

Q_SIGNALS:
    void updated(const talkbench::run::RunUpdate &update);
    /// Exactly once, last.
    void finished(const talkbench::profile::RunRecord &record);
};

} // namespace talkbench::run

Q_DECLARE_METATYPE(talkbench::run::RunUpdate)
