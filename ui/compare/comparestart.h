#pragma once

#include "core/base/result.h"
#include "core/cost/budget.h"
#include "core/run/run.h"
#include "ui/appcontext.h"

#include <QObject>

namespace talkbench::ui {

/// What comes before the calls of a comparison: how their providers are reached, and what the budgets say of all of them
/// together, for each alone may be within a budget that their sum is not. Nothing is sent here.
class CompareStart final : public QObject {
    Q_OBJECT

public:
    /// Questions are asked over `page`.
    CompareStart(AppContext &context, QWidget *page);
    ~CompareStart() override;

    /// From begin() until one of the signals, or cancel().
    bool isBusy() const { return m_busy; }
    /// Calls without an address or a key, but with the id of their provider.
    void begin(const QList<run::RunRequest> &calls);
    void cancel();

Q_SIGNALS:
    /// In the order of begin(); an error where the provider can't be reached.
    void allowed(const QList<talkbench::base::Result<talkbench::run::RunRequest>> &calls);
    /// What the budgets say of calls that go out nevertheless; before allowed().
    void warned(const talkbench::base::Error &error);
    /// Nothing is to be sent; the reason may be empty: a person said so.
    void refused(const QString &reason);

private:
    void resolve(qsizetype index);
    void checkSpending();
    void judge(const cost::Verdict &verdict);
    void ask(const QString &reason);
    void allow();
    void refuse(const QString &reason);

    AppContext &m_context;
    QWidget *m_page;
    bool m_busy = false;
    int m_round = 0; ///< answers to earlier ones are too late
    QList<base::Result<run::RunRequest>> m_calls;
    qsizetype m_unresolved = 0;
};

} // namespace talkbench::ui
