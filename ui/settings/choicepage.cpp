#include "ui/settings/choicepage.h"

#include "core/config/settings.h"
#include "core/select/chooser.h"
#include "core/select/strategies.h"
#include "ui/chat/decisionline.h"
#include "ui/settings/formparts.h"
#include "ui/settings/rulelist.h"
#include "ui/theme/metrics.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSlider>
#include <QTabWidget>
#include <QVBoxLayout>

#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int sliderSteps = 100;
constexpr double largestWeight = 2;

int stepOf(double weight)
{
    return static_cast<int>(std::lround(std::min(weight, largestWeight) * sliderSteps / largestWeight));
}

using Fallbacks = QHash<select::ModelRef, QList<select::ModelRef>>;

/// "a/b -> c/d, e/f", one a line.
QString fallbackText(const Fallbacks &fallbacks, const ModelNames &names)
{
    QStringList lines;
    for (auto it = fallbacks.cbegin(); it != fallbacks.cend(); ++it)
        lines << names.text(it.key()) + u" -> "_s + names.text(it.value(), u", "_s);
    lines.sort();
    return lines.join(u'\n');
}

base::Error ofPage(const QString &message)
{
    return { base::ErrorKind::Config, message, {}, 0, std::nullopt };
}

base::Result<Fallbacks> fallbacksFrom(const QString &text, const ModelNames &names)
{
    Fallbacks fallbacks;
    const QStringList lines = text.split(u'\n', Qt::SkipEmptyParts);
    for (const QString &line : lines) {
        if (line.trimmed().isEmpty())
            continue;
        const QString left = line.section(u"->"_s, 0, 0);
        const QString right = line.section(u"->"_s, 1);
        const auto next = select::modelRefsFromText(right);
        if (!select::modelRefFromText(left) || !next || next->isEmpty())
            return ofPage(ChoicePage::tr("“%1” is not “provider/model -> provider/model, …”.").arg(line));
        const auto failed = names.models(left);
        const auto instead = names.models(right);
        if (!failed || !instead)
            return failed ? instead.error() : failed.error();
        fallbacks.insert(failed->constFirst(), *instead);
    }
    return fallbacks;
}

void keepAll(ModelNames &names, const select::Policy &policy)
{
    names.keep(policy.candidates);
    for (const select::Rule &rule : policy.rules)
        names.keep(rule.models);
    for (auto it = policy.fallbacks.cbegin(); it != policy.fallbacks.cend(); ++it) {
        names.keep({ it.key() });
        names.keep(it.value());
    }
}

QPlainTextEdit *linesEdit(const QString &text, const QString &hint)
{
    auto *edit = new QPlainTextEdit(text);
    edit->setPlaceholderText(hint);
    edit->setTabChangesFocus(true);
    edit->setMinimumHeight(grid::block * 2);
    return edit;
}

} // namespace

ChoicePage::ChoicePage(AppContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_names(context), m_tabs(new QTabWidget(this)),
      m_trial(new ToneLabel(u"tryTrial"_s)), m_decision(new DecisionLine(this)),
      m_problem(new ToneLabel(u"choiceProblem"_s, ToneLabel::Tone::Error))
{
    m_decision->setProviderNames([&context](const QString &id) { return context.settings.providerName(id); });
    QStringList problems;
    const select::Policy kept =
        select::policyFrom([&context](QByteArrayView key) { return context.settings.value(key); }, &problems);
    m_before = kept.weights;
    keepAll(m_names, kept);
    m_tabs->setObjectName(u"choiceTabs"_s);
    m_rules = new RuleList(kept.rules, m_names);
    m_tabs->addTab(choiceTab(kept), tr("Choice"));
    m_tabs->addTab(m_rules, tr("Rules"));
    m_tabs->addTab(fallbackTab(kept), tr("When one fails"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::gap);
    column->addWidget(m_tabs, 1);
    column->addWidget(m_problem);
    column->addWidget(tryBox());
    m_problem->setWordWrap(true);
    m_problem->say(problems.join(u'\n'), ToneLabel::Tone::Warning);
    connect(m_rules, &RuleList::edited, this, &ChoicePage::tryPrompt);
}

QWidget *ChoicePage::choiceTab(const select::Policy &policy)
{
    auto *tab = new QWidget;
    QFormLayout *form = settingsForm(nullptr);
    m_strategy = new QComboBox;
    for (const select::Strategy &strategy : select::strategies())
        m_strategy->addItem(tr(strategy.title), QString::fromLatin1(strategy.id));
    m_strategy->setCurrentIndex(std::max(m_strategy->findData(policy.strategy), 0));
    addField(form, u"choiceStrategy"_s, tr("Choose by"), m_strategy);
    const std::array weights { std::tuple("weightFast", tr("Fast"), policy.weights.fast),
                               std::tuple("weightCheap", tr("Cheap"), policy.weights.cheap),
                               std::tuple("weightGood", tr("Good"), policy.weights.good) };
    for (size_t i = 0; i < weights.size(); ++i) {
        const auto &[name, title, weight] = weights.at(i);
        auto *slider = new QSlider(Qt::Horizontal);
        slider->setRange(0, sliderSteps);
        slider->setValue(stepOf(weight));
        slider->setMinimumHeight(grid::control); // as its label
        m_weights.at(i) = slider;
        addField(form, QString::fromLatin1(name), title, slider);
        connect(slider, &QSlider::valueChanged, this, &ChoicePage::tryPrompt);
    }
    m_candidates = linesEdit(m_names.text(policy.candidates, u"\n"_s),
                             tr("provider/model, one a line; empty: your starred models, else each provider's own"));
    addField(form, u"choiceCandidates"_s, tr("Among"), m_candidates);
    m_names.completeIn(m_candidates);
    connect(m_candidates, &QPlainTextEdit::textChanged, this, &ChoicePage::tryPrompt);
    connect(m_strategy, &QComboBox::currentIndexChanged, this, &ChoicePage::tryPrompt);
    auto *hint = new ToneLabel(u"choiceHint"_s);
    hint->setWordWrap(true);
    hint->setText(
        tr("“Auto” in the model list asks one of these for each message, where no rule says otherwise. With even "
           "sliders, ten seconds are worth one cent. The sliders hold for “Measured”."));
    fillTab(tab, form, hint);
    return tab;
}

QWidget *ChoicePage::fallbackTab(const select::Policy &policy)
{
    auto *tab = new QWidget;
    QFormLayout *form = settingsForm(nullptr);
    m_fallbacks = linesEdit(fallbackText(policy.fallbacks, m_names), u"openai/gpt-x -> anthropic/y, local/z"_s);
    addField(form, u"choiceFallbacks"_s, tr("Ask instead"), m_fallbacks);
    m_names.completeIn(m_fallbacks);
    m_hedge = new QDoubleSpinBox;
    m_hedge->setRange(0, 100);
    m_hedge->setDecimals(1);
    m_hedge->setSpecialValueText(tr("never"));
    m_hedge->setSuffix(tr(" × the usual time"));
    m_hedge->setValue(policy.hedgeFactor);
    addField(form, u"choiceHedge"_s, tr("Second request after"), m_hedge);
    auto *hint = new ToneLabel(u"fallbackHint"_s);
    hint->setWordWrap(true);
    hint->setText(tr(
        "Where a model is overloaded, limited, out of order or too short for the prompt, and has said nothing yet, the "
        "next one is asked; “Auto” goes on with its other candidates. A second request goes out beside a first one "
        "whose "
        "first token is later than 95 % of its earlier ones, times this; whoever answers second is cancelled, and may "
        "cost its prompt."));
    fillTab(tab, form, hint);
    return tab;
}

QWidget *ChoicePage::tryBox()
{
    auto *box = new QWidget;
    auto *column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::unit);
    m_prompt = new QLineEdit;
    m_prompt->setObjectName(u"tryPrompt"_s);
    m_prompt->setPlaceholderText(tr("Try a prompt: which model would answer it?"));
    m_prompt->setAccessibleName(tr("Try a prompt"));
    m_prompt->setClearButtonEnabled(true);
    markTransient(m_prompt);
    m_trial->setWordWrap(true);
    m_trial->hide();
    column->addWidget(m_prompt);
    column->addWidget(m_trial);
    column->addWidget(m_decision);
    connect(m_prompt, &QLineEdit::textChanged, this, &ChoicePage::tryPrompt);
    return box;
}

base::Result<select::Policy> ChoicePage::policy() const
{
    select::Policy policy;
    policy.strategy = m_strategy->currentData().toString();
    policy.weights = m_before;
    const std::array parts { &policy.weights.fast, &policy.weights.cheap, &policy.weights.good };
    for (size_t i = 0; i < parts.size(); ++i) {
        const int step = m_weights.at(i)->value();
        if (step != stepOf(*parts.at(i))) // what was not moved stays exact
            *parts.at(i) = largestWeight * step / sliderSteps;
    }
    const auto candidates = m_names.models(m_candidates->toPlainText());
    if (!candidates)
        return candidates.error();
    const auto rules = m_rules->rules();
    if (!rules)
        return ofPage(rules.error().message);
    const auto fallbacks = fallbacksFrom(m_fallbacks->toPlainText(), m_names);
    if (!fallbacks)
        return fallbacks.error();
    policy.candidates = *candidates;
    policy.rules = *rules;
    policy.fallbacks = *fallbacks;
    policy.hedgeFactor = m_hedge->value();
    return policy;
}

QString ChoicePage::trialText(const select::Policy &policy, const select::RuleVerdict &verdict) const
{
    QStringList lines;
    for (qsizetype i = 0; i < policy.rules.size(); ++i) {
        QStringList conditions;
        for (const select::ConditionTrial &trial : verdict.trials.at(i).conditions)
            conditions << (trial.holds ? u"✓ "_s : u"✗ "_s) + trial.text;
        const QString name = i == verdict.index ? tr("Rule “%1” decides").arg(policy.rules.at(i).name)
            : verdict.trials.at(i).matches      ? tr("Rule “%1” would match, too").arg(policy.rules.at(i).name)
                                                : tr("Rule “%1” does not match").arg(policy.rules.at(i).name);
        lines << (conditions.isEmpty() ? name : name + u": "_s + conditions.join(u" · "_s));
    }
    return lines.isEmpty() ? tr("There is no rule.") : lines.join(u'\n');
}

void ChoicePage::tryPrompt()
{
    auto edited = policy();
    m_problem->say(edited ? QString() : edited.error().message, ToneLabel::Tone::Error);
    if (m_prompt->text().isEmpty() || !edited) {
        m_trial->hide();
        m_decision->setDecision(std::nullopt, false);
        return;
    }
    if (edited->candidates.isEmpty())
        edited->candidates = m_context.chooser.policy().candidates;
    select::Question question;
    question.chat.messages = { llm::Message::fromText(llm::Role::User, m_prompt->text()) };
    question.nowMs = m_context.clock.wallMs();
    question.seed = 1; // the same words, the same answer
    const select::Pick pick = m_context.chooser.choose(question, *edited);
    m_trial->say(trialText(*edited, pick.verdict), ToneLabel::Tone::Muted);
    m_decision->setDecision(pick.decision, false);
}

/// Brings what can't be kept into view.
void ChoicePage::showFaulty()
{
    m_rules->showFaulty();
    const bool candidates = bool(m_names.models(m_candidates->toPlainText()));
    m_tabs->setCurrentIndex(!candidates ? 0 : !m_rules->rules() ? 1 : 2);
}

base::Result<void> ChoicePage::save()
{
    const auto edited = policy();
    m_problem->say(edited ? QString() : edited.error().message, ToneLabel::Tone::Error);
    if (!edited) {
        showFaulty();
        return edited.error();
    }
    const std::pair<const char *, QVariant> values[] = {
        { "select/strategy", edited->strategy },
        { "select/weights", select::toText(edited->weights) },
        { "select/candidates", select::toText(edited->candidates) },
        { "select/rules", select::toText(edited->rules) },
        { "select/fallbacks", select::fallbacksToSetting(edited->fallbacks) },
        { "select/hedge", edited->hedgeFactor },
    };
    for (const auto &[key, value] : values) {
        if (m_context.settings.value(key) == value)
            continue;
        if (const auto kept = m_context.settings.setValue(key, value); !kept)
            return kept;
    }
    return {};
}

} // namespace talkbench::ui
