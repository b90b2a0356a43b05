#pragma once

#include "app/commands/session.h"
#include "core/cost/budget.h"
#include "core/llm/chatrequest.h"
#include "core/llm/validation.h"
#include "core/profile/cacheentry.h"

#include <QElapsedTimer>

namespace talkbench::app {

struct ChatCommandOptions {
    Target target;
    QString prompt;
    QString system;
    QList<llm::ContentPart> images;
    llm::ChatOptions chat;
    llm::Validation validation;
    /// Of the whole answer; unset: as the settings say.
    std::optional<int> timeoutMs;
    /// Unset: as the settings say.
    std::optional<profile::CachePolicy> cache;
    std::optional<qint64> cacheTtlMs;
    bool json = false;
    /// Send even where a budget says to ask first.
    bool overBudget = false;
};

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
    void onResolved(const base::Result<Resolved> &resolved);
    void pickModel(const llm::Endpoint &endpoint, const run::ModelResult &models);
    void send(const llm::Endpoint &endpoint, const QString &model);
    /// Sends it unless a budget is against it.
    void checkBudgets(const run::RunRequest &request);
    void onVerdict(const cost::Verdict &verdict, const run::RunRequest &request);
    void dispatch(const run::RunRequest &request);
    void onUpdated(const run::RunUpdate &update);
    void print(const QString &text);
    /// An answer that may be given again is printed when it is the last.
    bool isHeld() const { return m_options.validation.onFailure != llm::Validation::OnFailure::Mark; }
    void onFinished(const profile::RunRecord &record);
    /// Before there is a call.
    void fail(const base::Error &error);
    void report(const profile::RunRecord &record);

    Session &m_session;
    const ChatCommandOptions m_options;
    std::unique_ptr<run::Run> m_run;
    qint64 m_retryAtNs = 0;
    QString m_half; ///< of a character whose second half is still to come
    bool m_written = true;
    bool m_endsLine = true;
};

} // namespace talkbench::app
