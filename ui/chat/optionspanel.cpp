#include "ui/chat/optionspanel.h"

#include "ui/chat/checkseditor.h"
#include "ui/chat/numberfields.h"
#include "ui/theme/fieldgrid.h"
#include "ui/theme/metrics.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int columns = 4;
/// Of the window: the conversation stays in sight.
constexpr double heightShare = 0.4;
constexpr int shownOfChoice = 12; // characters

QPlainTextEdit *lines(const QString &objectName, const QString &hint, int count, QWidget *parent)
{
    auto *field = new QPlainTextEdit(parent);
    field->setObjectName(objectName);
    field->setPlaceholderText(hint);
    field->setTabChangesFocus(true);
    field->setFixedHeight(count * field->fontMetrics().lineSpacing() + 2 * grid::unit);
    return field;
}

} // namespace

OptionsPanel::OptionsPanel(QWidget *parent)
    : Card(Tone::Plain, parent), m_content(new QWidget), m_grid(new FieldGrid(columns, m_content)),
      m_system(lines(u"optionSystem"_s, tr("How the model should behave. Sent before everything else."), 3, m_content)),
      m_effort(new QComboBox(m_content)), m_format(new QComboBox(m_content)), m_cache(new QComboBox(m_content)),
      m_quality(new QComboBox(m_content)), m_stop(lines(u"optionStop"_s, tr("one a line"), 2, m_content)),
      m_schema(lines(u"optionSchema"_s, u"{ \"type\": \"object\", … }"_s, 4, m_content)),
      m_schemaProblem(new QLabel(m_content)), m_checks(new ChecksEditor(ChecksEditor::Failures::Chosen, m_content))
{
    setObjectName(u"optionsPanel"_s);
    setAccessibleName(tr("Options of this chat"));
    m_grid->add(tr("System prompt"), m_system, columns);
    m_temperature = addNumber(u"optionTemperature"_s, tr("Temperature"), u"0 – 2"_s, decimals(0, 2, this));
    m_topP = addNumber(u"optionTopP"_s, tr("Top p"), u"0 – 1"_s, decimals(0, 1, this));
    m_maxTokens = addNumber(u"optionMaxTokens"_s, tr("Most tokens of an answer"), {}, whole(1, this));
    m_seed = addNumber(u"optionSeed"_s, tr("Seed"), {}, seeds(this));
    addChoices();
    m_budget = addNumber(u"optionBudget"_s, tr("Most tokens of thinking"), {}, whole(0, this));
    m_grid->add(tr("Stop at"), m_stop);
    addCacheChoice();
    addQualityChoice();
    m_schemaCell = m_grid->add(tr("JSON schema"), m_schema, columns);
    m_schemaProblem->setObjectName(u"optionSchemaProblem"_s);
    m_schemaProblem->hide();
    auto *all = new QVBoxLayout(m_content);
    all->setContentsMargins(0, 0, grid::unit, 0);
    all->setSpacing(grid::half);
    all->addWidget(m_grid);
    all->addWidget(m_schemaProblem);
    all->addWidget(m_checks);
    auto *area = new GrowingArea(m_content, this, heightShare);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAsNeeded); // a check may be wider than a narrow window
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(grid::gap, grid::wide, grid::unit, grid::unit);
    column->setSpacing(grid::half);
    column->addWidget(area);
    column->addWidget(foot());
    for (QPlainTextEdit *field : { m_system, m_stop, m_schema })
        connect(field, &QPlainTextEdit::textChanged, this, &OptionsPanel::refresh);
    connect(m_checks, &ChecksEditor::edited, this, &OptionsPanel::refresh);
    setFocusProxy(m_system);
    setQuality(select::Quality::Balanced);
    setOptions({}, {});
}

QWidget *OptionsPanel::foot()
{
    auto *bar = new QWidget(this);
    auto *note = mutedLabel(u"optionsNote"_s, bar, 0.92);
    note->setText(tr("An empty field is not sent."));
    auto *clearAll = textButton(u"optionsClear"_s, u"undo"_s, tr("Clear all"), bar);
    clearAll->setAccessibleName(clearAll->text());
    clearAll->setToolTip(tr("Sets every option of this chat back to what the provider does by itself"));
    connect(clearAll, &QToolButton::clicked, this, &OptionsPanel::clear);
    auto *line = new QHBoxLayout(bar);
    line->setContentsMargins(0, 0, grid::unit, 0);
    line->addWidget(note, 1);
    line->addWidget(clearAll);
    return bar;
}

QLineEdit *OptionsPanel::addNumber(const QString &objectName, const QString &title, const QString &hint,
                                   QValidator *validator)
{
    auto *field = new QLineEdit(m_content);
    field->setObjectName(objectName);
    field->setPlaceholderText(hint);
    field->setValidator(validator);
    connect(field, &QLineEdit::textChanged, this, &OptionsPanel::refresh);
    m_grid->add(title, field);
    return field;
}

void OptionsPanel::addChoices()
{
    using enum llm::ReasoningEffort;
    m_effort->setObjectName(u"optionEffort"_s);
    m_effort->addItem(tr("not sent"), -1);
    const std::pair<QString, llm::ReasoningEffort> efforts[] = {
        { tr("none"), None }, { tr("minimal"), Minimal },  { tr("low"), Low },      { tr("medium"), Medium },
        { tr("high"), High }, { tr("extra high"), XHigh }, { tr("the most"), Max },
    };
    for (const auto &[title, effort] : efforts)
        m_effort->addItem(title, int(effort));
    using Kind = llm::ResponseFormat::Kind;
    m_format->setObjectName(u"optionFormat"_s);
    m_format->addItem(tr("text"), int(Kind::Text));
    m_format->addItem(tr("JSON"), int(Kind::JsonObject));
    m_format->addItem(tr("JSON by a schema"), int(Kind::JsonSchema));
    for (QComboBox *choice : { m_effort, m_format })
        connect(choice, &QComboBox::currentIndexChanged, this, &OptionsPanel::refresh);
    m_grid->add(tr("Answer as"), m_format);
    m_grid->add(tr("Thinking effort"), m_effort);
}

void OptionsPanel::addCacheChoice()
{
    using enum profile::CachePolicy;
    m_cache->setObjectName(u"optionCache"_s);
    m_cache->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon); // its longest choice is long
    m_cache->setMinimumContentsLength(shownOfChoice);
    m_cache->setToolTip(tr("Whether an answer that was kept will do for the same question"));
    m_cache->addItem(tr("as in the settings"), -1);
    const std::pair<QString, profile::CachePolicy> policies[] = {
        { tr("never"), Off },
        { tr("with temperature 0 or a seed"), Deterministic },
        { tr("always"), Always },
        { tr("ask anew, keep the answer"), Refresh },
    };
    for (const auto &[title, policy] : policies)
        m_cache->addItem(title, int(policy));
    connect(m_cache, &QComboBox::currentIndexChanged, this, &OptionsPanel::refresh);
    m_grid->add(tr("Kept answers"), m_cache, columns - 1);
}

void OptionsPanel::addQualityChoice()
{
    using enum select::Quality;
    m_quality->setObjectName(u"optionQuality"_s);
    m_quality->setToolTip(
        tr("What Auto looks for in this chat: low halves the weight of quality, high doubles it, and rules "
           "may ask for it"));
    const std::pair<QString, select::Quality> qualities[] = { { tr("low"), Low },
                                                              { tr("balanced"), Balanced },
                                                              { tr("high"), High } };
    for (const auto &[title, quality] : qualities)
        m_quality->addItem(title, int(quality));
    connect(m_quality, &QComboBox::currentIndexChanged, this, &OptionsPanel::refresh);
    m_grid->add(tr("Quality, with Auto"), m_quality);
}

void OptionsPanel::setQuality(select::Quality quality)
{
    const bool filled = std::exchange(m_filling, true);
    m_quality->setCurrentIndex(m_quality->findData(int(quality)));
    m_filling = filled;
    Q_EMIT changed();
}

select::Quality OptionsPanel::quality() const
{
    return select::Quality(m_quality->currentData().toInt());
}

void OptionsPanel::setOptions(const QString &systemPrompt, const llm::ChatOptions &options,
                              std::optional<profile::CachePolicy> cachePolicy, const llm::Validation &validation)
{
    m_filling = true;
    m_others = options;
    m_system->setPlainText(systemPrompt);
    fill(m_temperature, options.temperature);
    fill(m_topP, options.topP);
    fill(m_maxTokens, options.maxTokens);
    fill(m_seed, options.seed);
    fill(m_budget, options.reasoningBudget);
    m_effort->setCurrentIndex(m_effort->findData(options.reasoningEffort ? int(*options.reasoningEffort) : -1));
    m_format->setCurrentIndex(m_format->findData(int(options.responseFormat.kind)));
    m_cache->setCurrentIndex(m_cache->findData(cachePolicy ? int(*cachePolicy) : -1));
    m_stop->setPlainText(options.stop.join(u'\n'));
    m_schema->setPlainText(options.responseFormat.schema.isEmpty() ? QString()
                                                                   : llm::schemaText(options.responseFormat.schema));
    m_checks->setValidation(validation);
    refresh();
    m_filling = false;
    Q_EMIT changed();
}

QString OptionsPanel::systemPrompt() const
{
    return m_system->toPlainText().trimmed();
}

llm::ChatOptions OptionsPanel::options() const
{
    llm::ChatOptions options = m_others;
    options.temperature = numberIn<double>(m_temperature);
    options.topP = numberIn<double>(m_topP);
    options.maxTokens = numberIn<int>(m_maxTokens);
    options.seed = numberIn<qint64>(m_seed);
    options.reasoningBudget = numberIn<int>(m_budget);
    options.stop = m_stop->toPlainText().split(u'\n', Qt::SkipEmptyParts);
    const int effort = m_effort->currentData().toInt();
    options.reasoningEffort = effort < 0 ? std::nullopt : std::optional(llm::ReasoningEffort(effort));
    options.responseFormat = {};
    options.responseFormat.kind = llm::ResponseFormat::Kind(m_format->currentData().toInt());
    if (options.responseFormat.kind == llm::ResponseFormat::Kind::JsonSchema) {
        const auto schema = llm::schemaFromText(m_schema->toPlainText());
        if (schema) {
            options.responseFormat.name = u"answer"_s;
            options.responseFormat.schema = *schema;
        } else {
            options.responseFormat.kind = llm::ResponseFormat::Kind::Text;
        }
    }
    return options;
}

llm::Validation OptionsPanel::validation() const
{
    return m_checks->validation();
}

std::optional<profile::CachePolicy> OptionsPanel::cachePolicy() const
{
    const int policy = m_cache->currentData().toInt();
    return policy < 0 ? std::nullopt : std::optional(profile::CachePolicy(policy));
}

int OptionsPanel::count() const
{
    const llm::ChatOptions set = options();
    const bool format = set.responseFormat.kind != llm::ResponseFormat::Kind::Text;
    return int(!systemPrompt().isEmpty()) + set.temperature.has_value() + set.topP.has_value()
        + set.maxTokens.has_value() + set.seed.has_value() + set.reasoningBudget.has_value()
        + set.reasoningEffort.has_value() + int(!set.stop.isEmpty()) + int(format) + cachePolicy().has_value()
        + int(m_checks->count() > 0) + int(quality() != select::Quality::Balanced);
}

void OptionsPanel::clear()
{
    setQuality(select::Quality::Balanced);
    setOptions({}, {});
    Q_EMIT edited();
}

void OptionsPanel::refresh()
{
    const bool bySchema = m_format->currentData().toInt() == int(llm::ResponseFormat::Kind::JsonSchema);
    m_schemaCell->setVisible(bySchema);
    checkSchema();
    if (m_filling)
        return;
    Q_EMIT changed();
    Q_EMIT edited();
}

void OptionsPanel::checkSchema()
{
    const bool shown = !m_schemaCell->isHidden();
    const auto schema = llm::schemaFromText(m_schema->toPlainText());
    m_schemaProblem->setVisible(shown && !schema);
    if (!schema)
        m_schemaProblem->setText(tr("Not sent: %1").arg(schema.error().message));
}

bool OptionsPanel::event(QEvent *event)
{
    // Esc closes the panel before it stops an answer.
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    return Card::event(event);
}

void OptionsPanel::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        Q_EMIT closeRequested();
    else
        Card::keyPressEvent(event);
}

} // namespace talkbench::ui
