#include "ui/settings/pricerows.h"

#include <QFont>
#include <QHash>
#include <QLocale>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

std::optional<double> rateOf(const cost::Price &price, int column)
{
    switch (column) {
    case PriceRows::Input:
        return price.input;
    case PriceRows::Output:
        return price.output;
    case PriceRows::CacheRead:
        return price.cacheRead;
    default:
        return std::nullopt;
    }
}

bool isRate(int column)
{
    return column == PriceRows::Input || column == PriceRows::Output || column == PriceRows::CacheRead;
}

constexpr double highestRate = 100'000;

/// False for what is no price; an empty cache price is none.
bool setRate(cost::Price &price, int column, const QString &typed)
{
    bool isNumber = false;
    const double rate = QLocale().toDouble(typed.trimmed(), &isNumber);
    if (column == PriceRows::CacheRead && typed.trimmed().isEmpty()) {
        price.cacheRead.reset();
        return true;
    }
    if (!isNumber || !(rate >= 0 && rate <= highestRate))
        return false;
    if (column == PriceRows::CacheRead)
        price.cacheRead = rate;
    else
        (column == PriceRows::Input ? price.input : price.output) = rate;
    return true;
}

} // namespace

PriceRows::PriceRows(const QList<cost::Price> &prices, const QDate &today, QObject *parent)
    : QAbstractTableModel(parent), m_today(today)
{
    // In their order: the table's, the servers', the user's. A later one takes the place of an earlier one.
    QHash<std::pair<QString, QString>, qsizetype> places;
    for (const cost::Price &price : prices) {
        const bool own = price.origin == cost::PriceOrigin::User;
        if (!own && !price.holdsOn(today))
            continue;
        const std::pair key(price.providerId, price.model);
        if (!places.contains(key)) {
            places.insert(key, m_rows.size());
            m_rows.append(Row());
        }
        Row &row = m_rows[places.value(key)];
        (own ? row.own : row.given) = price;
    }
}

int PriceRows::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int PriceRows::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant PriceRows::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole && isRate(section))
        return { Qt::AlignRight | Qt::AlignVCenter };
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    const QStringList titles { tr("Model"), tr("Provider"), tr("Input"), tr("Output"), tr("Cached"), tr("Source") };
    return titles.value(section);
}

QString PriceRows::text(const cost::Price &price, int column) const
{
    if (const auto rate = rateOf(price, column))
        return QLocale().toString(*rate, 'g', 6);
    switch (column) {
    case Model:
        return price.model;
    case Provider:
        return price.providerId.isEmpty() ? tr("any") : price.providerId;
    case Source:
        return price.origin == cost::PriceOrigin::User ? tr("your own, %1").arg(price.date.toString(Qt::ISODate))
            : price.date.isValid() ? tr("%1, %2").arg(price.source, price.date.toString(Qt::ISODate))
                                   : price.source;
    default:
        return {};
    }
}

QVariant PriceRows::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const Row &row = m_rows.at(index.row());
    const cost::Price &price = row.shown();
    const bool unknown = row.unknown.contains(index.column());
    const auto rate = unknown ? std::nullopt : rateOf(price, index.column());
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return unknown ? tr("unknown") : text(price, index.column());
    case Qt::EditRole:
        return unknown ? QString() : index.column() == Provider ? price.providerId : text(price, index.column());
    case SearchRole:
        return QString(price.model + u' ' + price.providerId).toCaseFolded();
    case SortRole:
        return isRate(index.column()) ? QVariant(rate.value_or(-1)) : QVariant(text(price, index.column()));
    case Qt::TextAlignmentRole:
        return isRate(index.column()) ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case Qt::FontRole: {
        QFont font;
        font.setBold(row.own.has_value());
        return font;
    }
    default:
        return {};
    }
}

bool PriceRows::setData(const QModelIndex &index, const QVariant &value, int role)
{
    if (role != Qt::EditRole || !(flags(index) & Qt::ItemIsEditable)
        || value.toString() == data(index, role).toString())
        return false;
    Row &row = m_rows[index.row()];
    cost::Price price = row.shown();
    price.origin = cost::PriceOrigin::User;
    price.source = u"your own"_s;
    price.date = m_today;
    if (index.column() == Model)
        price.model = value.toString().trimmed();
    else if (index.column() == Provider)
        price.providerId = value.toString().trimmed();
    else if (!setRate(price, index.column(), value.toString())) {
        Q_EMIT refused(tr("“%1” is no price. A price is a figure from 0 to %2, like %3.")
                           .arg(value.toString(), QLocale().toString(highestRate, 'f', 0), QLocale().toString(0.7)));
        return false;
    }
    row.own = price;
    row.unknown.remove(index.column());
    Q_EMIT dataChanged(index.siblingAtColumn(0), index.siblingAtColumn(ColumnCount - 1));
    return true;
}

Qt::ItemFlags PriceRows::flags(const QModelIndex &index) const
{
    const bool fresh = index.isValid() && !m_rows.at(index.row()).given;
    const bool editable = isRate(index.column()) || (fresh && index.column() != Source);
    return QAbstractTableModel::flags(index) | (editable ? Qt::ItemIsEditable : Qt::NoItemFlags);
}

bool PriceRows::isOwn(int row) const
{
    return row >= 0 && row < m_rows.size() && m_rows.at(row).own;
}

void PriceRows::reset(int row)
{
    if (!isOwn(row))
        return;
    if (m_rows.at(row).given) {
        m_rows[row].own.reset();
        Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
        return;
    }
    beginRemoveRows({}, row, row);
    m_rows.removeAt(row);
    endRemoveRows();
}

int PriceRows::add()
{
    cost::Price price;
    price.model = tr("model");
    price.source = u"your own"_s;
    price.date = m_today;
    price.origin = cost::PriceOrigin::User;
    const int row = rowCount();
    beginInsertRows({}, row, row);
    m_rows.append({ std::nullopt, price, { Input, Output } });
    endInsertRows();
    return row;
}

QString PriceRows::problem() const
{
    for (const Row &row : m_rows) {
        if (row.own && row.own->model.isEmpty())
            return tr("A price of your own has no model: name it, or take the row back with Reset.");
        if (!row.unknown.isEmpty())
            return tr("The price of “%1” is not known: type what its input and its output cost (0: free), or take the "
                      "row back with Reset.")
                .arg(row.own->model);
    }
    return {};
}

QList<cost::Price> PriceRows::own() const
{
    QList<cost::Price> prices;
    for (const Row &row : m_rows) {
        if (row.own && !row.own->model.isEmpty() && row.unknown.isEmpty())
            prices.append(*row.own);
    }
    return prices;
}

} // namespace talkbench::ui
