/// BatchPage: what its form comes to before it is begun, and that the form is kept.

#include "core/config/settings.h"
#include "core/profile/format.h"
#include "core/select/chooser.h"
#include "ui/batch/batchform.h"
#include "ui/batch/batchpage.h"
#include "ui/batch/batchresults.h"
#include "ui/settings/formparts.h"
#include "ui/theme/controls.h"

#include <QProgressBar>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

void BatchPage::goOn()
{
    const QVariantMap open = m_context.settings.value("batch/open").toMap();
    const QVariantMap kept = open.isEmpty() ? m_context.settings.value("batch/form").toMap() : open;
    if (kept.isEmpty() || m_state != State::Idle)
        return;
    m_form->restore(kept);
    m_restored = true;
    if (open.isEmpty())
        look();
    else
        start();
}

/// What is shown of one batch is not of another.
void BatchPage::onEdited()
{
    sayLimits();
    if (m_state == State::Idle) {
        if (m_form->asks() != m_shown)
            forget();
        m_wait.start();
    }
    refresh();
}

void BatchPage::forget()
{
    m_lookStop.request_stop();
    m_toLook = true;
    m_restored = false;
    m_shown = m_form->asks();
    m_left = 0;
    m_done = {};
    m_hasFailed = false;
    m_hasJournal = false;
    m_results->clear();
    m_bar->reset();
    sayProgress({});
    sayEstimate({});
    m_message->hide();
}

/// After the last of several edits.
void BatchPage::settle()
{
    if (m_state != State::Idle)
        return;
    saveForm();
    if (m_toLook)
        look();
}

void BatchPage::saveForm()
{
    m_context.settings.setValue("batch/form", m_form->save());
}

/// Of its targets only the names: no key is fetched for it.
BatchTask BatchPage::taskToLook() const
{
    BatchTask task = m_form->task();
    task.prices = m_context.prices;
    const QStringList models = m_form->models();
    for (const QString &wanted : models) {
        const llm::ModelName name = nameOf(wanted);
        llm::Endpoint endpoint;
        endpoint.providerId = name.providerId;
        const bool chosen = name == llm::ModelName { {}, select::autoRef.model };
        task.plan.targets.append(chosen ? bench::BatchTarget::automatic()
                                        : bench::BatchTarget { endpoint, name.model, name.providerId });
    }
    task.plan.choice.models = m_context.chooser.policy().models();
    for (const select::ModelRef &ref : std::as_const(task.plan.choice.models)) {
        llm::Endpoint endpoint;
        endpoint.providerId = ref.providerId;
        task.plan.choice.endpoints.insert(ref.providerId, endpoint);
    }
    return task;
}

/// How far it is, what has come, and what the rest will cost.
void BatchPage::look()
{
    m_lookStop.request_stop();
    m_lookStop = {};
    m_toLook = false;
    m_shown = m_form->asks();
    m_task = taskToLook();
    inWorker([task = m_task, stop = m_lookStop.get_token()](BatchWorker &worker) { worker.look(task, stop); });
}

void BatchPage::onLooked(const std::shared_ptr<BatchLook> &look)
{
    if (look->stop.stop_requested() || m_state != State::Idle)
        return;
    sayEstimate(*look);
    const bool restored = std::exchange(m_restored, false);
    const bench::BatchProgress &before = look->before;
    if (before.done() == 0)
        return;
    m_results->clear();
    m_results->appendAll(look->rows);
    onProgress(before);
    sayProgress(tr("%1 of %2 are done").arg(before.done()).arg(before.total));
    m_hasFailed = before.failed > 0;
    m_hasJournal = true;
    m_left = before.total - before.done();
    if (restored)
        m_fold->setChecked(false);
    refresh();
}

void BatchPage::sayEstimate(const BatchLook &look)
{
    m_estimate->setText(estimateOf(look));
    m_estimate->setVisible(!m_estimate->text().isEmpty());
}

QString BatchPage::estimateOf(const BatchLook &look) const
{
    if (look.calls == 0)
        return {};
    QStringList parts { tr("Prompts: %1").arg(look.prompts), tr("models: %1").arg(m_task.plan.targets.size()),
                        tr("calls to make: %1").arg(look.calls) };
    cost::CostRange sum;
    QStringList unknown;
    QStringList rules;
    for (const bench::BatchCost &row : look.costs) {
        sum = { sum.minUsd + row.known.minUsd, sum.maxUsd + row.known.maxUsd };
        unknown += row.unpriced;
        if (!row.usd)
            unknown << row.model;
        if (!row.rule.isEmpty())
            rules << row.rule;
    }
    unknown.removeDuplicates();
    if (sum.maxUsd > 0)
        parts << tr("estimated at %1").arg(profile::formatUsdRange(sum.minUsd, sum.maxUsd));
    if (!unknown.isEmpty())
        parts << tr("price unknown: %1").arg(unknown.join(u", "_s));
    return (parts + rules).join(u" · "_s);
}

} // namespace talkbench::ui
