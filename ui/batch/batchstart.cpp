/// BatchPage: from its form to a batch that runs.

#include "core/config/settings.h"
#include "core/run/ledger.h"
#include "core/select/chooser.h"
#include "ui/batch/batchform.h"
#include "ui/batch/batchpage.h"
#include "ui/batch/batchresults.h"
#include "ui/budgetcheck.h"
#include "ui/endpoints.h"
#include "ui/settings/formparts.h"
#include "ui/theme/controls.h"
#include "ui/whenready.h"

#include <QLabel>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

void BatchPage::start()
{
    if (m_state != State::Idle)
        return;
    m_message->hide();
    m_spentBefore.reset();
    m_lookStop.request_stop();
    if (const BatchProblem problem = m_form->problem(); !problem.text.isEmpty())
        return fail(problem.text, problem.field);
    m_wait.stop();
    m_toLook = false;
    m_restored = false;
    m_shown = m_form->asks();
    m_wanted = m_form->models();
    m_task = m_form->task();
    m_task.plan.retryFailed = std::exchange(m_retryFailed, false);
    m_task.plan.limits = m_context.endpoints.limits();
    m_context.settings.setValue("batch/poll_s", m_form->pollSeconds());
    m_task.prices = m_context.prices;
    m_task.plan.choice.models = m_context.chooser.policy().models();
    m_state = State::Starting;
    refresh();
    resolve(0);
}

/// Of the default provider where none is named; auto is of none.
llm::ModelName BatchPage::nameOf(const QString &wanted) const
{
    QStringList providers;
    const auto configured = m_context.settings.providers();
    for (const config::ProviderConfig &row : configured)
        providers << row.id;
    llm::ModelName name = llm::modelNameFrom(wanted.trimmed(), providers);
    if (name.providerId.isEmpty() && name.model != select::autoRef.model)
        name.providerId = m_context.settings.value("default/provider").toString();
    return name;
}

void BatchPage::resolve(qsizetype index)
{
    const auto &targets = m_task.plan.targets;
    if (index == m_wanted.size()) {
        const bool chooses =
            std::any_of(targets.begin(), targets.end(), [](const auto &target) { return target.isAutomatic(); });
        reach(chooses ? m_context.chooser.policy().providers() : QStringList(), 0);
        return;
    }
    const llm::ModelName name = nameOf(m_wanted[index]);
    if (name == llm::ModelName { {}, select::autoRef.model }) {
        if (m_task.plan.way == bench::BatchWay::Provider)
            return fail(tr("A batch of the provider's own is for one model: auto chooses call by call."),
                        m_form->fieldOf(BatchPart::Way));
        m_task.plan.targets.append(bench::BatchTarget::automatic());
        resolve(index + 1);
        return;
    }
    whenReady(this, m_context.endpoints.resolve(name.providerId),
              [this, index, name](const base::Result<llm::Endpoint> &endpoint) {
                  if (!endpoint)
                      return fail(endpoint.error().message);
                  m_task.plan.targets.append({ *endpoint, name.model, name.providerId });
                  resolve(index + 1);
              });
}

void BatchPage::reach(const QStringList &providers, qsizetype index)
{
    if (index == providers.size()) {
        prepare();
        return;
    }
    whenReady(this, m_context.endpoints.resolve(providers.at(index)),
              [this, providers, index](const base::Result<llm::Endpoint> &endpoint) {
                  bench::BatchChoice &choice = m_task.plan.choice;
                  if (endpoint)
                      choice.endpoints.insert(providers.at(index), *endpoint);
                  else
                      choice.unreachable.insert(providers.at(index), endpoint.error().message);
                  reach(providers, index + 1);
              });
}

void BatchPage::prepare()
{
    m_runner.reset();
    m_ready.reset();
    m_hasJournal = false;
    sayProgress(tr("Reading…"));
    inWorker([task = m_task](BatchWorker &worker) { worker.prepare(task); });
}

void BatchPage::onPrepared(const std::shared_ptr<BatchReady> &ready)
{
    m_ready = ready;
    m_hasJournal = true;
    sayEstimate(*ready);
    if (m_ready->items.isEmpty())
        begin();
    else
        checkSpending();
}

void BatchPage::checkSpending()
{
    if (m_context.ledger.budgets().isEmpty())
        return begin();
    m_context.ledger.read({}, this, [this](const base::Result<QList<cost::Spent>> &spent) {
        if (!spent)
            return fail(spent.error().message);
        m_spentBefore = *spent;
        onVerdict(bench::checkBudgets(m_task.plan, m_ready->costs, m_context.ledger.budgets(), *spent));
    });
}

void BatchPage::onVerdict(const cost::Verdict &verdict)
{
    using enum cost::BudgetAction;
    if (verdict.action == Refuse)
        return fail(tr("Nothing was sent. %1").arg(verdict.reason));
    if (verdict.action == Warn)
        m_message->say(verdict.reason, ToneLabel::Tone::Warning);
    if (verdict.action != Ask)
        return begin();
    sayProgress({});
    askToSpend(this, { tr("Start the batch?"), verdict.reason, tr("Start nevertheless"), tr("Don't start") },
               [this](bool may) {
                   if (may)
                       return begin();
                   m_message->say(tr("Nothing was sent."), ToneLabel::Tone::Muted);
                   giveUp();
               });
}

void BatchPage::begin()
{
    m_fold->setChecked(false);
    m_results->clear();
    m_results->appendAll(m_ready->rows);
    m_state = State::Running;
    m_stopping = false;
    m_cancelling = false;
    m_left = 0;
    saveForm();
    m_done = m_ready->before;
    Q_EMIT runningChanged(true);
    if (m_task.plan.way == bench::BatchWay::Provider) {
        m_context.settings.setValue("batch/open", m_form->save());
        m_ready.reset();
        inWorker([](BatchWorker &worker) { worker.send(); });
        refresh();
        return;
    }
    const bench::BatchRunner::Services services { m_context.runs,   m_context.clock,
                                                  m_scheduler,      m_context.chooser,
                                                  m_context.ledger, [this](const auto &...kept) { keep(kept...); } };
    m_runner = std::make_unique<bench::BatchRunner>(services, m_task.plan);
    connect(m_runner.get(), &bench::BatchRunner::resulted, m_results, &BatchResults::append);
    connect(m_runner.get(), &bench::BatchRunner::progressed, this, &BatchPage::onProgress);
    connect(m_runner.get(), &bench::BatchRunner::finished, this, &BatchPage::onFinished, Qt::QueuedConnection);
    m_runner->add(std::exchange(m_ready->items, {}), m_ready->before);
    m_runner->endInput();
    refresh();
}

/// More calls at once than these let through have no effect.
void BatchPage::sayLimits()
{
    QStringList providers;
    const QStringList models = m_form->models();
    for (const QString &wanted : models) {
        const llm::ModelName name = nameOf(wanted);
        providers +=
            name.providerId.isEmpty() ? m_context.chooser.policy().providers() : QStringList { name.providerId };
    }
    providers.removeDuplicates();
    QStringList said;
    for (const QString &provider : std::as_const(providers)) {
        const int limit = config::callsAtOnce(m_context.settings, provider);
        if (limit < m_form->concurrency())
            said << (limit == 1 ? tr("%1 is limited to 1 call at once in the settings.")
                                : tr("%1 is limited to %2 calls at once in the settings."))
                        .arg(m_context.settings.providerName(provider), QString::number(limit));
    }
    const int overall = m_context.settings.value("limits/overall").toInt();
    if (overall < m_form->concurrency())
        said << tr("All providers together are limited to %1 calls at once in the settings.").arg(overall);
    m_form->setLimitNote(said.join(u' '));
}

} // namespace talkbench::ui
