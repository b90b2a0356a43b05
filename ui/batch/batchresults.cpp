#include "ui/batch/batchresults.h"

#include "core/profile/format.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QAction>
#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QTableView>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr qsizetype shownCharacters = 200;

/// In characters, of the columns with words.
constexpr int idCharacters = 8;
constexpr int modelCharacters = 20;
constexpr int answerCharacters = 28;

bool isNumber(int column)
{
    return column >= BatchResults::Tokens;
}

class ResultTable final : public QTableView {
public:
    explicit ResultTable(QWidget *parent) : QTableView(parent)
    {
        connect(horizontalHeader(), &QHeaderView::sectionResized, this, [this](int section) {
            if (section != BatchResults::Answer)
                fitAnswer();
        });
    }

    void fitColumns()
    {
        const int letter = fontMetrics().averageCharWidth();
        const auto fit = [this](int column, int words) {
            setColumnWidth(column, std::max(words + grid::gap, horizontalHeader()->sectionSizeHint(column)));
        };
        const auto fitText = [this, fit](int column, const QString &widest) {
            fit(column, fontMetrics().horizontalAdvance(widest));
        };
        fit(BatchResults::Id, idCharacters * letter);
        fit(BatchResults::Model, modelCharacters * letter);
        fit(BatchResults::State,
            fontMetrics().horizontalAdvance(BatchResults::tr("fails checks")) + iconSide(this) + grid::unit);
        fitText(BatchResults::Tokens, u"9999999"_s);
        fitText(BatchResults::Cost, profile::formatUsd(0.00001));
        constexpr double longMs = 99.0 * 60 * 1000;
        fitText(BatchResults::FirstToken, profile::formatMs(longMs));
        fitText(BatchResults::Whole, profile::formatMs(longMs));
        fitAnswer();
    }

protected:
    void resizeEvent(QResizeEvent *event) override
    {
        QTableView::resizeEvent(event);
        fitAnswer();
    }
    void changeEvent(QEvent *event) override
    {
        QTableView::changeEvent(event);
        if (event->type() == QEvent::FontChange && model())
            fitColumns();
    }

private:
    void fitAnswer()
    {
        if (!model())
            return;
        const int others = horizontalHeader()->length() - columnWidth(BatchResults::Answer);
        const int least = answerCharacters * fontMetrics().averageCharWidth();
        setColumnWidth(BatchResults::Answer, std::max(least, viewport()->width() - others));
    }
};

} // namespace

BatchResults::BatchResults(ProviderName providerName, QObject *parent)
    : QAbstractTableModel(parent), m_providerName(std::move(providerName))
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
             *m_models.insert(result.providerId.isEmpty()
                                  ? result.model
                                  : tr("%1 · %2").arg(m_providerName(result.providerId), result.model)),
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
    auto *table = new ResultTable(parent);
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
    table->horizontalHeader()->setHighlightSections(false);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->setContextMenuPolicy(Qt::ActionsContextMenu);
    auto *open = new QAction(BatchResults::tr("Show the whole result"), table);
    open->setObjectName(u"batchOpenResult"_s);
    QObject::connect(open, &QAction::triggered, table, [table] {
        if (table->currentIndex().isValid())
            Q_EMIT table->activated(table->currentIndex());
    });
    table->addAction(open);
    table->fitColumns();
    return table;
}

} // namespace talkbench::ui
