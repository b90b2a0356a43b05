#pragma once

#include "app/commands/chatoptions.h"
#include "app/commands/session.h"
#include "core/cost/budget.h"
#include "core/cost/receipt.h"
#include "core/run/relay.h"

#include <QElapsedTimer>

namespace talkbench::app {

/// `talkbench chat`: one question, one answer. Text to stdout as it comes, numbers to stderr. Ends the event loop with
/// the exit code.
class ChatCommand final : public QObject {
    Q_OBJECT

public:
    ChatCommand(Session &session, const ChatCommandOptions &options);

    void start();
    /// Ends with what has come.
    void interrupt();

private:
    /// The model of an automatic choice, once it is known what the budgets have left.
    void choose();
    void chooseWith(const QList<cost::Spent> &spent);
    void resolve();
    llm::ChatRequest chatRequest(const QString &model) const;
    void onResolved(const base::Result<Resolved> &resolved);
    void pickModel(const llm::Endpoint &endpoint, const run::ModelResult &models);
    run::RunRequest requestFor(const llm::Endpoint &endpoint, const QString &model) const;
    void send(const llm::Endpoint &endpoint, const QString &model);
    /// Sends it unless a budget is against it.
    void checkBudgets(const run::RunRequest &request);
    void onVerdict(const cost::Verdict &verdict, const run::RunRequest &request);
    void dispatch(const run::RunRequest &request);
    /// The request for a model that takes over.
    void prepare(const select::ModelRef &ref, QObject *context,
                 const std::function<void(const run::Relay::RequestResult &)> &then);
    /// Gives it back unless a budget is against it.
    void sendWithin(const run::RunRequest &request, QObject *context,
                    const std::function<void(const run::Relay::RequestResult &)> &then);
    void onUpdated(const run::RunUpdate &update);
    void print(const QString &text);
    /// An answer that may be given again is printed when it is the last.
    bool isHeld() const { return m_options.validation.onFailure != llm::Validation::OnFailure::Mark; }
    void onFinished(const profile::RunRecord &record);
    /// Before there is a call.
    void fail(const base::Error &error);
    void report(const profile::RunRecord &record);
    void sayWhyNobody(const profile::RunRecord &record);
    QList<cost::Elsewhere> elsewhere(const profile::RunRecord &record) const;

    Session &m_session;
    const ChatCommandOptions m_options;
    Target m_target;
    std::optional<select::Pick> m_pick;
    QList<cost::Spent> m_spent; ///< before the call, where there are budgets
    run::TimerScheduler m_scheduler;
    std::unique_ptr<run::Relay> m_run;
    std::optional<profile::Decision> m_step;
    qint64 m_retryAtNs = 0;
    qint64 m_askedNs = 0;
    QString m_half; ///< of a character whose second half is still to come
    bool m_written = true;
    bool m_endsLine = true;
};

} // namespace talkbench::app
