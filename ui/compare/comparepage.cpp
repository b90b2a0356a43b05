#include "ui/compare/comparepage.h"

#include "core/config/settings.h"
#include "core/run/runservice.h"
#include "ui/chat/checkseditor.h"
#include "ui/chat/promptedit.h"
#include "ui/compare/comparecolumn.h"
#include "ui/compare/compareestimate.h"
#include "ui/compare/comparememory.h"
#include "ui/compare/compareresults.h"
#include "ui/compare/comparestart.h"
#include "ui/endpoints.h"
#include "ui/focuskeeper.h"
#include "ui/modellists.h"
#include "ui/settings/formparts.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

ComparePage::ComparePage(AppContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_start(new CompareStart(context, this))
{
    setObjectName(u"comparePage"_s);
    setAccessibleName(tr("Compare models"));
    auto *columns = new QWidget;
    m_columnsLayout = new QHBoxLayout(columns);
    m_columnsLayout->setContentsMargins(0, 0, 0, 0);
    m_columnsLayout->setSpacing(grid::unit);
    m_sideways = new QScrollArea(this);
    m_sideways->setObjectName(u"compareColumns"_s);
    m_sideways->setAccessibleName(tr("Answers side by side"));
    m_sideways->setFrameShape(QFrame::NoFrame);
    m_sideways->setWidgetResizable(true);
    m_sideways->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_sideways->setWidget(columns);
    QScrollBar *bar = m_sideways->horizontalScrollBar();
    connect(bar, &QScrollBar::rangeChanged, this, [this, bar](int, int end) {
        // What was just added.
        if (std::exchange(m_showsLast, false))
            bar->setValue(end);
    });
    m_empty =
        new QLabel(tr("One prompt, several models at the same moment.\nChoose the models above, write a prompt below "
                      "and press Run: the answers stream side by side with their numbers."),
                   this);
    m_empty->setObjectName(u"compareEmpty"_s);
    m_empty->setTextFormat(Qt::PlainText);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_results = new CompareResults(m_context, this);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(grid::gap, grid::wide, grid::gap, grid::gap);
    layout->setSpacing(grid::wide);
    layout->addWidget(m_sideways, 1);
    layout->addWidget(m_empty);
    layout->addWidget(m_results);
    layout->addWidget(promptArea());
    connect(&m_context.settings, &config::Settings::changed, this, [this](const QString &key) {
        if (key == "send_with"_L1 || key == "prices/own"_L1)
            refresh();
    });
    connect(&m_context.models, &ModelLists::changed, m_estimate, &CompareEstimate::refresh);
    connect(m_start, &CompareStart::allowed, this, &ComparePage::startAll);
    connect(m_start, &CompareStart::warned, this, &ComparePage::warned);
    connect(m_start, &CompareStart::refused, this, &ComparePage::sayNothingSent);
    addColumn();
    addColumn();
    refresh();
}

ComparePage::~ComparePage() = default;

QWidget *ComparePage::promptArea()
{
    auto *area = new QWidget(this);
    auto *card = new Card(Card::Tone::Field, area);
    m_edit = new PromptEdit(card);
    m_edit->setObjectName(u"comparePrompt"_s);
    m_edit->setAccessibleName(tr("Prompt for all models"));
    m_edit->setPlaceholderText(tr("A prompt for all of them"));
    m_memory = std::make_unique<CompareMemory>(m_context, *m_edit);
    m_hint = new ElidedLabel(area);
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    m_cost = mutedLabel(u"compareEstimate"_s, area);
    m_estimate = new CompareEstimate(
        m_context, [this] { return plannedCalls(); }, this);
    connect(m_estimate, &CompareEstimate::estimated, m_cost, [this](const QString &text, const QString &tip) {
        m_cost->setText(text);
        m_cost->setToolTip(tip);
        m_cost->setAccessibleName(text.isEmpty() ? QString() : tr("What the comparison may cost: %1").arg(text));
    });
    const auto button = [area](const QString &name, const QString &iconName, const QString &text, IconTone tone) {
        auto *made = new QPushButton(icon(iconName, tone), text, area);
        made->setObjectName(name);
        made->setAccessibleName(text);
        return made;
    };
    m_add = button(u"compareAdd"_s, u"plus"_s, tr("Add a model"), IconTone::Text);
    m_stop = button(u"compareStopAll"_s, u"stop"_s, tr("Stop all"), IconTone::Text);
    m_runButton = button(u"compareRun"_s, u"play"_s, tr("Run"), IconTone::OnAccent);
    m_runButton->setDefault(true);
    m_checksButton = textButton(u"compareChecks"_s, u"check"_s, {}, area);
    m_checksButton->setCheckable(true);
    m_checksButton->setToolTip(tr("What each answer is checked for"));
    connect(m_checksButton, &QToolButton::toggled, this, &ComparePage::showChecks);
    m_message = new ToneLabel(u"compareMessage"_s, ToneLabel::Tone::Muted, area);
    m_message->hide();
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(grid::unit);
    buttons->addWidget(m_add);
    buttons->addWidget(m_checksButton);
    buttons->addWidget(m_hint, 1);
    buttons->addWidget(m_cost);
    buttons->addWidget(m_stop);
    buttons->addWidget(m_runButton);
    auto *layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::unit);
    layout->addWidget(checksArea());
    layout->addWidget(card);
    layout->addWidget(m_message);
    layout->addLayout(buttons);
    auto *inside = new QVBoxLayout(card);
    inside->setContentsMargins(grid::wide, grid::unit, grid::wide, grid::unit);
    inside->addWidget(m_edit);
    connect(m_edit, &PromptEdit::focusChanged, card, &Card::setFocused);
    connectPrompt();
    return area;
}

void ComparePage::connectPrompt()
{
    connect(m_edit, &PromptEdit::submitted, this, &ComparePage::run);
    connect(m_edit, &PromptEdit::escaped, this, &ComparePage::stopAll);
    connect(m_edit, &QPlainTextEdit::textChanged, this, &ComparePage::refresh);
    connect(m_add, &QPushButton::clicked, this, [this] {
        m_showsLast = true;
        const select::ModelRef next = nextModel();
        addColumn()->setModel(next.providerId, next.model);
        keepColumns();
        refresh();
    });
    connect(m_runButton, &QPushButton::clicked, this, &ComparePage::run);
    connect(m_stop, &QPushButton::clicked, this, &ComparePage::stopAll);
}

QWidget *ComparePage::checksArea()
{
    m_checksCard = new Card(Card::Tone::Plain, this);
    m_checks = new ChecksEditor(ChecksEditor::Failures::Marked, m_checksCard);
    m_checks->setValidation(llm::validationFromSetting(m_context.settings.value("compare/checks").toMap()));
    auto *inside = new QVBoxLayout(m_checksCard);
    inside->setContentsMargins(grid::wide, grid::unit, grid::unit, grid::unit);
    inside->addWidget(new GrowingArea(m_checks, m_checksCard));
    connect(m_checks, &ChecksEditor::edited, this, [this] {
        m_context.settings.setValue("compare/checks", llm::toSetting(m_checks->validation()));
        countChecks();
        m_estimate->refresh();
    });
    m_checksCard->hide();
    countChecks();
    return m_checksCard;
}

void ComparePage::showChecks(bool shown)
{
    m_checksCard->setVisible(shown);
    if (shown)
        m_checks->findChild<QToolButton *>(u"checkAdd"_s)->setFocus();
}

void ComparePage::countChecks()
{
    const int count = m_checks->count();
    m_checksButton->setText(count > 0 ? tr("Checks (%1)").arg(count) : tr("Checks"));
    m_checksButton->setAccessibleName(m_checksButton->text());
}

CompareColumn *ComparePage::addColumn()
{
    auto *column = new CompareColumn(m_context, ++m_made, this);
    m_columns << column;
    m_columnsLayout->addWidget(column, 1);
    connect(column, &CompareColumn::modelChanged, this, &ComparePage::refresh);
    connect(column, &CompareColumn::modelChosen, this, &ComparePage::keepColumns);
    connect(column, &CompareColumn::removeRequested, this, [this, column] { removeColumn(column); });
    connect(column, &CompareColumn::updated, this, &ComparePage::callUpdated);
    connect(column, &CompareColumn::ended, this, &ComparePage::columnEnded);
    return column;
}

void ComparePage::removeColumn(CompareColumn *column)
{
    if (m_columns.size() <= fewest || isRunning())
        return;
    m_columns.removeOne(column);
    column->hide();
    column->deleteLater();
    keepColumns();
    showDifferences();
    refresh();
}

void ComparePage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_edit->setFocus();
    chooseModels();
}

/// As it was when the program ended; false where there is nothing to restore.
bool ComparePage::restore()
{
    m_memory->loadPrompt();
    const QList<CompareMemory::Column> kept = m_memory->columns();
    if (kept.size() < fewest)
        return false;
    while (m_columns.size() < std::min(kept.size(), most))
        addColumn();
    for (qsizetype i = 0; i < m_columns.size(); ++i) {
        m_columns.at(i)->setModel(kept.at(i).providerId, kept.at(i).model);
        if (!kept.at(i).runId.isEmpty())
            m_columns.at(i)->restore(kept.at(i).runId);
    }
    return true;
}

void ComparePage::keepColumns()
{
    QList<CompareMemory::Column> columns;
    for (const CompareColumn *column : std::as_const(m_columns))
        columns.append({ column->providerId(), column->model(), column->runId() });
    m_memory->keepColumns(columns);
}

/// At first: the default model, and the next one that its server lists.
void ComparePage::chooseModels()
{
    if (std::exchange(m_chosen, true) || restore())
        return;
    const QString providerId = m_context.settings.value("default/provider").toString();
    QString model = m_context.settings.value("default/model").toString();
    if (const auto provider = m_context.settings.provider(providerId); provider && model.isEmpty())
        model = provider->defaultModel;
    for (CompareColumn *column : std::as_const(m_columns))
        column->setModel(providerId, model);
    whenReady(this, m_context.endpoints.resolve(providerId),
              [this, providerId](const base::Result<llm::Endpoint> &endpoint) {
                  if (!endpoint)
                      return;
                  whenReady(this, m_context.runs.listModels(*endpoint),
                            [this, providerId](const base::Result<QList<llm::ModelInfo>> &models) {
                                m_context.models.learn(providerId, models);
                                if (models)
                                    offer(providerId, *models);
                            });
              });
}

void ComparePage::offer(const QString &providerId, const QList<llm::ModelInfo> &models)
{
    if (models.isEmpty() || isRunning() || m_columns.size() < fewest)
        return;
    CompareColumn *first = m_columns.at(0);
    CompareColumn *second = m_columns.at(1);
    const bool untouched =
        first->providerId() == providerId && second->providerId() == providerId && first->model() == second->model();
    if (!untouched)
        return;
    if (first->model().isEmpty())
        first->setModel(providerId, models.first().id);
    if (const QString other = unusedModel(providerId); !other.isEmpty())
        second->setModel(providerId, other);
}

/// The first that no column has yet, of those its server lists; empty for none.
QString ComparePage::unusedModel(const QString &providerId) const
{
    QStringList offered;
    const QList<llm::ModelInfo> models = m_context.models.of(providerId).models;
    for (const llm::ModelInfo &model : models)
        offered << model.id;
    if (const auto provider = m_context.settings.provider(providerId); provider && offered.isEmpty())
        offered << provider->defaultModel;
    for (const QString &model : std::as_const(offered)) {
        const bool used = std::any_of(m_columns.cbegin(), m_columns.cend(), [&](const CompareColumn *column) {
            return column->providerId() == providerId && column->model() == model;
        });
        if (!used)
            return model;
    }
    return {};
}

/// What a further column asks: of the last one's provider, then of the others. The simulation is no peer of theirs.
select::ModelRef ComparePage::nextModel() const
{
    const CompareColumn &last = *m_columns.last();
    QStringList providers { last.providerId() };
    const QList<config::ProviderConfig> configured = m_context.settings.providers();
    for (const config::ProviderConfig &provider : configured)
        if (provider.id != config::simulatorId)
            providers << provider.id;
    for (const QString &id : std::as_const(providers))
        if (const QString model = unusedModel(id); !model.isEmpty())
            return { id, model };
    return { last.providerId(), last.model() };
}

bool ComparePage::isRunning() const
{
    return m_start->isBusy() || std::any_of(m_columns.cbegin(), m_columns.cend(), [](const CompareColumn *column) {
               return column->isRunning();
           });
}

void ComparePage::run()
{
    const QString prompt = m_edit->toPlainText().trimmed();
    const bool chosen = std::none_of(m_columns.cbegin(), m_columns.cend(),
                                     [](const CompareColumn *column) { return column->model().isEmpty(); });
    if (prompt.isEmpty() || !chosen || isRunning())
        return;
    m_message->say({}, ToneLabel::Tone::Muted);
    m_start->begin(plannedCalls());
    refresh();
    Q_EMIT runningChanged(true);
}

void ComparePage::compare(const QStringList &models, const QString &prompt)
{
    m_chosen = true;
    while (m_columns.size() < std::min(models.size(), most))
        addColumn();
    while (m_columns.size() > std::max(models.size(), fewest) && !isRunning())
        removeColumn(m_columns.last());
    const QString providerId = m_context.settings.value("default/provider").toString();
    for (qsizetype i = 0; i < m_columns.size(); ++i)
        m_columns[i]->setModel(providerId, models[std::min(i, models.size() - 1)]);
    m_edit->setText(prompt);
    run();
}

run::RunRequest ComparePage::requestTo(const CompareColumn &column, const llm::Endpoint &endpoint,
                                       const QString &prompt) const
{
    run::RunRequest request;
    request.operation = profile::Operation::Compare;
    request.cache = profile::CachePolicy::Off; // comparing is measuring
    request.endpoint = endpoint;
    request.chat.model = column.model();
    request.chat.messages = { llm::Message::fromText(llm::Role::User, prompt) };
    request.limits = m_context.endpoints.limits();
    request.validation = llm::activeOf(m_checks->validation());
    return request;
}

QList<run::RunRequest> ComparePage::plannedCalls() const
{
    const QString prompt = m_edit->toPlainText().trimmed();
    QList<run::RunRequest> calls;
    for (const CompareColumn *column : m_columns) {
        llm::Endpoint endpoint;
        endpoint.providerId = column->providerId();
        if (!prompt.isEmpty() && !column->model().isEmpty())
            calls << requestTo(*column, endpoint, prompt);
    }
    return calls;
}

void ComparePage::startAll(const QList<base::Result<run::RunRequest>> &calls)
{
    m_results->hide();
    for (CompareColumn *column : std::as_const(m_columns))
        column->begin();
    refresh();
    for (qsizetype i = 0; i < m_columns.size(); ++i) {
        if (calls.at(i))
            m_columns.at(i)->start(*calls.at(i));
        else
            m_columns.at(i)->fail(calls.at(i).error());
    }
    keepColumns();
}

/// The answers before stay.
void ComparePage::sayNothingSent(const QString &reason)
{
    if (reason.isEmpty())
        m_message->say(tr("Nothing was sent."), ToneLabel::Tone::Muted);
    else
        m_message->say(tr("Nothing was sent. %1").arg(reason), ToneLabel::Tone::Error);
    refresh();
    Q_EMIT runningChanged(false);
}

void ComparePage::stopAll()
{
    m_start->cancel();
    for (CompareColumn *column : std::as_const(m_columns))
        column->stop();
}

void ComparePage::columnEnded()
{
    if (isRunning()) {
        refresh();
        return;
    }
    showDifferences();
    refresh();
    Q_EMIT runningChanged(false);
}

void ComparePage::refresh()
{
    m_estimate->refresh();
    const bool running = isRunning();
    const bool chosen = std::none_of(m_columns.cbegin(), m_columns.cend(),
                                     [](const CompareColumn *column) { return column->model().isEmpty(); });
    const bool written = !m_edit->toPlainText().trimmed().isEmpty();
    const bool withEnter = m_context.settings.value("send_with").toString() == "enter"_L1;
    m_edit->setSendKey(withEnter ? PromptEdit::SendKey::Enter : PromptEdit::SendKey::CtrlEnter);
    const FocusKeeper keeper(this, { m_stop, m_runButton, m_edit });
    m_runButton->setEnabled(!running && written && chosen);
    m_runButton->setVisible(!running);
    m_stop->setVisible(running);
    m_add->setEnabled(!running && m_columns.size() < most);
    m_empty->setVisible(!running && std::none_of(m_columns.cbegin(), m_columns.cend(), [](const CompareColumn *column) {
        return column->record().has_value();
    }));
    m_hint->setText(!chosen         ? tr("Choose a model in every column.")
                        : withEnter ? tr("Enter runs, Shift+Enter breaks the line")
                                    : tr("Ctrl+Enter runs, Enter breaks the line"));
    for (CompareColumn *column : std::as_const(m_columns)) {
        column->setRemovable(m_columns.size() > fewest && !running);
        column->setChoosable(!m_start->isBusy());
    }
}

void ComparePage::showDifferences()
{
    QList<profile::RunRecord> records;
    for (const CompareColumn *column : std::as_const(m_columns))
        if (column->record())
            records << *column->record();
    m_results->setRecords(records);
}

void ComparePage::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    m_results->setRoom(height());
}

} // namespace talkbench::ui
