#include "ui/batch/batchform.h"

#include "core/config/settings.h"
#include "core/validate/validators.h"
#include "ui/chat/checkseditor.h"
#include "ui/chat/numberfields.h"
#include "ui/settings/filefield.h"
#include "ui/settings/formparts.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QComboBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSpinBox>
#include <QStandardPaths>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int promptLines = 4;
/// Widths in characters: from the first on labels are beside their fields, below the second it is cut.
constexpr int wideCharacters = 76;
constexpr int leastCharacters = 34;
/// Typed prompts that go into the settings: they are read as a whole at every start.
constexpr qsizetype mostTextKept = 65'536;

} // namespace

BatchForm::BatchForm(QWidget *parent)
    : QWidget(parent), m_rows(settingsForm(this)),
      m_file(new FileField(u"batchFile"_s, tr("File of prompts"),
                           tr("Prompts (*.txt *.jsonl *.ndjson *.csv);;All files (*)"), this)),
      m_text(new QPlainTextEdit(this)), m_pattern(new QLineEdit(this)), m_models(new QLineEdit(this)),
      m_system(new QLineEdit(this)), m_way(new QComboBox(this)), m_concurrency(new QSpinBox(this)),
      m_limitNote(new ToneLabel(u"batchLimitNote"_s, ToneLabel::Tone::Muted, this)), m_poll(new QSpinBox(this)),
      m_out(new FileField(u"batchOut"_s, tr("File of results"), tr("Results (*.jsonl);;All files (*)"), this))
{
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_text->setPlaceholderText(tr("A prompt a line"));
    m_text->setTabChangesFocus(true);
    m_text->setFixedHeight(m_text->fontMetrics().lineSpacing() * promptLines + grid::gap);
    m_pattern->setPlaceholderText(tr("{{prompt}}, or a text around it; each column of the file is a {{name}}"));
    m_models->setPlaceholderText(tr("model or provider/model, separated by commas; auto: chosen for each prompt"));
    m_system->setPlaceholderText(tr("none"));
    m_way->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_way->setMinimumContentsLength(leastCharacters / 2);
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
    addSampling();
    addField(m_rows, u"batchWay"_s, tr("Send"), m_way);
    addField(m_rows, u"batchConcurrency"_s, tr("Calls at once"), m_concurrency);
    m_rows->addRow(m_limitNote);
    addField(m_rows, u"batchPoll"_s, tr("Ask how far it is every"), m_poll);
    addField(m_rows, u"batchOutPath"_s, tr("File of results"), m_out->findChild<QLineEdit *>(), m_out);
    addChecks();
    connect(m_file, &FileField::edited, this, &BatchForm::suggestResults);
    connect(m_file, &FileField::edited, this, &BatchForm::follow);
    connect(m_way, &QComboBox::currentIndexChanged, this, &BatchForm::follow);
    connect(m_checks, &ChecksEditor::edited, this, &BatchForm::edited);
    connect(m_concurrency, &QSpinBox::valueChanged, this, &BatchForm::edited); // its arrows edit no text
    whenEdited(this, this, [this] { Q_EMIT edited(); });
    follow();
}

/// Side by side: none needs the width.
void BatchForm::addSampling()
{
    auto *row = new QWidget(this);
    m_sampling = new QHBoxLayout(row);
    m_sampling->setContentsMargins(0, 0, 0, 0);
    m_sampling->setSpacing(grid::unit);
    const auto add = [row, line = m_sampling](const QString &name, const QString &title, const QString &hint,
                                              QValidator *validator) {
        auto *field = new QLineEdit(row);
        field->setObjectName(name);
        field->setAccessibleName(title);
        field->setPlaceholderText(hint);
        field->setValidator(validator);
        if (line->count() > 0) { // the first has the row's own label
            auto *label = mutedLabel({}, row);
            label->setText(title);
            label->setBuddy(field);
            line->addWidget(label);
        }
        line->addWidget(field, 1);
        return field;
    };
    m_temperature = add(u"batchTemperature"_s, tr("Temperature"), tr("0 – 2"), decimals(0, 2, this));
    m_maxTokens = add(u"batchMaxTokens"_s, tr("Most tokens of an answer"), tr("1 or more"), whole(1, this));
    m_seed = add(u"batchSeed"_s, tr("Seed"), tr("a whole number"), seeds(this));
    addField(m_rows, m_temperature->objectName(), m_temperature->accessibleName(), m_temperature, row);
}

void BatchForm::addChecks()
{
    m_checks = new ChecksEditor(ChecksEditor::Failures::Chosen, this);
    m_checksNote = mutedLabel(u"batchChecksNote"_s, this, 0.92);
    m_checksNote->setWordWrap(true);
    m_checksNote->setText(tr("In a provider's batch answers are only checked and marked: no model judges them, and "
                             "nothing is asked again."));
    m_rows->addRow(m_checks);
    m_rows->addRow(m_checksNote);
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

int BatchForm::concurrency() const
{
    return m_concurrency->value();
}

void BatchForm::setLimitNote(const QString &note)
{
    m_limitNote->setText(note);
    m_rows->setRowVisible(m_limitNote, !note.isEmpty() && way() == bench::BatchWay::Calls);
}

llm::ChatOptions BatchForm::options() const
{
    llm::ChatOptions options;
    options.temperature = numberIn<double>(m_temperature);
    options.maxTokens = numberIn<int>(m_maxTokens);
    options.seed = numberIn<qint64>(m_seed);
    return options;
}

BatchProblem BatchForm::problem() const
{
    for (QLineEdit *field : { m_temperature, m_maxTokens, m_seed }) {
        if (!field->text().isEmpty() && !field->hasAcceptableInput())
            return { tr("%1 is %2, or nothing.").arg(field->accessibleName(), field->placeholderText()), field };
    }
    if (models().isEmpty())
        return { tr("Name at least one model."), m_models };
    return checksProblem();
}

QWidget *BatchForm::fieldOf(BatchPart part) const
{
    switch (part) {
    case BatchPart::Prompts:
        return m_file->path().isEmpty() ? m_text : m_file->focusProxy();
    case BatchPart::Results:
        return m_out->focusProxy();
    case BatchPart::Way:
        return m_way;
    }
    return nullptr;
}

BatchProblem BatchForm::checksProblem() const
{
    const llm::Validation checks = llm::activeOf(m_checks->validation());
    const bool judged = std::any_of(checks.validators.begin(), checks.validators.end(), [](const llm::Validator &row) {
        return row.kind == QLatin1StringView(validate::judgeId);
    });
    for (const llm::Validator &row : checks.validators) {
        if (const auto usable = validate::checkUsable(row); !usable)
            return { usable.error().message };
    }
    if (judged && way() == bench::BatchWay::Provider)
        return { tr("In a provider's batch no model judges the answers: take that check away, or send call by call."),
                 m_way };
    if (!checks.validators.isEmpty() && checks.onFailure == llm::Validation::OnFailure::FallBack
        && checks.fallbackModels.isEmpty())
        return { tr("Name the models that are asked where an answer fails its checks."),
                 m_checks->findChild<QLineEdit *>(u"checkModels"_s) };
    return {};
}

BatchTask BatchForm::task() const
{
    BatchTask task { m_file->path(), {}, m_pattern->text(), m_out->path(), {}, {} };
    if (task.file.isEmpty())
        task.text = m_text->toPlainText();
    task.plan.system = m_system->text();
    task.plan.options = options();
    task.plan.validation = llm::activeOf(m_checks->validation());
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
    const bool provider = way() == bench::BatchWay::Provider;
    setLimitNote(m_limitNote->text());
    m_rows->setRowVisible(m_poll, provider);
    m_rows->setRowVisible(m_checksNote, provider);
    m_checks->setFailures(provider ? ChecksEditor::Failures::Marked : ChecksEditor::Failures::Chosen);
    Q_EMIT edited();
}

QVariantMap BatchForm::asks() const
{
    return { { u"file"_s, m_file->path() },
             { u"text"_s, m_text->toPlainText() },
             { u"template"_s, m_pattern->text() },
             { u"models"_s, m_models->text() },
             { u"system"_s, m_system->text() },
             { u"way"_s, m_way->currentIndex() },
             { u"out"_s, m_out->path() },
             { u"options"_s, toJson(options()).toVariantMap() },
             { u"checks"_s, llm::toSetting(m_checks->validation()) } };
}

QVariantMap BatchForm::save() const
{
    QVariantMap form = asks();
    form.insert(u"concurrency"_s, m_concurrency->value());
    if (m_text->toPlainText().size() > mostTextKept)
        form.remove(u"text"_s);
    return form;
}

QSize BatchForm::minimumSizeHint() const
{
    return { leastCharacters * fontMetrics().averageCharWidth(), QWidget::minimumSizeHint().height() };
}

void BatchForm::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    const bool wide = width() >= wideCharacters * fontMetrics().averageCharWidth();
    m_rows->setRowWrapPolicy(wide ? QFormLayout::DontWrapRows : QFormLayout::WrapAllRows);
    m_sampling->setDirection(wide ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
}

void BatchForm::restore(const QVariantMap &form)
{
    m_file->setPath(form.value(u"file"_s).toString());
    m_text->setPlainText(form.value(u"text"_s).toString());
    m_pattern->setText(form.value(u"template"_s).toString());
    m_models->setText(form.value(u"models"_s).toString());
    m_system->setText(form.value(u"system"_s).toString());
    m_way->setCurrentIndex(form.value(u"way"_s).toInt());
    m_concurrency->setValue(form.value(u"concurrency"_s, m_concurrency->value()).toInt());
    const auto options = llm::chatOptionsFromJson(QJsonObject::fromVariantMap(form.value(u"options"_s).toMap()));
    fill(m_temperature, options.temperature);
    fill(m_maxTokens, options.maxTokens);
    fill(m_seed, options.seed);
    m_checks->setFailures(ChecksEditor::Failures::Chosen);
    m_checks->setValidation(llm::validationFromSetting(form.value(u"checks"_s).toMap()));
    m_out->setPath(form.value(u"out"_s).toString());
    follow();
}

} // namespace talkbench::ui
