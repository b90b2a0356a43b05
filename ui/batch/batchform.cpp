#include "ui/batch/batchform.h"

#include "core/config/settings.h"
#include "ui/settings/filefield.h"
#include "ui/settings/formparts.h"
#include "ui/theme/metrics.h"

#include <QComboBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSpinBox>
#include <QStandardPaths>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int promptLines = 4;
/// Typed prompts that go into the settings: they are read as a whole at every start.
constexpr qsizetype mostTextKept = 65'536;

} // namespace

BatchForm::BatchForm(QWidget *parent)
    : QWidget(parent), m_rows(settingsForm(this)),
      m_file(new FileField(u"batchFile"_s, tr("File of prompts"),
                           tr("Prompts (*.txt *.jsonl *.ndjson *.csv);;All files (*)"), this)),
      m_text(new QPlainTextEdit(this)), m_pattern(new QLineEdit(this)), m_models(new QLineEdit(this)),
      m_system(new QLineEdit(this)), m_way(new QComboBox(this)), m_concurrency(new QSpinBox(this)),
      m_poll(new QSpinBox(this)),
      m_out(new FileField(u"batchOut"_s, tr("File of results"), tr("Results (*.jsonl);;All files (*)"), this))
{
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_text->setPlaceholderText(tr("A prompt a line"));
    m_text->setTabChangesFocus(true);
    m_text->setFixedHeight(m_text->fontMetrics().lineSpacing() * promptLines + grid::gap);
    m_pattern->setPlaceholderText(tr("{{prompt}}, or a text around it; each column of the file is a {{name}}"));
    m_models->setPlaceholderText(tr("model or provider/model, separated by commas; auto: chosen for each prompt"));
    m_system->setPlaceholderText(tr("none"));
    m_way->addItem(tr("Call by call"), static_cast<int>(bench::BatchWay::Calls));
    m_way->addItem(tr("As the provider's batch (half price, up to 24 h)"), static_cast<int>(bench::BatchWay::Provider));
    m_way->setItemData(1,
                       tr("OpenAI, Anthropic and providers that speak as they do. The window may be closed meanwhile."),
                       Qt::ToolTipRole);
    m_concurrency->setRange(1, 1024);
    m_concurrency->setValue(bench::BatchPlan().concurrency);
    const config::Setting *poll = config::settingByKey("batch/poll_s");
    m_poll->setRange(static_cast<int>(poll->minimum), static_cast<int>(poll->maximum));
    m_poll->setSuffix(tr(" s"));
    m_poll->setToolTip(tr("At most so long between two questions to the provider; shorter at first"));
    addField(m_rows, u"batchFilePath"_s, tr("File of prompts"), m_file->findChild<QLineEdit *>(), m_file);
    addField(m_rows, u"batchText"_s, tr("or prompts"), m_text);
    addField(m_rows, u"batchTemplate"_s, tr("Template"), m_pattern);
    addField(m_rows, u"batchModels"_s, tr("Models"), m_models);
    addField(m_rows, u"batchSystem"_s, tr("System prompt"), m_system);
    addField(m_rows, u"batchWay"_s, tr("Send"), m_way);
    addField(m_rows, u"batchConcurrency"_s, tr("Calls at once"), m_concurrency);
    addField(m_rows, u"batchPoll"_s, tr("Ask how far it is every"), m_poll);
    addField(m_rows, u"batchOutPath"_s, tr("File of results"), m_out->findChild<QLineEdit *>(), m_out);
    connect(m_file, &FileField::edited, this, &BatchForm::suggestResults);
    connect(m_file, &FileField::edited, this, &BatchForm::follow);
    connect(m_way, &QComboBox::currentIndexChanged, this, &BatchForm::follow);
    connect(m_text, &QPlainTextEdit::textChanged, this, &BatchForm::edited);
    follow();
}

QStringList BatchForm::models() const
{
    return m_models->text().split(u',', Qt::SkipEmptyParts);
}

bench::BatchWay BatchForm::way() const
{
    return static_cast<bench::BatchWay>(m_way->currentData().toInt());
}

int BatchForm::pollSeconds() const
{
    return m_poll->value();
}

void BatchForm::setPollSeconds(int seconds)
{
    m_poll->setValue(seconds);
}

BatchTask BatchForm::task() const
{
    BatchTask task { m_file->path(), {}, m_pattern->text(), m_out->path(), {}, {} };
    if (task.file.isEmpty())
        task.text = m_text->toPlainText();
    task.plan.system = m_system->text();
    task.plan.way = way();
    task.plan.concurrency = m_concurrency->value();
    task.plan.pollMs = pollSeconds() * 1000;
    return task;
}

void BatchForm::suggest(const QString &model)
{
    if (m_models->text().isEmpty())
        m_models->setText(model);
    if (m_out->path().isEmpty())
        suggestResults();
}

/// Beside the prompts, or where a person keeps documents.
void BatchForm::suggestResults()
{
    const QFileInfo file(m_file->path());
    const bool typed = m_file->path().isEmpty();
    const QString documents = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    const QString folder = !typed      ? file.path()
        : QFileInfo(documents).isDir() ? documents
                                       : QStandardPaths::writableLocation(QStandardPaths::HomeLocation);
    m_out->setPath(u"%1/%2.results.jsonl"_s.arg(folder, typed ? u"batch"_s : file.completeBaseName()));
}

void BatchForm::setEditable(bool editable)
{
    m_editable = editable;
    follow();
}

void BatchForm::follow()
{
    setEnabled(m_editable);
    m_text->setEnabled(m_file->path().isEmpty());
    m_rows->setRowVisible(m_concurrency, way() == bench::BatchWay::Calls);
    m_rows->setRowVisible(m_poll, way() == bench::BatchWay::Provider);
    Q_EMIT edited();
}

QVariantMap BatchForm::save() const
{
    const QString text = m_text->toPlainText();
    return { { u"file"_s, m_file->path() },        { u"text"_s, text.size() <= mostTextKept ? text : QString() },
             { u"template"_s, m_pattern->text() }, { u"models"_s, m_models->text() },
             { u"system"_s, m_system->text() },    { u"way"_s, m_way->currentIndex() },
             { u"out"_s, m_out->path() } };
}

void BatchForm::restore(const QVariantMap &form)
{
    m_file->setPath(form.value(u"file"_s).toString());
    m_text->setPlainText(form.value(u"text"_s).toString());
    m_pattern->setText(form.value(u"template"_s).toString());
    m_models->setText(form.value(u"models"_s).toString());
    m_system->setText(form.value(u"system"_s).toString());
    m_way->setCurrentIndex(form.value(u"way"_s).toInt());
    m_out->setPath(form.value(u"out"_s).toString());
    follow();
}

} // namespace talkbench::ui
