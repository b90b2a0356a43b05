#pragma once

#include "core/cost/contextfit.h"
#include "core/run/summary.h"
#include "core/select/modelref.h"
#include "ui/appcontext.h"

#include <QHash>
#include <QObject>
#include <QSet>
#include <QThreadPool>

#include <functional>
#include <map>
#include <memory>

namespace talkbench::ui {

/// A prompt as it would be sent.
struct Prompt {
    QString conversationId;
    QString providerId;
    llm::ChatRequest request;
    QStringList ids; ///< of the request's messages; "" for one that is none of the conversation's
    QStringList pinned; ///< ids of messages that stay
    QList<select::ModelRef> authors = {}; ///< of the request's messages; empty for one that no model wrote
    QList<select::ModelRef> models = {}; ///< that may be asked with it
};

/// As this model is asked with it: signed and encrypted thoughts mean something to their own model only.
Prompt madeFor(const Prompt &prompt, const select::ModelRef &ref);

/// What would become of it.
struct PromptPlan {
    cost::ContextFit fit;
    QSet<QString> leftOut; ///< ids of messages that go whole
    QHash<QString, QString> shortened; ///< what others lose of their middle, by their ids
    std::optional<cost::FitPolicy> policy; ///< as the settings say; unset: none is in force
    bool hasSummariser = false; ///< else turns that should become a summary go without one
    bool sendsAll = false; ///< the user undid it
};

/// The stage between a prompt and its call: counts it, and leaves out what the model's context has no room for, as the settings
/// say. Counting goes on aside, so that no window waits for it.
class PromptFitting final : public QObject {
    Q_OBJECT

public:
    explicit PromptFitting(AppContext &context, QObject *parent = nullptr);
    ~PromptFitting() override;

    /// planned() follows, unless another is asked for meanwhile. Nothing while the vocabularies are being loaded.
    void plan(const Prompt &prompt);
    /// Calls `then` with the request to send instead: at once where it is short or nothing need be counted. A summary may be
    /// asked for first. Nothing is called after cancel().
    using Then = std::function<void(const run::RunRequest &request)>;
    void fit(const Prompt &prompt, const run::RunRequest &request, const Then &then);
    /// By the request's message.
    void cancel(const QString &messageId) { m_summaries.erase(messageId); }

    /// Until the program ends the conversation's prompts are sent whole.
    void setSendsAll(const QString &conversationId, bool sendsAll);
    bool sendsAll(const QString &conversationId) const { return m_sendAll.contains(conversationId); }
    /// Whether its prompts are made shorter where they are too long.
    bool shortens(const QString &conversationId) const;

Q_SIGNALS:
    void planned(const talkbench::ui::PromptPlan &plan);
    /// Another plan may come of the same prompt.
    void changed();
    void failed(const talkbench::base::Error &error);

private:
    struct Memory;
    using Judged = std::function<void(const cost::ContextFit &fit)>;

    std::optional<cost::FitPolicy> policy() const;
    std::optional<select::ModelRef> summariser() const;
    cost::ContextRules rulesFor(const Prompt &prompt) const;
    void judge(const Prompt &prompt, const cost::ContextRules &rules, const Judged &then);
    void summarise(const Prompt &prompt, const run::RunRequest &request, const cost::ContextFit &fit, const Then &then);
    void makeSummaryCall(const llm::Endpoint &endpoint, const select::ModelRef &ref, const Prompt &prompt,
                         const run::RunRequest &request, const cost::ContextFit &fit, const Then &then);
    void askForSummary(const run::SummaryCall &call, const Prompt &prompt, const run::RunRequest &request,
                       const Then &then);
    void dropInstead(const Prompt &prompt, const run::RunRequest &request, const QString &why, const Then &then);

    AppContext &m_context;
    QSet<QString> m_sendAll;
    std::map<QString, std::unique_ptr<run::Run>> m_summaries; ///< by the message that waits; null at first
    quint64 m_plans = 0;
    std::shared_ptr<Memory> m_memory; ///< used in m_pool's one thread
    QThreadPool m_pool;
};

} // namespace talkbench::ui
