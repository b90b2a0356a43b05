#include "ui/batch/batchpage.h"

#include "core/config/settings.h"
#include "core/run/ledger.h"
#include "core/select/policy.h"
#include "ui/batch/batchform.h"
#include "ui/batch/batchresults.h"
#include "ui/batch/resultdialog.h"
#include "ui/focuskeeper.h"
#include "ui/settings/formparts.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QApplication>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QTableView>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

/// Below so many characters buttons do with fewer words.
constexpr int wideCharacters = 76;
/// What a person who closes the window waits for calls in flight.
constexpr int closingMs = 3000;
/// From the last edit until the form is kept and looked at.
constexpr int settlesMs = 400;

QPushButton *actionButton(const QString &name, const QString &iconName, const QString &text, IconTone tone,
                          QWidget *parent)
{
    auto *button = new QPushButton(icon(iconName, tone), text, parent);
    button->setObjectName(name);
    button->setAccessibleName(text);
    return button;
}

QStringList remarksOn(const bench::BatchProgress &progress)
{
    QStringList remarks = bench::failuresInWords(progress);
    if (progress.unchecked > 0)
        remarks << BatchPage::tr("Not checked: %1.").arg(progress.unchecked);
    if (progress.unjudged > 0)
        remarks << BatchPage::tr("From before, and not judged: %1. A judge is asked with a new answer only.")
                       .arg(progress.unjudged);
    if (!progress.warning.isEmpty())
        remarks << progress.warning;
    return remarks;
}

} // namespace

BatchPage::BatchPage(AppContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_form(new BatchForm(this)),
      m_results(new BatchResults([&context](const QString &id) { return context.settings.providerName(id); }, this))
{
    setObjectName(u"batchPage"_s);
    setAccessibleName(tr("Batch of prompts"));
    m_form->setPollSeconds(context.settings.value("batch/poll_s").toInt());
    makeWorker();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(grid::gap, grid::wide, grid::gap, grid::gap);
    layout->setSpacing(grid::wide);
    makeForm();
    layout->addWidget(m_fold);
    layout->addWidget(m_formArea);
    layout->addWidget(makeButtons());
    layout->addWidget(makeResults(), 1);
    refresh();
    QMetaObject::invokeMethod(this, &BatchPage::goOn, Qt::QueuedConnection);
}

BatchPage::~BatchPage()
{
    m_form->disconnect(this);
    m_stopReading.request_stop();
    m_lookStop.request_stop();
    if (m_wait.isActive())
        saveForm();
    inWorker([this](BatchWorker &) { m_thread.quit(); }); // behind every result that is to be kept
    m_thread.wait();
}

void BatchPage::makeWorker()
{
    m_worker = new BatchWorker(m_context.runs, m_context.store, m_context.clock, m_stopReading.get_token());
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connect(m_worker, &BatchWorker::looked, this, &BatchPage::onLooked);
    connect(m_worker, &BatchWorker::prepared, this, &BatchPage::onPrepared);
    connect(m_worker, &BatchWorker::failed, this,
            [this](const QString &message, BatchPart part) { fail(message, m_form->fieldOf(part)); });
    connect(m_worker, &BatchWorker::detailed, this, &BatchPage::onDetailed);
    connect(m_worker, &BatchWorker::resulted, m_results, &BatchResults::appendAll);
    connect(m_worker, &BatchWorker::progressed, this, &BatchPage::onProgress);
    connect(m_worker, &BatchWorker::finished, this, &BatchPage::onFinished);
    connect(m_worker, &BatchWorker::exported, this, &BatchPage::onExported);
    m_thread.setObjectName(u"batch"_s);
    m_thread.start();
}

void BatchPage::inWorker(const std::function<void(BatchWorker &)> &call)
{
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker, call] { call(*worker); }, Qt::QueuedConnection);
}

void BatchPage::makeForm()
{
    m_fold = new Disclosure(u"batchFold"_s, tr("Prompts, models, checks"), this);
    m_fold->setChecked(true);
    m_formArea = new GrowingArea(m_form, this);
    m_wait.setSingleShot(true);
    m_wait.setInterval(settlesMs);
    connect(&m_wait, &QTimer::timeout, this, &BatchPage::settle);
    connect(m_form, &BatchForm::edited, this, &BatchPage::onEdited);
    connect(m_fold, &QToolButton::toggled, this, &BatchPage::refresh);
}

QWidget *BatchPage::makeButtons()
{
    auto *area = new QWidget(this);
    m_start = actionButton(u"batchStart"_s, u"play"_s, tr("Start"), IconTone::OnAccent, area);
    m_start->setDefault(true);
    m_pause = actionButton(u"batchPause"_s, u"pause"_s, tr("Pause"), IconTone::Text, area);
    m_stop = actionButton(u"batchStop"_s, u"stop"_s, tr("Stop"), IconTone::Text, area);
    m_cancel = actionButton(u"batchCancel"_s, u"close"_s, tr("Cancel at the provider"), IconTone::Text, area);
    m_cancel->setToolTip(tr("What it has answered by then is collected, and paid"));
    m_retry = actionButton(u"batchRetry"_s, u"regenerate"_s, tr("Ask failed ones again"), IconTone::Text, area);
    m_retry->setToolTip(m_retry->accessibleName());
    m_export = actionButton(u"batchExport"_s, u"download"_s, tr("Export CSV…"), IconTone::Text, area);
    m_export->setToolTip(m_export->accessibleName());
    m_progress = new ElidedLabel(area);
    m_progress->setObjectName(u"batchProgress"_s);
    m_progress->hide();
    m_bar = new QProgressBar(area);
    m_bar->setObjectName(u"batchBar"_s);
    m_bar->setAccessibleName(tr("Progress of the batch"));
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(grid::half);
    m_estimate = mutedLabel(u"batchEstimate"_s, area);
    m_estimate->setWordWrap(true);
    m_estimate->setTextFormat(Qt::PlainText);
    m_estimate->hide();
    m_message = new ToneLabel(u"batchMessage"_s, ToneLabel::Tone::Error, area);
    m_message->hide();
    auto *line = new QHBoxLayout;
    line->setSpacing(grid::unit);
    for (QPushButton *button : { m_start, m_pause, m_stop, m_cancel, m_retry, m_export })
        line->addWidget(button);
    line->addStretch();
    auto *layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::unit);
    layout->addLayout(line);
    layout->addWidget(m_estimate);
    layout->addWidget(m_progress);
    layout->addWidget(m_bar);
    layout->addWidget(m_message);
    connectButtons();
    return area;
}

void BatchPage::connectButtons()
{
    connect(m_start, &QPushButton::clicked, this, &BatchPage::start);
    connect(m_pause, &QPushButton::clicked, this, &BatchPage::togglePause);
    connect(m_stop, &QPushButton::clicked, this, [this] { m_stopping ? stopNow() : stop(); });
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        m_cancelling = true;
        inWorker([](BatchWorker &worker) { worker.cancel(); });
        refresh();
    });
    connect(m_retry, &QPushButton::clicked, this, [this] {
        m_retryFailed = true;
        start();
    });
    connect(m_export, &QPushButton::clicked, this, &BatchPage::exportCsv);
}

QWidget *BatchPage::makeResults()
{
    auto *area = new QWidget(this);
    m_empty = new QLabel(area);
    m_empty->setObjectName(u"batchEmpty"_s);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_table = tableOf(m_results, area);
    auto *layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_empty, 1);
    layout->addWidget(m_table, 1);
    connect(m_table, &QTableView::activated, this, &BatchPage::showResult);
    connect(m_results, &QAbstractItemModel::rowsInserted, this, &BatchPage::refresh);
    return area;
}

void BatchPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_form->suggest(m_context.settings.value("default/model").toString());
    sayLimits(); // the settings may have changed
}

void BatchPage::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    refreshButtons();
}

/// In the worker's thread: a slow disk holds up no window. Only what is a run on disk is done: else a crash would lose what it
/// cost.
void BatchPage::keep(const bench::BatchItem &item, const profile::RunRecord &record,
                     const bench::BatchRunner::Kept &then)
{
    inWorker([this, item, record, then, settled = m_context.store.settled()](BatchWorker &worker) mutable {
        settled.waitForFinished();
        const base::Result<void> kept = worker.keep(item, record);
        QMetaObject::invokeMethod(
            this, [kept, then] { then(kept); }, Qt::QueuedConnection);
    });
}

void BatchPage::togglePause()
{
    if (!m_runner)
        return;
    m_runner->paused() ? m_runner->resume() : m_runner->pause();
    refresh();
}

void BatchPage::stop()
{
    if (!isRunning())
        return;
    m_stopping = true;
    m_stopNs = m_context.clock.nowNs();
    if (m_runner)
        m_runner->stop();
    else
        inWorker([](BatchWorker &worker) { worker.leave(); });
    refresh();
}

/// The second click of a double click is not meant so.
void BatchPage::stopNow()
{
    const qint64 sinceMs = (m_context.clock.nowNs() - m_stopNs) / 1'000'000;
    if (m_runner && sinceMs >= QApplication::doubleClickInterval())
        m_runner->cancel();
}

bool BatchPage::mayClose()
{
    if (!m_runner || m_runner->begun() == 0 || std::exchange(m_closing, true))
        return true;
    connect(this, &BatchPage::runningChanged, this, &BatchPage::closable);
    m_scheduler.after(closingMs, this, [this] { Q_EMIT closable(); });
    stop();
    return false;
}

void BatchPage::onProgress(const bench::BatchProgress &progress)
{
    m_done = progress;
    m_bar->setRange(0, static_cast<int>(progress.total));
    m_bar->setValue(static_cast<int>(std::max(progress.done(), progress.fromBefore + progress.remoteDone)));
    QString line = bench::progressLine(progress);
    if (progress.fromBefore > 0)
        line += tr(" · %1 from before").arg(progress.fromBefore);
    if (m_runner && m_stopping)
        line += tr(" · stopping");
    else if (m_runner && m_runner->paused())
        line += tr(" · paused");
    sayProgress(line);
}

void BatchPage::sayProgress(const QString &line)
{
    m_progress->setText(line);
    m_progress->setToolTip(line);
    m_progress->setVisible(!line.isEmpty());
}

void BatchPage::onFinished(const std::optional<base::Error> &error)
{
    const bench::BatchProgress &progress = m_done;
    const bool provider = m_task.plan.way == bench::BatchWay::Provider;
    m_left = progress.total - progress.done();
    m_runner.reset();
    m_ready.reset();
    m_state = State::Idle;
    if (provider && !error && progress.inFlight == 0)
        m_context.settings.setValue("batch/open", QVariantMap());
    const QString &path = m_task.out;
    if (error)
        m_message->say(tr("Stopped: %1 What had come is in %2.").arg(error->message, path), ToneLabel::Tone::Error);
    else if (provider && progress.inFlight > 0)
        m_message->say(tr("The batch goes on at the provider. “Go on” collects it."), ToneLabel::Tone::Muted);
    else if (progress.unanswered > 0)
        m_message->say(
            tr("The provider's batch has ended without a result for %1 of the prompts. “Go on” asks them again.")
                .arg(progress.unanswered),
            ToneLabel::Tone::Warning);
    else if (m_left > 0)
        m_message->say(tr("Stopped. “Go on” asks the other %1.").arg(m_left), ToneLabel::Tone::Muted);
    else if (progress.failed > 0)
        m_message->say(tr("%1 failed. The results are in %2.").arg(progress.failed).arg(path),
                       ToneLabel::Tone::Warning);
    else
        m_message->say(tr("All done. The results are in %1.").arg(path), ToneLabel::Tone::Ok);
    QStringList remarks = remarksOn(progress);
    if (const auto spent = m_context.ledger.spent(); spent && m_spentBefore)
        remarks += cost::passedBetween(m_context.ledger.budgets(), *m_spentBefore, *spent);
    if (!remarks.isEmpty())
        m_message->say(m_message->text() + u'\n' + remarks.join(u'\n'),
                       error ? ToneLabel::Tone::Error : ToneLabel::Tone::Warning);
    m_hasFailed = progress.failed > 0 || (error && error->kind == base::ErrorKind::NotFound);
    onProgress(m_done); // without what was said of calls under way
    refresh();
    Q_EMIT runningChanged(false);
}

void BatchPage::giveUp()
{
    m_state = State::Idle;
    m_ready.reset();
    sayProgress({});
    refresh();
    m_toLook = true;
    m_wait.start();
}

void BatchPage::fail(const QString &message, QWidget *field)
{
    m_message->say(message, ToneLabel::Tone::Error);
    giveUp();
    if (!field || !isVisible())
        return;
    m_fold->setChecked(true);
    field->setFocus();
}

void BatchPage::showResult(const QModelIndex &index)
{
    const QString key = index.data(BatchResults::KeyRole).toString();
    inWorker([task = m_task, key](BatchWorker &worker) { worker.detail(task, key); });
}

void BatchPage::onDetailed(const BatchDetail &detail)
{
    const QString provider = detail.result.providerId;
    auto *dialog =
        new ResultDialog(detail, provider.isEmpty() ? QString() : m_context.settings.providerName(provider), this);
    dialog->open();
}

void BatchPage::exportCsv()
{
    auto *dialog = new QFileDialog(this, tr("Export the results"), {}, tr("CSV (*.csv)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"csv"_s);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &path) {
        m_exporting = true;
        inWorker([path, task = m_task](BatchWorker &worker) { worker.exportTo(path, task); });
        refresh();
    });
    dialog->open();
}

void BatchPage::onExported(const QString &path, const QString &problem)
{
    m_exporting = false;
    m_message->say(problem.isEmpty() ? tr("Exported to %1.").arg(path) : tr("%1: %2").arg(path, problem),
                   problem.isEmpty() ? ToneLabel::Tone::Ok : ToneLabel::Tone::Error);
    refresh();
}

void BatchPage::refresh()
{
    const FocusKeeper keeper(this, { m_pause, m_stop, m_start });
    const bool busy = m_state != State::Idle;
    const bool hasRows = m_results->rowCount() > 0;
    const bool provider = (busy ? m_task.plan.way : m_form->way()) == bench::BatchWay::Provider;
    if (m_form->isEnabled() == busy)
        m_form->setEditable(!busy);
    m_formArea->setVisible(m_fold->isChecked());
    refreshButtons();
    m_bar->setVisible(busy || hasRows);
    m_empty->setText(
        busy && provider
            ? tr("The provider takes up to 24 hours.\nThe window may be closed: what has come is collected "
                 "when it is opened again.")
            : tr("Every prompt to every model, with a bounded number of calls at once.\nResults go to the "
                 "file as they come: started again with it, a batch goes on where it was."));
    m_empty->setVisible(!hasRows);
    m_table->setVisible(hasRows);
}

void BatchPage::refreshButtons()
{
    const bool busy = m_state != State::Idle;
    const bool paused = m_runner && m_runner->paused();
    const bool ending = m_runner && m_stopping;
    const bool provider = (busy ? m_task.plan.way : m_form->way()) == bench::BatchWay::Provider;
    const bool wide = width() >= wideCharacters * fontMetrics().averageCharWidth();
    m_start->setEnabled(!busy);
    m_start->setText(m_left > 0 ? tr("Go on") : tr("Start"));
    m_start->setAccessibleName(m_start->text());
    m_pause->setVisible(busy && !provider);
    m_pause->setEnabled(m_runner != nullptr && !m_stopping);
    m_pause->setText(paused ? tr("Resume") : tr("Pause"));
    m_pause->setIcon(icon(paused ? u"play"_s : u"pause"_s));
    m_stop->setVisible(busy);
    m_stop->setText(provider     ? (wide ? tr("Leave it to the provider") : tr("Leave it"))
                        : ending ? tr("Stop now")
                                 : tr("Stop"));
    m_stop->setAccessibleName(m_stop->text());
    m_stop->setToolTip(ending ? tr("Cuts short what is in flight: it may have cost, and “Go on” asks it again")
                              : QString());
    m_stop->setEnabled(isRunning() && (ending || !m_stopping));
    m_cancel->setVisible(busy && provider);
    m_cancel->setText(wide ? m_cancel->accessibleName() : tr("Cancel"));
    m_cancel->setEnabled(isRunning() && !m_stopping && !m_cancelling);
    m_retry->setVisible(!busy && m_hasFailed);
    m_retry->setText(wide ? m_retry->accessibleName() : QString());
    m_export->setVisible(!busy && m_hasJournal && (m_results->rowCount() > 0 || m_done.done() > 0));
    m_export->setText(wide ? m_export->accessibleName() : QString());
    m_export->setEnabled(!m_exporting);
}

} // namespace talkbench::ui
