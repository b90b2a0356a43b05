#include "ui/batch/batchresults.h"

#include "core/profile/format.h"
#include "ui/theme/icon.h"

#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QTableView>

#include <cmath>
#include <limits>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr qsizetype shownCharacters = 200;

bool isNumber(int column)
{
    return column >= BatchResults::Tokens;
}

} // namespace

BatchResults::BatchResults(QObject *parent) : QAbstractTableModel(parent)
{
}

void BatchResults::clear()
{
    beginResetModel();
    m_rows.clear();
    m_models.clear();
    endResetModel();
}

void BatchResults::append(const bench::BatchResult &result)
{
    appendAll({ result });
}

void BatchResults::appendAll(const QList<bench::BatchResult> &results)
{
    if (results.isEmpty())
        return;
    const int end = static_cast<int>(m_rows.size());
    beginInsertRows({}, end, end + static_cast<int>(results.size()) - 1);
    for (const bench::BatchResult &result : results)
        m_rows.append(rowOf(result));
    endInsertRows();
}

BatchResults::Row BatchResults::rowOf(const bench::BatchResult &result)
{
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    return { result.key.toLatin1(),
             result.id,
             *m_models.insert(result.model),
             result.text.first(qMin(result.text.size(), shownCharacters)).simplified(),
             { result.outputTokens.value_or(unknown), result.costUsd.value_or(unknown), result.ttftMs.value_or(unknown),
               result.responseMs.value_or(unknown) },
             result.ok,
             result.invalid,
             result.unchecked };
}

QString BatchResults::textOf(const Row &row, int column)
{
    if (isNumber(column)) {
        const double value = row.values[static_cast<std::size_t>(column - Tokens)];
        return std::isnan(value) ? QString()
            : column == Tokens   ? QString::number(value, 'f', 0)
            : column == Cost     ? profile::formatUsd(value)
                                 : profile::formatMs(value);
    }
    switch (column) {
    case Id:
        return row.id;
    case Model:
        return row.model;
    case State:
        return !row.ok ? tr("failed") : row.invalid ? tr("fails checks") : row.unchecked ? tr("not checked") : tr("ok");
    default:
        return row.answer;
    }
}

int BatchResults::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int BatchResults::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : Columns;
}

QVariant BatchResults::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const Row &row = m_rows[index.row()];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return textOf(row, column);
    case Qt::DecorationRole:
        return column == State ? QVariant(icon(row.ok && !row.invalid && !row.unchecked ? u"check"_s : u"alert"_s,
                                               !row.ok                            ? IconTone::Error
                                                   : row.invalid || row.unchecked ? IconTone::Warning
                                                                                  : IconTone::Ok))
                               : QVariant();
    case Qt::TextAlignmentRole:
        return QVariant(isNumber(column) ? Qt::AlignRight | Qt::AlignVCenter : Qt::AlignLeft | Qt::AlignVCenter);
    case Qt::UserRole: // what it is sorted by
        return isNumber(column) ? QVariant(row.values[static_cast<std::size_t>(column - Tokens)])
                                : QVariant(textOf(row, column));
    case KeyRole:
        return QString::fromLatin1(row.key);
    default:
        return {};
    }
}

QVariant BatchResults::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole && isNumber(section))
        return { Qt::AlignRight | Qt::AlignVCenter };
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QAbstractTableModel::headerData(section, orientation, role);
    switch (section) {
    case Id:
        return tr("Prompt");
    case Model:
        return tr("Model");
    case State:
        return tr("Result");
    case Answer:
        return tr("Answer");
    case Tokens:
        return tr("Tokens");
    case Cost:
        return tr("Cost");
    case FirstToken:
        return tr("First token");
    case Whole:
        return tr("Whole");
    default:
        return {};
    }
}

QTableView *tableOf(BatchResults *results, QWidget *parent)
{
    auto *sorted = new QSortFilterProxyModel(parent);
    sorted->setSourceModel(results);
    sorted->setSortRole(Qt::UserRole);
    auto *table = new QTableView(parent);
    table->setObjectName(u"batchTable"_s);
    table->setAccessibleName(BatchResults::tr("Results of the batch"));
    table->setModel(sorted);
    table->setSortingEnabled(true);
    table->sortByColumn(-1, Qt::AscendingOrder);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setShowGrid(false);
    table->setFrameShape(QFrame::NoFrame);
    table->setTabKeyNavigation(false);
    table->setWordWrap(false);
    table->verticalHeader()->hide();
    table->horizontalHeader()->setSectionResizeMode(BatchResults::Answer, QHeaderView::Stretch);
    table->horizontalHeader()->setHighlightSections(false);
    return table;
}

} // namespace talkbench::ui
