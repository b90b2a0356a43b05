#include "ui/settings/rulelist.h"

#include "ui/rowdelegate.h"
#include "ui/settings/formparts.h"
#include "ui/settings/ruleform.h"
#include "ui/theme/metrics.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QListWidget>
#include <QPushButton>
#include <QScrollArea>
#include <QShortcut>
#include <QStackedWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

/// Keeps its form wherever it is dragged.
class RuleItem final : public QListWidgetItem {
public:
    RuleItem(RuleForm *of, QListWidget *list) : QListWidgetItem(of->name(), list), form(of) { }

    RuleForm *const form;
};

} // namespace

RuleList::RuleList(const QList<select::Rule> &rules, const ModelNames &names, QWidget *parent)
    : QWidget(parent), m_names(names), m_list(new QListWidget(this)), m_forms(new QStackedWidget(this)),
      m_hint(new ToneLabel(u"rulesHint"_s)), m_remove(new QPushButton(tr("Remove"), this)),
      m_up(new QPushButton(tr("Up"), this)), m_down(new QPushButton(tr("Down"), this))
{
    m_list->setObjectName(u"ruleList"_s);
    m_list->setAccessibleName(tr("Rules, in their order"));
    showRows(m_list, RowDelegate::Lines::One, false);
    m_list->setDragDropMode(QAbstractItemView::InternalMove);
    m_list->setMinimumWidth(grid::gap * 11);
    auto *left = new QVBoxLayout;
    left->setSpacing(grid::unit);
    left->addLayout(buttons()); // above: what is tried below the page moves the list's end
    left->addWidget(m_list, 1);
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::gap);
    line->addLayout(left, 1);
    line->addLayout(formSide(), 2);
    connect(m_list, &QListWidget::currentItemChanged, this, &RuleList::showCurrent);
    connect(m_list->model(), &QAbstractItemModel::rowsMoved, this, [this] {
        showCurrent();
        Q_EMIT edited();
    });
    for (const select::Rule &rule : rules)
        add(rule);
    m_list->setCurrentRow(0);
    showCurrent();
}

QLayout *RuleList::formSide()
{
    // Many fields: they scroll rather than making every page as high as they are.
    auto *scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidgetResizable(true);
    scroll->setWidget(m_forms);
    m_hint->setText(
        tr("A rule says which models answer what it describes: long prompts, some words, a picture, a time of day. The "
           "first rule that matches decides; where none does, “Auto” chooses as the first tab says."));
    auto *column = new QVBoxLayout;
    column->addWidget(m_hint);
    column->addWidget(scroll, 1);
    return column;
}

/// Two by two: the list is as narrow as they are.
QLayout *RuleList::buttons()
{
    auto *adding = new QPushButton(tr("Add"), this);
    auto *all = new QGridLayout;
    all->setSpacing(grid::half);
    adding->setObjectName(u"ruleAdd"_s);
    adding->setAccessibleName(tr("Add a rule"));
    m_remove->setObjectName(u"ruleRemove"_s);
    m_remove->setAccessibleName(tr("Remove the rule"));
    m_up->setObjectName(u"ruleUp"_s);
    m_up->setAccessibleName(tr("Move the rule up"));
    m_up->setToolTip(tr("Alt+Up"));
    m_down->setObjectName(u"ruleDown"_s);
    m_down->setAccessibleName(tr("Move the rule down"));
    m_down->setToolTip(tr("Alt+Down"));
    for (QPushButton *button : { adding, m_remove, m_up, m_down }) {
        button->setAutoDefault(false);
        all->addWidget(button, all->count() / 2, all->count() % 2);
    }
    connect(adding, &QPushButton::clicked, this, &RuleList::addNew);
    connect(m_remove, &QPushButton::clicked, this, &RuleList::removeCurrent);
    connect(m_up, &QPushButton::clicked, this, [this] { move(-1); });
    connect(m_down, &QPushButton::clicked, this, [this] { move(1); });
    const auto key = [this](const QKeySequence &keys, int by) {
        auto *shortcut = new QShortcut(keys, m_list, nullptr, nullptr, Qt::WidgetShortcut);
        connect(shortcut, &QShortcut::activated, this, [this, by] { move(by); });
    };
    key(QKeySequence(Qt::ALT | Qt::Key_Up), -1);
    key(QKeySequence(Qt::ALT | Qt::Key_Down), 1);
    return all;
}

void RuleList::addNew()
{
    select::Rule rule;
    rule.name = tr("New rule");
    add(rule);
    m_list->setCurrentRow(m_list->count() - 1);
    formOf(m_list->currentItem())->startNaming();
    Q_EMIT edited();
}

void RuleList::add(const select::Rule &rule)
{
    auto *form = new RuleForm(rule, m_names);
    m_forms->addWidget(form);
    auto *item = new RuleItem(form, m_list);
    connect(form, &RuleForm::edited, this, [this, item, form] {
        item->setText(form->name());
        Q_EMIT edited();
    });
}

RuleForm *RuleList::formOf(const QListWidgetItem *item) const
{
    return item ? static_cast<const RuleItem *>(item)->form : nullptr;
}

void RuleList::removeCurrent()
{
    RuleForm *form = formOf(m_list->currentItem());
    if (!form)
        return;
    form->disconnect(this);
    delete m_list->takeItem(m_list->currentRow());
    m_forms->removeWidget(form);
    form->deleteLater();
    showCurrent();
    Q_EMIT edited();
}

void RuleList::move(int by)
{
    const int from = m_list->currentRow();
    const int to = from + by;
    if (from < 0 || to < 0 || to >= m_list->count())
        return;
    m_list->insertItem(to, m_list->takeItem(from));
    m_list->setCurrentRow(to);
    Q_EMIT edited();
}

void RuleList::showCurrent()
{
    RuleForm *form = formOf(m_list->currentItem());
    m_forms->setVisible(form != nullptr);
    m_hint->setVisible(m_list->count() == 0);
    if (form)
        m_forms->setCurrentWidget(form);
    m_remove->setEnabled(form != nullptr);
    m_up->setEnabled(form && m_list->currentRow() > 0);
    m_down->setEnabled(form && m_list->currentRow() + 1 < m_list->count());
}

base::Result<QList<select::Rule>> RuleList::rules() const
{
    QList<select::Rule> rules;
    for (int row = 0; row < m_list->count(); ++row) {
        const auto rule = formOf(m_list->item(row))->rule();
        if (!rule)
            return rule.error();
        rules.append(*rule);
    }
    return rules;
}

void RuleList::showFaulty()
{
    for (int row = 0; row < m_list->count(); ++row) {
        if (formOf(m_list->item(row))->rule())
            continue;
        m_list->setCurrentRow(row);
        return;
    }
}

} // namespace talkbench::ui
