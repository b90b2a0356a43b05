#include "ui/settings/valuespage.h"

#include "core/config/settings.h"
#include "ui/settings/formparts.h"
#include "ui/theme/metrics.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int fieldCharacters = 36;
constexpr auto summaryKey = "context/summary_model";

/// What a choice of the table is called on screen.
QString choiceTitle(const QString &choice)
{
    static constexpr std::pair<const char *, const char *> titles[] = {
        { "system", QT_TRANSLATE_NOOP("Choice", "As the system") },
        { "light", QT_TRANSLATE_NOOP("Choice", "Light") },
        { "dark", QT_TRANSLATE_NOOP("Choice", "Dark") },
        { "enter", QT_TRANSLATE_NOOP("Choice", "Enter") },
        { "ctrl_enter", QT_TRANSLATE_NOOP("Choice", "Ctrl+Enter") },
        { "drop", QT_TRANSLATE_NOOP("Choice", "Leave out the oldest turns") },
        { "cut", QT_TRANSLATE_NOOP("Choice", "Cut the longest message") },
        { "summarise", QT_TRANSLATE_NOOP("Choice", "Summarise the older turns") },
        { "off", QT_TRANSLATE_NOOP("Choice", "Never") },
        { "deterministic", QT_TRANSLATE_NOOP("Choice", "Temperature 0 or a seed") },
        { "always", QT_TRANSLATE_NOOP("Choice", "Always") },
        { "at_once", QT_TRANSLATE_NOOP("Choice", "At once") },
        { "recorded", QT_TRANSLATE_NOOP("Choice", "At the pace it came with") },
    };
    for (const auto &[value, title] : titles) {
        if (choice == QLatin1StringView(value))
            return QCoreApplication::translate("Choice", title);
    }
    return choice;
}

bool matches(QByteArrayView pattern, QByteArrayView key)
{
    return pattern.endsWith('/') ? key.startsWith(pattern) : key == pattern;
}

QComboBox *combo(const QList<std::pair<QString, QString>> &choices, const QVariant &value)
{
    auto *box = new QComboBox;
    for (const auto &[id, title] : choices)
        box->addItem(title, id);
    box->setCurrentIndex(std::max(0, box->findData(value)));
    return box;
}

template <typename Box, typename Number>
Box *spin(const config::Setting &setting, Number value)
{
    auto *box = new Box;
    box->setRange(static_cast<Number>(setting.minimum), static_cast<Number>(setting.maximum));
    box->setValue(value);
    box->setGroupSeparatorShown(true);
    return box;
}

QVariant shownIn(const QWidget *field)
{
    if (const auto *box = qobject_cast<const QComboBox *>(field))
        return box->currentData();
    if (const auto *box = qobject_cast<const QSpinBox *>(field))
        return box->value();
    if (const auto *box = qobject_cast<const QDoubleSpinBox *>(field))
        return box->value();
    if (const auto *box = qobject_cast<const QCheckBox *>(field))
        return box->isChecked();
    return qobject_cast<const QLineEdit *>(field)->text().trimmed();
}

} // namespace

ValuesPage::ValuesPage(AppContext &context, const QList<QByteArray> &keys, QWidget *parent)
    : QWidget(parent), m_settings(context.settings), m_names(context)
{
    auto *form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setHorizontalSpacing(grid::gap);
    form->setVerticalSpacing(grid::wide);
    form->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
    for (const QByteArray &key : keys) {
        for (const config::Setting &setting : config::settingsTable()) {
            if (matches(key, setting.key))
                addRow(form, setting);
        }
    }
}

QWidget *ValuesPage::addRow(QFormLayout *form, const config::Setting &setting)
{
    const QString title = QCoreApplication::translate("Setting", setting.title);
    auto *problem = new ToneLabel({}, ToneLabel::Tone::Error);
    problem->hide();
    QWidget *field = fieldFor(setting);
    field->setObjectName(u"setting_"_s + QString::fromLatin1(setting.key));
    field->setAccessibleName(title);
    if (!qobject_cast<QCheckBox *>(field))
        field->setFixedWidth(fontMetrics().averageCharWidth() * fieldCharacters);
    auto *cell = new QVBoxLayout;
    cell->setSpacing(grid::hair);
    cell->addWidget(field);
    cell->addWidget(problem);
    auto *label = new QLabel(title);
    label->setBuddy(field);
    label->setMinimumHeight(grid::control);
    label->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed); // beside the first line of a tall field
    form->addRow(label, cell);
    m_rows << Row { setting.key, field, problem, shownIn(field) };
    return field;
}

QWidget *ValuesPage::fieldFor(const config::Setting &setting)
{
    const QVariant value = m_settings.value(setting.key);
    const QString choices = QString::fromLatin1(setting.choices);
    if (QByteArrayView(setting.key) == "default/provider") {
        QList<std::pair<QString, QString>> providers;
        const auto all = m_settings.providers();
        for (const config::ProviderConfig &provider : all)
            providers << std::pair(provider.id, provider.name);
        return combo(providers, value);
    }
    if (!choices.isEmpty()) {
        QList<std::pair<QString, QString>> titled;
        const auto all = choices.split(u'|');
        for (const QString &choice : all)
            titled << std::pair(choice, choiceTitle(choice));
        return combo(titled, value);
    }
    switch (setting.standard.typeId()) {
    case QMetaType::Int:
        return spin<QSpinBox>(setting, value.toInt());
    case QMetaType::Double: {
        auto *box = spin<QDoubleSpinBox>(setting, value.toDouble());
        box->setSingleStep(0.1);
        return box;
    }
    case QMetaType::Bool: {
        auto *box = new QCheckBox;
        box->setMinimumHeight(grid::control); // as its label
        box->setChecked(value.toBool());
        return box;
    }
    default:
        return textField(setting, value.toString());
    }
}

QWidget *ValuesPage::textField(const config::Setting &setting, const QString &text)
{
    const QByteArrayView key(setting.key);
    auto *edit = new QLineEdit(text);
    edit->setPlaceholderText(key == "default/model" ? tr("the provider's own") : tr("none"));
    if (key != summaryKey)
        return edit;
    if (const auto model = select::modelRefFromText(text)) {
        m_names.keep({ *model });
        edit->setText(m_names.text(*model));
    }
    m_names.completeIn(edit);
    return edit;
}

/// What is stored of what stands in the field.
base::Result<QVariant> ValuesPage::valueOf(const QByteArray &key, const QVariant &shown) const
{
    if (key != summaryKey)
        return shown;
    const auto models = m_names.models(shown.toString());
    if (!models)
        return models.error();
    if (models->size() > 1)
        return base::Error { base::ErrorKind::Config, tr("One model makes the summaries."), {}, 0, std::nullopt };
    return QVariant(models->isEmpty() ? QString() : toText(models->constFirst()));
}

base::Result<void> ValuesPage::save()
{
    base::Result<void> outcome;
    for (Row &row : m_rows) {
        const QVariant shown = shownIn(row.field);
        row.problem->hide();
        if (shown == row.shown)
            continue;
        const auto value = valueOf(row.key, shown);
        const auto stored = value ? m_settings.setValue(row.key, *value) : base::Result<void>(value.error());
        if (stored || stored.error().kind == base::ErrorKind::Storage)
            row.shown = shown;
        if (stored)
            continue;
        row.problem->setText(stored.error().message);
        row.problem->show();
        outcome = stored;
    }
    return outcome;
}

} // namespace talkbench::ui
