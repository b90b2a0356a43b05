#include "ui/settings/formparts.h"

#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QFormLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QPalette>
#include <QPlainTextEdit>
#include <QSlider>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace talkbench::ui {

namespace {

constexpr char transient[] = "transient";

void addBelow(const QWidget *parent, QList<const QWidget *> &all)
{
    QList<const QWidget *> children;
    if (const auto *stack = qobject_cast<const QStackedWidget *>(parent)) {
        for (int page = 0; page < stack->count(); ++page)
            children << stack->widget(page);
    } else {
        const auto direct = parent->findChildren<QWidget *>(Qt::FindDirectChildrenOnly);
        children = { direct.begin(), direct.end() };
    }
    for (const QWidget *child : std::as_const(children)) {
        all << child;
        addBelow(child, all);
    }
}

/// In an order that stays: a stack's pages by their numbers, since the one that is shown becomes the last child.
QList<const QWidget *> widgetsBelow(const QWidget *parent)
{
    QList<const QWidget *> all;
    addBelow(parent, all);
    return all;
}

} // namespace

ToneLabel::ToneLabel(const QString &objectName, Tone tone, QWidget *parent) : QLabel(parent), m_tone(tone)
{
    setObjectName(objectName);
    setWordWrap(true);
    setTextFormat(Qt::PlainText);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    follow();
}

void ToneLabel::setTone(Tone tone)
{
    m_tone = tone;
    follow();
}

void ToneLabel::say(const QString &text, Tone tone)
{
    setTone(tone);
    setText(text);
    setVisible(!text.isEmpty());
}

void ToneLabel::changeEvent(QEvent *event)
{
    QLabel::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::ApplicationPaletteChange)
        follow();
}

void ToneLabel::follow()
{
    const QPalette application = QApplication::palette();
    const Colours &c = colours(application);
    QColor colour = c.text;
    switch (m_tone) {
    case Tone::Muted:
        colour = c.mutedText;
        break;
    case Tone::Plain:
        break;
    case Tone::Ok:
        colour = c.ok;
        break;
    case Tone::Warning:
        colour = c.warning;
        break;
    case Tone::Error:
        colour = c.error;
        break;
    }
    setTextColour(this, colour);
}

QFormLayout *settingsForm(QWidget *parent)
{
    auto *form = new QFormLayout(parent);
    form->setContentsMargins(0, 0, 0, 0);
    form->setHorizontalSpacing(grid::gap);
    form->setVerticalSpacing(grid::wide);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    return form;
}

void fillTab(QWidget *tab, QFormLayout *fields, QWidget *hint)
{
    auto *column = new QVBoxLayout(tab);
    column->setContentsMargins(0, grid::gap, 0, 0);
    column->setSpacing(grid::gap);
    column->addLayout(fields);
    column->addWidget(hint);
    column->addStretch();
}

void markTransient(QWidget *field)
{
    field->setProperty(transient, true);
}

QVariantList fieldValues(const QWidget *form)
{
    QVariantList values;
    const auto fields = widgetsBelow(form);
    for (const QWidget *field : fields) {
        if (field->property(transient).toBool())
            continue;
        if (const auto *line = qobject_cast<const QLineEdit *>(field))
            values << line->text();
        else if (const auto *lines = qobject_cast<const QPlainTextEdit *>(field))
            values << lines->toPlainText();
        else if (const auto *choice = qobject_cast<const QComboBox *>(field))
            values << choice->currentText();
        else if (const auto *slider = qobject_cast<const QSlider *>(field))
            values << slider->value();
        else if (const auto *flag = qobject_cast<const QCheckBox *>(field))
            values << flag->isChecked();
        else if (const auto *list = qobject_cast<const QListWidget *>(field)) {
            for (int row = 0; row < list->count(); ++row)
                values << list->item(row)->text();
        }
    }
    return values;
}

void whenEdited(const QWidget *form, QObject *context, const std::function<void()> &then)
{
    const auto fields = form->findChildren<QWidget *>();
    for (const QWidget *field : fields) {
        // A box tells of no text that its arrows have put into its line.
        if (const auto *whole = qobject_cast<const QSpinBox *>(field))
            QObject::connect(whole, &QSpinBox::valueChanged, context, then);
        else if (const auto *number = qobject_cast<const QDoubleSpinBox *>(field))
            QObject::connect(number, &QDoubleSpinBox::valueChanged, context, then);
        else if (const auto *line = qobject_cast<const QLineEdit *>(field))
            QObject::connect(line, &QLineEdit::textChanged, context, then);
        else if (const auto *lines = qobject_cast<const QPlainTextEdit *>(field))
            QObject::connect(lines, &QPlainTextEdit::textChanged, context, then);
        else if (const auto *choice = qobject_cast<const QComboBox *>(field))
            QObject::connect(choice, &QComboBox::currentTextChanged, context, then);
        else if (const auto *slider = qobject_cast<const QSlider *>(field))
            QObject::connect(slider, &QSlider::valueChanged, context, then);
        else if (const auto *flag = qobject_cast<const QCheckBox *>(field))
            QObject::connect(flag, &QCheckBox::toggled, context, then);
    }
}

void addField(QFormLayout *form, const QString &objectName, const QString &title, QWidget *field, QWidget *shown)
{
    field->setObjectName(objectName);
    field->setAccessibleName(title);
    if (const auto *choice = qobject_cast<QComboBox *>(field); choice && choice->isEditable())
        choice->lineEdit()->setAccessibleName(title);
    auto *label = new QLabel(title);
    label->setBuddy(field);
    label->setMinimumHeight(grid::control);
    label->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed); // beside the first line of a tall field
    form->addRow(label, shown ? shown : field);
}

} // namespace talkbench::ui
