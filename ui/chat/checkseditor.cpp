#include "ui/chat/checkseditor.h"

#include "core/validate/validators.h"
#include "ui/chat/checkform.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

using OnFailure = llm::Validation::OnFailure;

QStringList namesIn(const QString &text)
{
    QStringList names;
    const QStringList parts = text.split(u',', Qt::SkipEmptyParts);
    for (const QString &part : parts) {
        if (const QString name = part.trimmed(); !name.isEmpty())
            names.append(name);
    }
    return names;
}

} // namespace

ChecksEditor::ChecksEditor(Failures failures, QWidget *parent)
    : QWidget(parent), m_failures(failures), m_rows(new QVBoxLayout)
{
    setObjectName(u"checksEditor"_s);
    setAccessibleName(tr("Checks of the answer"));
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setSpacing(grid::unit);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::half);
    column->addWidget(header());
    column->addLayout(m_rows);
    column->addWidget(failureRow());
    refresh();
}

QWidget *ChecksEditor::header()
{
    auto *bar = new QWidget(this);
    auto *title = mutedLabel(u"checksTitle"_s, bar, 0.92);
    title->setText(tr("Checks of the answer"));
    m_add = textButton(u"checkAdd"_s, u"plus"_s, tr("Add a check"), bar);
    m_add->setToolTip(tr("Choose what the answer is checked for"));
    auto *kinds = new QMenu(m_add);
    kinds->setObjectName(u"checkKinds"_s);
    for (const validate::ValidatorKind &kind : validate::validatorTable()) {
        const QString id = QString::fromLatin1(kind.id);
        QAction *action = kinds->addAction(checkTitle(id));
        action->setObjectName(id);
        connect(action, &QAction::triggered, this, [this, id] {
            CheckForm *form = add({ id, {} });
            refresh();
            form->focusFirst();
            Q_EMIT edited();
        });
    }
    connect(m_add, &QToolButton::clicked, this,
            [this, kinds] { kinds->popup(m_add->mapToGlobal(QPoint(0, m_add->height()))); });
    auto *line = new QHBoxLayout(bar);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(title);
    line->addStretch();
    line->addWidget(m_add);
    return bar;
}

QWidget *ChecksEditor::failureRow()
{
    m_failureRow = new QWidget(this);
    m_onFailure = new QComboBox(m_failureRow);
    m_onFailure->setObjectName(u"checkOnFailure"_s);
    m_onFailure->setAccessibleName(tr("If one fails"));
    m_onFailure->addItem(tr("mark the answer"), int(OnFailure::Mark));
    m_onFailure->addItem(tr("ask again, up to"), int(OnFailure::Retry));
    m_onFailure->addItem(tr("ask the next model"), int(OnFailure::FallBack));
    m_onFailure->setToolTip(tr("The model is told what failed when it is asked again. Every answer is paid for."));
    m_retries = new QSpinBox(m_failureRow);
    m_retries->setObjectName(u"checkRetries"_s);
    m_retries->setAccessibleName(tr("How often it is asked again at most"));
    m_retries->setRange(1, llm::Validation::mostRetries);
    m_retries->setSuffix(tr(" times"));
    m_models = new QLineEdit(m_failureRow);
    m_models->setObjectName(u"checkModels"_s);
    m_models->setAccessibleName(tr("Models that are asked instead, in their order"));
    m_models->setPlaceholderText(tr("as set under Auto"));
    m_models->setToolTip(tr("Models of the same provider with commas between, in their order. Empty: those of the "
                            "settings that are asked where this model fails."));
    QLabel *title = mutedLabel({}, m_failureRow, 0.92);
    title->setText(tr("If one fails"));
    title->setBuddy(m_onFailure);
    auto *line = new QHBoxLayout(m_failureRow);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addWidget(title);
    line->addWidget(m_onFailure);
    line->addWidget(m_retries);
    line->addWidget(m_models, 1);
    line->addStretch();
    const auto change = [this] {
        refresh();
        Q_EMIT edited();
    };
    connect(m_onFailure, &QComboBox::currentIndexChanged, this, change);
    connect(m_retries, &QSpinBox::valueChanged, this, change);
    connect(m_models, &QLineEdit::textChanged, this, change);
    return m_failureRow;
}

CheckForm *ChecksEditor::add(const llm::Validator &validator)
{
    auto *form = new CheckForm(validator, this);
    m_forms.append(form);
    m_rows->addWidget(form);
    form->show(); // where the rest has been shown already
    connect(form, &CheckForm::edited, this, &ChecksEditor::edited);
    connect(form, &CheckForm::removeRequested, this, [this, form] {
        remove(form);
        refresh();
        m_add->setFocus();
        Q_EMIT edited();
    });
    return form;
}

void ChecksEditor::remove(CheckForm *form)
{
    m_forms.removeOne(form);
    m_rows->removeWidget(form);
    form->hide();
    form->deleteLater(); // its own signal may have led here
}

void ChecksEditor::refresh()
{
    const auto chosen = OnFailure(m_onFailure->currentData().toInt());
    m_failureRow->setVisible(m_failures == Failures::Chosen && !m_forms.isEmpty());
    m_retries->setVisible(chosen == OnFailure::Retry);
    m_models->setVisible(chosen == OnFailure::FallBack);
}

void ChecksEditor::setFailures(Failures failures)
{
    m_failures = failures;
    refresh();
}

void ChecksEditor::setValidation(const llm::Validation &validation)
{
    if (validation == this->validation())
        return; // what is being edited stays as it is
    const QSignalBlocker silent(this);
    const QList<CheckForm *> before = m_forms;
    for (CheckForm *form : before)
        remove(form);
    for (const llm::Validator &validator : validation.validators)
        add(validator);
    m_onFailure->setCurrentIndex(m_onFailure->findData(int(validation.onFailure)));
    m_retries->setValue(validation.retries);
    m_models->setText(validation.fallbackModels.join(u", "_s));
    refresh();
}

llm::Validation ChecksEditor::validation() const
{
    llm::Validation validation;
    for (const CheckForm *form : m_forms)
        validation.validators.append(form->validator());
    if (m_failures == Failures::Marked)
        return validation;
    validation.onFailure = OnFailure(m_onFailure->currentData().toInt());
    validation.retries = m_retries->value();
    validation.fallbackModels = namesIn(m_models->text());
    return validation;
}

int ChecksEditor::count() const
{
    return int(llm::activeOf(validation()).validators.size());
}

} // namespace talkbench::ui
