#include "ui/batch/batchpage.h"

#include "core/bench/batchexport.h"
#include "core/config/settings.h"
#include "core/llm/modelname.h"
#include "ui/batch/batchresults.h"
#include "ui/endpoints.h"
#include "ui/settings/filefield.h"
#include "ui/settings/formparts.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSaveFile>
#include <QSortFilterProxyModel>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTableView>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int promptLines = 4;

QPushButton *actionButton(const QString &name, const QString &iconName, const QString &text, IconTone tone,
                          QWidget *parent)
{
    auto *button = new QPushButton(icon(iconName, tone), text, parent);
    button->setObjectName(name);
    button->setAccessibleName(text);
    return button;
}

} // namespace

BatchPage::BatchPage(AppContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_results(new BatchResults(this))
{
    setObjectName(u"batchPage"_s);
    setAccessibleName(tr("Batch of prompts"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(grid::gap, grid::wide, grid::gap, grid::gap);
    layout->setSpacing(grid::wide);
    layout->addWidget(makeForm());
    layout->addWidget(makeButtons());
    layout->addWidget(makeResults(), 1);
    refresh();
}

BatchPage::~BatchPage() = default;

QWidget *BatchPage::makeForm()
{
    auto *area = new QWidget(this);
    QFormLayout *form = settingsForm(area);
    form->setContentsMargins(0, 0, 0, 0);
    m_file = new FileField(u"batchFile"_s, tr("File of prompts"),
                           tr("Prompts (*.txt *.jsonl *.ndjson *.csv);;All files (*)"), area);
    m_text = new QPlainTextEdit(area);
    m_text->setPlaceholderText(tr("A prompt a line"));
    m_text->setTabChangesFocus(true);
    m_text->setFixedHeight(m_text->fontMetrics().lineSpacing() * promptLines + grid::gap);
    m_pattern = new QLineEdit(area);
    m_pattern->setPlaceholderText(tr("{{prompt}}, or a text around it; each column of the file is a {{name}}"));
    m_models = new QLineEdit(area);
    m_models->setPlaceholderText(tr("Models, separated by commas; provider/model for one of another provider"));
    m_system = new QLineEdit(area);
    m_system->setPlaceholderText(tr("none"));
    m_concurrency = new QSpinBox(area);
    m_concurrency->setRange(1, 1024);
    m_concurrency->setValue(bench::BatchPlan().concurrency);
    m_out = new FileField(u"batchOut"_s, tr("File of results"), tr("Results (*.jsonl);;All files (*)"), area);
    addField(form, u"batchFilePath"_s, tr("File of prompts"), m_file->findChild<QLineEdit *>(), m_file);
    addField(form, u"batchText"_s, tr("or prompts"), m_text);
    addField(form, u"batchTemplate"_s, tr("Template"), m_pattern);
    addField(form, u"batchModels"_s, tr("Models"), m_models);
    addField(form, u"batchSystem"_s, tr("System prompt"), m_system);
    addField(form, u"batchConcurrency"_s, tr("Calls at once"), m_concurrency);
    addField(form, u"batchOutPath"_s, tr("File of results"), m_out->findChild<QLineEdit *>(), m_out);
    connect(m_file, &FileField::edited, this, &BatchPage::suggestResults);
    connect(m_file, &FileField::edited, this, &BatchPage::refresh);
    connect(m_text, &QPlainTextEdit::textChanged, this, &BatchPage::refresh);
    return area;
}

QWidget *BatchPage::makeButtons()
{
    auto *area = new QWidget(this);
    m_start = actionButton(u"batchStart"_s, u"play"_s, tr("Start"), IconTone::OnAccent, area);
    m_start->setDefault(true);
    m_pause = actionButton(u"batchPause"_s, u"pause"_s, tr("Pause"), IconTone::Text, area);
    m_stop = actionButton(u"batchStop"_s, u"stop"_s, tr("Stop"), IconTone::Text, area);
    m_retry = actionButton(u"batchRetry"_s, u"regenerate"_s, tr("Ask failed ones again"), IconTone::Text, area);
    m_export = actionButton(u"batchExport"_s, u"download"_s, tr("Export CSV…"), IconTone::Text, area);
    m_progress = new ElidedLabel(area);
    m_progress->setObjectName(u"batchProgress"_s);
    m_bar = new QProgressBar(area);
    m_bar->setObjectName(u"batchBar"_s);
    m_bar->setAccessibleName(tr("Progress of the batch"));
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(grid::half);
    m_message = new ToneLabel(u"batchMessage"_s, ToneLabel::Tone::Error, area);
    m_message->hide();
    auto *line = new QHBoxLayout;
    line->setSpacing(grid::unit);
    for (QPushButton *button : { m_start, m_pause, m_stop, m_retry, m_export })
        line->addWidget(button);
    line->addWidget(m_progress, 1);
    auto *layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::unit);
    layout->addLayout(line);
    layout->addWidget(m_bar);
    layout->addWidget(m_message);
    connect(m_start, &QPushButton::clicked, this, &BatchPage::start);
    connect(m_pause, &QPushButton::clicked, this, &BatchPage::togglePause);
    connect(m_stop, &QPushButton::clicked, this, &BatchPage::stop);
    connect(m_retry, &QPushButton::clicked, this, [this] {
        m_plan.retryFailed = true;
        start();
    });
    connect(m_export, &QPushButton::clicked, this, &BatchPage::exportCsv);
    return area;
}

QWidget *BatchPage::makeResults()
{
    auto *area = new QWidget(this);
    m_empty =
        new QLabel(tr("Every prompt to every model, with a bounded number of calls at once.\nResults go to the file "
                      "as they come: started again with it, a batch goes on where it was."),
                   area);
    m_empty->setObjectName(u"batchEmpty"_s);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    auto *sorted = new QSortFilterProxyModel(this);
    sorted->setSourceModel(m_results);
    sorted->setSortRole(Qt::UserRole);
    m_table = new QTableView(area);
    m_table->setObjectName(u"batchTable"_s);
    m_table->setAccessibleName(tr("Results of the batch"));
    m_table->setModel(sorted);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(-1, Qt::AscendingOrder);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setShowGrid(false);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setTabKeyNavigation(false);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->horizontalHeader()->setSectionResizeMode(BatchResults::Answer, QHeaderView::Stretch);
    m_table->horizontalHeader()->setHighlightSections(false);
    auto *layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_empty, 1);
    layout->addWidget(m_table, 1);
    connect(m_results, &QAbstractItemModel::rowsInserted, this, &BatchPage::refresh);
    return area;
}

void BatchPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (m_models->text().isEmpty())
        m_models->setText(m_context.settings.value("default/model").toString());
    if (m_out->path().isEmpty())
        suggestResults();
}

/// Beside the prompts, or where a person keeps documents.
void BatchPage::suggestResults()
{
    const QFileInfo file(m_file->path());
    const bool typed = m_file->path().isEmpty();
    const QString documents = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    const QString folder = !typed      ? file.path()
        : QFileInfo(documents).isDir() ? documents
                                       : QStandardPaths::writableLocation(QStandardPaths::HomeLocation);
    m_out->setPath(u"%1/%2.results.jsonl"_s.arg(folder, typed ? u"batch"_s : file.completeBaseName()));
}

base::Result<QList<bench::BatchPrompt>> BatchPage::prompts() const
{
    const bench::PromptTemplate pattern(m_pattern->text());
    if (m_file->path().isEmpty())
        return bench::readPrompts(m_text->toPlainText().toUtf8(), bench::PromptFormat::Text, pattern);
    QFile file(m_file->path());
    if (!file.open(QIODevice::ReadOnly))
        return base::Error { base::ErrorKind::Usage, tr("%1: %2").arg(m_file->path(), file.errorString()), {}, 0, {} };
    return bench::readPrompts(file.readAll(), bench::promptFormatOf(m_file->path()), pattern);
}

void BatchPage::start()
{
    if (isRunning() || m_starting)
        return;
    m_message->hide();
    const auto read = prompts();
    if (!read)
        return fail(read.error().message);
    if (read->isEmpty())
        return fail(tr("There is no prompt yet."));
    m_prompts = *read;
    m_wanted = m_models->text().split(u',', Qt::SkipEmptyParts);
    if (m_wanted.isEmpty())
        return fail(tr("Name at least one model."));
    const bool again = m_plan.retryFailed;
    m_plan = {};
    m_plan.retryFailed = again;
    m_plan.system = m_system->text();
    m_plan.concurrency = m_concurrency->value();
    m_plan.limits = m_context.endpoints.limits();
    m_starting = true;
    refresh();
    resolve(0);
}

void BatchPage::resolve(qsizetype index)
{
    if (index == m_wanted.size()) {
        begin();
        return;
    }
    QStringList providers;
    const auto configured = m_context.settings.providers();
    for (const config::ProviderConfig &row : configured)
        providers << row.id;
    llm::ModelName name = llm::modelNameFrom(m_wanted[index], providers);
    if (name.providerId.isEmpty())
        name.providerId = m_context.settings.value("default/provider").toString();
    whenReady(this, m_context.endpoints.resolve(name.providerId),
              [this, index, name](const base::Result<llm::Endpoint> &endpoint) {
                  if (!endpoint)
                      return fail(endpoint.error().message);
                  m_plan.targets.append({ *endpoint, name.model, name.providerId });
                  resolve(index + 1);
              });
}

void BatchPage::begin()
{
    m_runner.reset();
    m_journal = std::make_unique<bench::BatchJournal>();
    if (const auto opened = m_journal->open(m_out->path()); !opened)
        return fail(opened.error().message);
    m_results->clear();
    m_starting = false;
    m_runner = std::make_unique<bench::BatchRunner>(m_context.runs, m_context.clock, *m_journal, m_plan);
    m_plan.retryFailed = false;
    connect(m_runner.get(), &bench::BatchRunner::resulted, m_results, &BatchResults::append);
    connect(m_runner.get(), &bench::BatchRunner::progressed, this, &BatchPage::onProgress);
    connect(m_runner.get(), &bench::BatchRunner::finished, this, &BatchPage::onFinished, Qt::QueuedConnection);
    Q_EMIT runningChanged(true);
    m_runner->add(std::exchange(m_prompts, {}));
    m_runner->endInput();
    refresh();
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
    if (!m_runner)
        return;
    m_stop->setEnabled(false);
    m_runner->stop();
}

void BatchPage::onProgress(const bench::BatchProgress &progress)
{
    m_bar->setRange(0, static_cast<int>(progress.total));
    m_bar->setValue(static_cast<int>(progress.done()));
    QString line = bench::progressLine(progress);
    if (progress.fromBefore > 0)
        line += tr(" · %1 from before").arg(progress.fromBefore);
    m_progress->setText(line);
    m_progress->setToolTip(line);
}

void BatchPage::onFinished(const std::optional<base::Error> &error)
{
    const bench::BatchProgress progress = m_runner->progress();
    m_runner.reset();
    const QString path = m_journal->path();
    if (error)
        m_message->say(tr("Stopped: %1 What had come is in %2.").arg(error->message, path), ToneLabel::Tone::Error);
    else if (progress.done() < progress.total)
        m_message->say(tr("Stopped. Start goes on with the other %1.").arg(progress.total - progress.done()),
                       ToneLabel::Tone::Muted);
    else if (progress.failed > 0)
        m_message->say(tr("%1 failed. The results are in %2.").arg(progress.failed).arg(path),
                       ToneLabel::Tone::Warning);
    else
        m_message->say(tr("All done. The results are in %1.").arg(path), ToneLabel::Tone::Ok);
    m_hasFailed = progress.failed > 0;
    refresh();
    Q_EMIT runningChanged(false);
}

void BatchPage::fail(const QString &message)
{
    m_starting = false;
    m_plan.retryFailed = false;
    m_message->say(message, ToneLabel::Tone::Error);
    refresh();
}

void BatchPage::exportCsv()
{
    auto *dialog = new QFileDialog(this, tr("Export the results"), {}, tr("CSV (*.csv)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"csv"_s);
    connect(dialog, &QFileDialog::fileSelected, this, &BatchPage::writeCsv);
    dialog->open();
}

void BatchPage::writeCsv(const QString &path)
{
    QSaveFile file(path);
    const bool written =
        file.open(QIODevice::WriteOnly) && file.write(bench::batchCsv(*m_journal)) >= 0 && file.commit();
    m_message->say(written ? tr("Exported to %1.").arg(path) : tr("%1: %2").arg(path, file.errorString()),
                   written ? ToneLabel::Tone::Ok : ToneLabel::Tone::Error);
}

void BatchPage::refresh()
{
    const bool busy = isRunning() || m_starting;
    const bool paused = m_runner && m_runner->paused();
    const bool hasRows = m_results->rowCount() > 0;
    for (QWidget *field :
         { static_cast<QWidget *>(m_file), static_cast<QWidget *>(m_pattern), static_cast<QWidget *>(m_models),
           static_cast<QWidget *>(m_system), static_cast<QWidget *>(m_concurrency), static_cast<QWidget *>(m_out) })
        field->setEnabled(!busy);
    m_text->setEnabled(!busy && m_file->path().isEmpty());
    m_start->setEnabled(!busy);
    m_pause->setVisible(busy);
    m_pause->setText(paused ? tr("Resume") : tr("Pause"));
    m_pause->setIcon(icon(paused ? u"play"_s : u"pause"_s));
    m_stop->setVisible(busy);
    m_stop->setEnabled(isRunning());
    m_retry->setVisible(!busy && m_hasFailed);
    m_export->setVisible(!busy && m_journal != nullptr && !m_journal->entries().isEmpty());
    m_bar->setVisible(busy || hasRows);
    m_empty->setVisible(!hasRows);
    m_table->setVisible(hasRows);
}

} // namespace talkbench::ui
