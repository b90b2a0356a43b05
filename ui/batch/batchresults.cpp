#include "ui/batch/batchresults.h"

#include "core/profile/format.h"
#include "ui/theme/icon.h"

#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QTableView>

#include <limits>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr qsizetype shownCharacters = 200;
constexpr qsizetype tipCharacters = 2000;

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
    Row row;
    row.ok = result.ok;
    row.invalid = result.invalid;
    row.values.fill(std::numeric_limits<double>::quiet_NaN());
    row.texts[Id] = result.id;
    row.texts[Model] = result.model;
    row.texts[State] = !row.ok ? tr("failed") : result.invalid ? tr("fails checks") : tr("ok");
    row.texts[Answer] = result.text.first(qMin(result.text.size(), shownCharacters)).simplified();
    row.tip = result.text.first(qMin(result.text.size(), tipCharacters));
    const auto put = [&row](Column column, std::optional<double> value, const auto &format) {
        if (!value)
            return;
        row.values[column] = *value;
        row.texts[column] = format(*value);
    };
    put(Tokens, result.outputTokens, [](double tokens) { return QString::number(tokens, 'f', 0); });
    put(Cost, result.costUsd, &profile::formatUsd);
    put(FirstToken, result.ttftMs, &profile::formatMs);
    put(Whole, result.responseMs, &profile::formatMs);
    return row;
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
    const auto column = static_cast<std::size_t>(index.column());
    switch (role) {
    case Qt::DisplayRole:
        return row.texts[column];
    case Qt::DecorationRole:
        return index.column() == State ? QVariant(icon(row.ok && !row.invalid ? u"check"_s : u"alert"_s,
                                                       !row.ok           ? IconTone::Error
                                                           : row.invalid ? IconTone::Warning
                                                                         : IconTone::Ok))
                                       : QVariant();
    case Qt::ToolTipRole:
        return index.column() == Answer ? QVariant(row.tip) : QVariant();
    case Qt::TextAlignmentRole:
        return QVariant(isNumber(index.column()) ? Qt::AlignRight | Qt::AlignVCenter
                                                 : Qt::AlignLeft | Qt::AlignVCenter);
    case Qt::UserRole: // what it is sorted by
        return isNumber(index.column()) ? QVariant(row.values[column]) : QVariant(row.texts[column]);
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
