#pragma once

#include "core/cost/tokencount.h"
#include "core/run/run.h"
#include "ui/appcontext.h"

#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <functional>
#include <memory>

namespace talkbench::ui {

/// What a comparison may cost, all of its calls together, as the budgets reckon it. While a prompt is typed only what stands
/// around the change is counted again, aside.
class CompareEstimate final : public QObject {
    Q_OBJECT

public:
    /// The calls as they would go out, without a key or an address; none where there is nothing to say.
    using Calls = std::function<QList<run::RunRequest>()>;

    CompareEstimate(AppContext &context, Calls calls, QObject *parent);
    ~CompareEstimate() override;

    /// Something may have changed.
    void refresh() { m_wait.start(); }

Q_SIGNALS:
    /// Both are empty where there are no calls, the first where none of them charges anything. `tip` has a line a model.
    void estimated(const QString &text, const QString &tip);

private:
    struct Memory;

    void count();
    void show(const QList<run::RunRequest> &calls);

    AppContext &m_context;
    const Calls m_calls;
    QTimer m_wait;
    quint64 m_round = 0;
    std::shared_ptr<Memory> m_memory; ///< used in m_pool's one thread
    QThreadPool m_pool;
};

} // namespace talkbench::ui
