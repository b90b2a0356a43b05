#include "ui/settings/smalltable.h"

#include "ui/theme/colours.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int fixedRole = Qt::UserRole;
constexpr int mostRows = 7; ///< before it scrolls

/// Says by an example what an empty cell takes.
class HintingDelegate final : public QStyledItemDelegate {
public:
    HintingDelegate(QStringList hints, QObject *parent) : QStyledItemDelegate(parent), m_hints(std::move(hints)) { }

    QWidget *createEditor(QWidget *parent, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        QWidget *editor = QStyledItemDelegate::createEditor(parent, option, index);
        if (auto *line = qobject_cast<QLineEdit *>(editor))
            line->setPlaceholderText(hintOf(index));
        return editor;
    }

protected:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        if (!option->text.isEmpty())
            return;
        option->text = hintOf(index);
        option->features |= QStyleOptionViewItem::HasDisplay;
        for (const QPalette::ColorRole role : { QPalette::Text, QPalette::HighlightedText })
            option->palette.setColor(role, colours(option->palette).mutedText);
    }

private:
    QString hintOf(const QModelIndex &index) const
    {
        const bool fixed = index.siblingAtColumn(0).data(fixedRole).toBool();
        return fixed ? QString() : m_hints.value(index.column());
    }

    const QStringList m_hints;
};

QTableWidget *tableOf(const SmallTable::Look &look, QWidget *parent)
{
    auto *table = new QTableWidget(0, int(look.headers.size()), parent);
    table->setObjectName(look.objectName);
    table->setAccessibleName(look.title);
    table->setHorizontalHeaderLabels(look.headers);
    for (int column = 0; column < look.tips.size(); ++column)
        table->horizontalHeaderItem(column)->setToolTip(look.tips.at(column));
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    table->horizontalHeader()->setHighlightSections(false);
    table->verticalHeader()->hide();
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::SelectedClicked
                           | QAbstractItemView::EditKeyPressed | QAbstractItemView::AnyKeyPressed);
    table->setTabKeyNavigation(false);
    table->setWordWrap(false);
    table->setItemDelegate(new HintingDelegate(look.hints, table));
    return table;
}

} // namespace

SmallTable::SmallTable(const Look &look, QWidget *parent)
    : QWidget(parent), m_table(tableOf(look, this)), m_firstFigure(look.firstFigure),
      m_remove(new QPushButton(look.remove, this))
{
    auto *add = new QPushButton(look.add, this);
    add->setObjectName(look.objectName + u"Add"_s);
    m_remove->setObjectName(look.objectName + u"Remove"_s);
    for (QPushButton *button : { add, m_remove })
        button->setAutoDefault(false);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(add);
    buttons->addWidget(m_remove);
    buttons->addStretch();
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::half);
    column->addWidget(m_table);
    column->addLayout(buttons);
    connect(add, &QPushButton::clicked, this, &SmallTable::addByUser);
    connect(m_remove, &QPushButton::clicked, this, &SmallTable::removeCurrent);
    connect(m_table, &QTableWidget::currentCellChanged, this, &SmallTable::showState);
    connect(m_table, &QTableWidget::itemChanged, this, &SmallTable::edited);
    showState();
    fitHeight();
}

void SmallTable::insert(int row, const QStringList &texts, bool fixed)
{
    m_table->insertRow(row);
    for (int column = 0; column < m_table->columnCount(); ++column) {
        auto *item = new QTableWidgetItem(texts.value(column));
        if (column >= m_firstFigure)
            item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        if (column == 0 && fixed) {
            item->setData(fixedRole, true);
            item->setFlags(item->flags() & ~Qt::ItemIsEditable);
        }
        m_table->setItem(row, column, item);
    }
    fitHeight();
}

void SmallTable::addFixed(const QString &name, const QStringList &texts)
{
    insert(rowCount(), QStringList { name } + texts, true);
}

/// Where rows that can be removed end: before the fixed ones that follow a first one.
int SmallTable::end() const
{
    int row = rowCount();
    while (row > 1 && isFixed(row - 1))
        --row;
    return row;
}

void SmallTable::add(const QStringList &texts)
{
    insert(end(), texts, false);
}

int SmallTable::rowCount() const
{
    return m_table->rowCount();
}

bool SmallTable::isFixed(int row) const
{
    const QTableWidgetItem *item = m_table->item(row, 0);
    return item && item->data(fixedRole).toBool();
}

QString SmallTable::text(int row, int column) const
{
    const QTableWidgetItem *item = m_table->item(row, column);
    return item ? item->text().trimmed() : QString();
}

void SmallTable::setCurrent(int row, int column)
{
    m_table->setFocus();
    m_table->setCurrentCell(row, column);
}

void SmallTable::addByUser()
{
    const int row = end();
    add({});
    setCurrent(row, 0);
    m_table->editItem(m_table->item(row, 0));
}

void SmallTable::removeCurrent()
{
    const int row = m_table->currentRow();
    if (row < 0 || isFixed(row))
        return;
    m_table->removeRow(row);
    fitHeight();
    showState();
    Q_EMIT edited();
}

void SmallTable::showState()
{
    const int row = m_table->currentRow();
    m_remove->setEnabled(row >= 0 && !isFixed(row));
}

void SmallTable::fitHeight()
{
    const int rows = std::clamp(rowCount(), 1, mostRows);
    m_table->setFixedHeight(m_table->horizontalHeader()->sizeHint().height()
                            + rows * m_table->verticalHeader()->defaultSectionSize() + 2 * m_table->frameWidth());
}

} // namespace talkbench::ui
