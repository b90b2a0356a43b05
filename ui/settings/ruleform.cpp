#include "ui/settings/ruleform.h"

#include "ui/settings/formparts.h"
#include "ui/settings/modelnames.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QLocale>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

const auto timeFormat = u"HH:mm"_s;
constexpr int leastCharacters = 18; ///< where a field has less beside its label it goes below it

QString textOf(std::optional<qint64> number)
{
    return number ? QString::number(*number) : QString();
}

QStringList wordsOf(const QString &text)
{
    QStringList words;
    const QStringList parts = text.split(u',', Qt::SkipEmptyParts);
    for (const QString &part : parts) {
        if (const QString word = part.trimmed(); !word.isEmpty())
            words << word;
    }
    return words;
}

base::Error wrong(const QString &message)
{
    return { base::ErrorKind::Config, message, {}, 0, std::nullopt };
}

} // namespace

RuleForm::RuleForm(const select::Rule &rule, const ModelNames &names, QWidget *parent)
    : QWidget(parent), m_names(names), m_before(rule), m_enabled(new QCheckBox(tr("Use this rule")))
{
    QFormLayout *form = settingsForm(this);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    m_name = addText(form, u"ruleName"_s, tr("Name"), rule.name);
    m_models = addText(form, u"ruleModels"_s, tr("Models"), names.text(rule.models, u", "_s), tr("provider/model, …"));
    names.completeIn(m_models);
    m_keywords = addText(form, u"ruleKeywords"_s, tr("One of the words"), rule.keywords.join(u", "_s));
    m_pattern = addText(form, u"rulePattern"_s, tr("Pattern"), rule.pattern, tr("a regular expression"));
    m_minTokens = addText(form, u"ruleMinTokens"_s, tr("At least, tokens"), textOf(rule.minTokens));
    m_maxTokens = addText(form, u"ruleMaxTokens"_s, tr("At most, tokens"), textOf(rule.maxTokens));
    m_languages = addText(form, u"ruleLanguages"_s, tr("Languages"), rule.languages.join(u", "_s), tr("en, de, …"));
    m_image = addYesNo(form, u"ruleImage"_s, tr("Has a picture"), rule.hasImage);
    m_code = addYesNo(form, u"ruleCode"_s, tr("Has code"), rule.hasCode);
    m_tools = addYesNo(form, u"ruleTools"_s, tr("Has tools"), rule.hasTools);
    m_from = addText(form, u"ruleFrom"_s, tr("From"), rule.from.toString(timeFormat), tr("18:00"));
    m_until = addText(form, u"ruleUntil"_s, tr("Until"), rule.until.toString(timeFormat), tr("08:00"));
    m_budget = addText(form, u"ruleBudget"_s, tr("Budget left below, $"),
                       rule.budgetBelow ? QLocale().toString(*rule.budgetBelow) : QString());
    m_enabled->setObjectName(u"ruleEnabled"_s);
    m_enabled->setChecked(rule.enabled);
    form->addRow(QString(), m_enabled);
    connect(m_enabled, &QCheckBox::toggled, this, &RuleForm::edited);
}

QLineEdit *RuleForm::addText(QFormLayout *form, const QString &objectName, const QString &title, const QString &text,
                             const QString &hint)
{
    auto *edit = new QLineEdit(text);
    edit->setPlaceholderText(hint);
    edit->setMinimumWidth(fontMetrics().averageCharWidth() * leastCharacters);
    addField(form, objectName, title, edit);
    connect(edit, &QLineEdit::textChanged, this, &RuleForm::edited);
    return edit;
}

QComboBox *RuleForm::addYesNo(QFormLayout *form, const QString &objectName, const QString &title,
                              std::optional<bool> value)
{
    auto *box = new QComboBox;
    box->addItems({ tr("either way"), tr("yes"), tr("no") });
    box->setCurrentIndex(!value ? 0 : *value ? 1 : 2);
    addField(form, objectName, title, box);
    connect(box, &QComboBox::currentIndexChanged, this, &RuleForm::edited);
    return box;
}

QString RuleForm::name() const
{
    return m_name->text().trimmed();
}

void RuleForm::startNaming()
{
    m_name->setFocus();
    m_name->selectAll();
}

base::Result<void> RuleForm::readNumbers(select::Rule &rule) const
{
    for (const auto &[field, number] :
         { std::pair(m_minTokens, &rule.minTokens), std::pair(m_maxTokens, &rule.maxTokens) }) {
        const QString text = field->text().trimmed();
        bool isNumber = true;
        const qint64 value = text.isEmpty() ? 0 : text.toLongLong(&isNumber);
        if (!isNumber || value < 0)
            return wrong(tr("Tokens are a whole number, not “%1”.").arg(text));
        *number = text.isEmpty() ? std::nullopt : std::optional(value);
    }
    const QString text = m_budget->text().trimmed();
    bool isNumber = true;
    const double usd = text.isEmpty() ? 0 : QLocale().toDouble(text, &isNumber);
    if (!isNumber || usd < 0)
        return wrong(tr("A budget is a number of dollars, not “%1”.").arg(text));
    rule.budgetBelow = text.isEmpty() ? std::nullopt : std::optional(usd);
    return {};
}

base::Result<void> RuleForm::readTimes(select::Rule &rule) const
{
    for (const auto &[field, time] : { std::pair(m_from, &rule.from), std::pair(m_until, &rule.until) }) {
        const QString text = field->text().trimmed();
        *time = QTime::fromString(text, timeFormat);
        if (!text.isEmpty() && !time->isValid())
            return wrong(tr("A time is written as 18:00, not “%1”.").arg(text));
    }
    return {};
}

base::Result<select::Rule> RuleForm::rule() const
{
    const auto yesNo = [](const QComboBox *box) {
        return box->currentIndex() == 0 ? std::nullopt : std::optional(box->currentIndex() == 1);
    };
    select::Rule rule = m_before;
    rule.name = name();
    rule.enabled = m_enabled->isChecked();
    const auto models = m_names.models(m_models->text());
    if (!models)
        return models.error();
    rule.models = *models;
    rule.keywords = wordsOf(m_keywords->text());
    rule.pattern = m_pattern->text();
    rule.languages = wordsOf(m_languages->text());
    rule.hasImage = yesNo(m_image);
    rule.hasCode = yesNo(m_code);
    rule.hasTools = yesNo(m_tools);
    for (const auto &read : { readNumbers(rule), readTimes(rule), select::checkRule(rule) }) {
        if (!read)
            return read.error();
    }
    return rule;
}

} // namespace talkbench::ui
