#pragma once

#include "core/cost/budget.h"
#include "core/run/ledger.h"
#include "core/run/relay.h"
#include "ui/appcontext.h"
#include "ui/chat/promptfitting.h"

#include <QObject>
#include <QPointer>

#include <functional>
#include <memory>
#include <optional>

namespace talkbench::ui {

/// The call for one answer: the provider is looked up, the prompt is made to fit, the budgets are asked, the model is called,
/// others where it fails, each with the prompt made for it. Destroying it cancels the call.
class AnswerCall final : public QObject {
    Q_OBJECT

public:
    /// `request` names its provider and model, its endpoint comes from the settings and its messages from the prompt. `order`:
    /// the request's model first, then who is asked where it fails.
    AnswerCall(AppContext &context, PromptFitting &fitting, const Prompt &prompt, const run::RunRequest &request,
               const QList<select::Candidate> &order);
    ~AnswerCall() override;

    void start();
    /// What a budget holds back goes out.
    void allowSpending();
    /// It does not go out.
    void refuseSpending();
    void cancel();
    void retryNow();

Q_SIGNALS:
    /// A budget says to ask: allowSpending(), refuseSpending() or cancel().
    void questioned(const QString &reason);
    void warned(const talkbench::base::Error &error);
    void launched(const QString &model);
    void updated(const talkbench::run::RunUpdate &update);
    /// Exactly once, last; a call that could not even begin has a record without an id.
    void finished(const talkbench::profile::RunRecord &record);

private:
    using Then = std::function<void(const base::Result<run::RunRequest> &request)>;
    using Made = std::function<void(const run::RunRequest &request)>;

    /// The request for this model, and its prompt as it fits.
    void make(const select::ModelRef &ref, QObject *context, const Then &then);
    /// The same, unless a budget is against it.
    void makeAllowed(const select::ModelRef &ref, QObject *context, const Then &then);
    void takeBack();
    /// Who is asked where the answer fails its checks and no models are named for that: the others of the order, from `next`
    /// on, that can be reached.
    void addFallbacks(const run::RunRequest &request, qsizetype next, QObject *context, const Made &then);
    void checkSpending();
    void judge(const run::Judged &judged);
    void launch();
    void fail(const base::Error &error);

    AppContext &m_context;
    /// Gone first where the whole window goes.
    const QPointer<PromptFitting> m_fitting;
    const Prompt m_prompt;
    run::RunRequest m_request; ///< made for the first model, once it is
    const QList<select::Candidate> m_order;
    run::TimerScheduler m_scheduler;
    std::unique_ptr<run::Relay> m_run;
    qint64 m_sentMs = 0; ///< wall: what the chooser was told; 0: nothing, or it was taken back
    std::optional<QString> m_heldBy; ///< a budget, with why
    bool m_allowed = false; ///< whatever a budget asks about this answer
    bool m_failed = false;
};

} // namespace talkbench::ui
