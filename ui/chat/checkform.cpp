#include "ui/chat/checkform.h"

#include "core/validate/validators.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

using Type = validate::Parameter::Type;

constexpr int linesShown = 3;
constexpr int digitsShown = 7;

QString translated(const char *text)
{
    return QCoreApplication::translate("Validator", text);
}

QString valueOf(const QWidget *field)
{
    if (const auto *line = qobject_cast<const QLineEdit *>(field))
        return line->text();
    if (const auto *lines = qobject_cast<const QPlainTextEdit *>(field))
        return lines->toPlainText();
    if (const auto *choice = qobject_cast<const QComboBox *>(field))
        return choice->currentData().toString();
    const auto *flag = qobject_cast<const QCheckBox *>(field);
    return flag && flag->isChecked() ? u"yes"_s : QString();
}

QLabel *caption(const QString &text, QWidget *field, QWidget *parent)
{
    QLabel *label = mutedLabel({}, parent, 0.92);
    label->setText(text);
    label->setBuddy(field);
    return label;
}

} // namespace

QString checkTitle(const QString &kind)
{
    const validate::ValidatorKind *known = validate::validatorKind(kind);
    return known ? translated(known->title) : kind;
}

CheckForm::CheckForm(const llm::Validator &validator, QWidget *parent)
    : QWidget(parent), m_before(validator), m_title(checkTitle(validator.kind)), m_on(new QCheckBox(m_title, this)),
      m_head(new QHBoxLayout), m_problem(new QLabel(this))
{
    setObjectName(u"check"_s);
    setAccessibleName(m_title);
    m_on->setObjectName(u"checkOn"_s);
    m_on->setToolTip(tr("Whether answers are checked for this"));
    m_on->setChecked(validator.on);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->setObjectName(u"checkProblem"_s);
    auto *sign = new IconLabel(icon(u"alert"_s, IconTone::Warning), grid::gap, this);
    sign->setObjectName(u"checkProblemSign"_s);
    auto *remove = iconButton(u"checkRemove"_s, u"close"_s, tr("Remove this check"), this);
    remove->setAccessibleName(accessibleNameOf(tr("Remove")));
    m_head->setSpacing(grid::unit);
    m_head->addWidget(m_on);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::half);
    column->addLayout(m_head);
    if (const validate::ValidatorKind *kind = validate::validatorKind(validator.kind))
        addFields(*kind, column);
    if (m_head->count() == 1)
        m_head->addStretch(1);
    m_head->addWidget(remove);
    auto *words = new QHBoxLayout;
    words->setSpacing(grid::half);
    words->addWidget(sign, 0, Qt::AlignTop);
    words->addWidget(m_problem, 1);
    column->addLayout(words);
    connect(m_on, &QCheckBox::toggled, this, &CheckForm::change);
    connect(remove, &QToolButton::clicked, this, &CheckForm::removeRequested);
    refresh();
}

QString CheckForm::accessibleNameOf(const QString &field) const
{
    return tr("%1: %2").arg(m_title, field);
}

/// A first line of text stands beside the title; longer texts take the width; the rest shares a line.
void CheckForm::addFields(const validate::ValidatorKind &kind, QVBoxLayout *column)
{
    auto *rest = new QHBoxLayout;
    rest->setSpacing(grid::unit);
    for (const validate::Parameter &parameter : kind.parameters) {
        const QString title = translated(parameter.title);
        QWidget *field = addField(parameter);
        if (parameter.type == Type::Lines) {
            column->addWidget(field);
        } else if (parameter.type == Type::Text && m_fields.size() == 1) {
            m_head->addWidget(field, 1);
        } else {
            if (parameter.type != Type::Flag)
                rest->addWidget(caption(title, field, this));
            rest->addWidget(field, parameter.type == Type::Text ? 1 : 0);
        }
    }
    rest->addStretch();
    column->addLayout(rest);
}

QWidget *CheckForm::addField(const validate::Parameter &parameter)
{
    const QString id = QString::fromLatin1(parameter.id);
    const QString title = translated(parameter.title);
    const QString value = m_before.parameters.value(id);
    QWidget *field = nullptr;
    if (parameter.type == Type::Flag) {
        auto *flag = new QCheckBox(title, this);
        flag->setChecked(value == "yes"_L1);
        connect(flag, &QCheckBox::toggled, this, &CheckForm::change);
        field = flag;
    } else if (parameter.type == Type::Choice) {
        auto *choice = new QComboBox(this);
        for (const char *one : parameter.choices)
            choice->addItem(translated(one), QString::fromLatin1(one));
        choice->setCurrentIndex(std::max(0, choice->findData(value)));
        connect(choice, &QComboBox::currentIndexChanged, this, &CheckForm::change);
        field = choice;
    } else if (parameter.type == Type::Lines) {
        auto *lines = new QPlainTextEdit(value, this);
        lines->setPlaceholderText(title);
        lines->setTabChangesFocus(true);
        lines->setFixedHeight(linesShown * fontMetrics().lineSpacing() + 2 * grid::unit);
        connect(lines, &QPlainTextEdit::textChanged, this, &CheckForm::change);
        field = lines;
    } else {
        auto *line = new QLineEdit(value, this);
        if (parameter.type == Type::Number)
            line->setFixedWidth(digitsShown * fontMetrics().horizontalAdvance(u'0') + 2 * grid::unit);
        else if (m_fields.isEmpty()) // the others have a caption
            line->setPlaceholderText(title);
        connect(line, &QLineEdit::textChanged, this, &CheckForm::change);
        field = line;
    }
    field->setObjectName(u"check_"_s + id);
    field->setAccessibleName(accessibleNameOf(title));
    m_fields.append({ id, field });
    return field;
}

llm::Validator CheckForm::validator() const
{
    llm::Validator validator = m_before;
    validator.on = m_on->isChecked();
    for (const auto &[id, field] : m_fields) {
        const QString value = valueOf(field);
        if (value.isEmpty())
            validator.parameters.remove(id);
        else
            validator.parameters.insert(id, value);
    }
    return validator;
}

void CheckForm::focusFirst()
{
    (m_fields.isEmpty() ? m_on : m_fields.constFirst().second)->setFocus();
}

void CheckForm::change()
{
    refresh();
    Q_EMIT edited();
}

void CheckForm::refresh()
{
    const llm::Validator now = validator();
    const validate::ValidatorKind *kind = validate::validatorKind(now.kind);
    const QString problem = kind ? kind->problem(now.parameters) : tr("this version knows no such check");
    m_problem->setText(tr("Can't be checked: %1").arg(problem));
    m_problem->setVisible(!problem.isEmpty());
    findChild<QWidget *>(u"checkProblemSign"_s)->setVisible(!problem.isEmpty());
}

} // namespace talkbench::ui
