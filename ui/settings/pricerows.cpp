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

const auto yourOwn = u"your own"_s;

/// False for what is no price; an empty cache price is none.
bool setRate(cost::Price &price, int column, const QString &typed)
{
    const auto rate = rateFromText(typed);
    if (column == PriceRows::CacheRead && typed.trimmed().isEmpty())
        price.cacheRead.reset();
    else if (!rate)
        return false;
    else if (column == PriceRows::CacheRead)
        price.cacheRead = *rate;
    else
        (column == PriceRows::Input ? price.input : price.output) = *rate;
    return true;
}

/// What a person can say of a price.
bool saysTheSame(const cost::Price &a, cost::Price b)
{
    b.date = a.date;
    b.origin = a.origin;
    if (a.origin != cost::PriceOrigin::User && b.source == yourOwn)
        b.source = a.source;
    return a == b;
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
        const auto place = places.constFind(key);
        if (place == places.constEnd() || (own && m_rows.at(*place).own)) {
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
    const QStringList titles { tr("Model"),  tr("Provider"), tr("Input"), tr("Output"),
                               tr("Cached"), tr("Also"),     tr("Source") };
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
    case Also:
        return alsoText(price);
    case Source:
        return sourceText(price);
    default:
        return {};
    }
}

/// What has no column.
QString PriceRows::alsoText(const cost::Price &price) const
{
    QStringList parts;
    if (price.from.isValid())
        parts << tr("from %1").arg(price.from.toString(Qt::ISODate));
    if (price.until.isValid())
        parts << tr("until %1").arg(price.until.toString(Qt::ISODate));
    if (price.cacheWrite || price.cacheWrite1h)
        parts << tr("cache writes");
    if (price.reasoning)
        parts << tr("reasoning");
    if (price.image)
        parts << tr("pictures");
    if (!price.tiers.isEmpty())
        parts << (price.tiers.size() == 1 ? tr("1 tier") : tr("%1 tiers").arg(price.tiers.size()));
    if (price.batch || price.batchFactor)
        parts << tr("batch");
    if (!price.offPeak.isEmpty())
        parts << tr("hours");
    return parts.join(u", "_s);
}

QString PriceRows::sourceText(const cost::Price &price) const
{
    const bool own = price.origin == cost::PriceOrigin::User;
    const QString source = !own   ? price.source
        : price.source == yourOwn ? tr("your own")
                                  : tr("your own: %1").arg(price.source);
    return price.date.isValid() ? tr("%1, %2").arg(source, price.date.toString(Qt::ISODate)) : source;
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
    cost::Price price = madeOwn(row.shown());
    if (index.column() == Model)
        price.model = value.toString().trimmed();
    else if (index.column() == Provider)
        price.providerId = value.toString().trimmed();
    else if (!setRate(price, index.column(), value.toString())) {
        Q_EMIT refused(noPriceText(value.toString()));
        return false;
    }
    row.own = price;
    row.unknown.remove(index.column());
    Q_EMIT dataChanged(index.siblingAtColumn(0), index.siblingAtColumn(ColumnCount - 1));
    return true;
}

/// What a table or a server said becomes the user's word.
cost::Price PriceRows::madeOwn(const cost::Price &price) const
{
    cost::Price own = price;
    if (own.origin != cost::PriceOrigin::User || own.source.isEmpty())
        own.source = yourOwn;
    own.origin = cost::PriceOrigin::User;
    own.date = m_today;
    return own;
}

PriceDraft PriceRows::draft(int row) const
{
    const Row &edited = m_rows.at(row);
    PriceDraft draft { edited.shown(), edited.given, edited.unknown.isEmpty() };
    if (draft.price.origin == cost::PriceOrigin::User && draft.price.source == yourOwn)
        draft.price.source.clear();
    return draft;
}

void PriceRows::setOwn(int row, const cost::Price &price)
{
    Row &edited = m_rows[row];
    cost::Price own = price;
    own.origin = cost::PriceOrigin::User;
    own = madeOwn(own);
    const bool isNews = !edited.unknown.isEmpty() || !saysTheSame(edited.shown(), own);
    if (!isNews)
        return;
    edited.own = own;
    edited.unknown.clear();
    Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
}

Qt::ItemFlags PriceRows::flags(const QModelIndex &index) const
{
    const bool fresh = index.isValid() && !m_rows.at(index.row()).given;
    const bool named = index.column() == Model || index.column() == Provider;
    const bool editable = isRate(index.column()) || (fresh && named);
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
    price.source = yourOwn;
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
    QStringList told;
    for (const Row &row : m_rows) {
        if (row.own && row.own->model.isEmpty())
            return tr("A price of your own has no model: name it, or take the row back with Reset.");
        if (!row.unknown.isEmpty())
            return tr("The price of “%1” is not known: type what its input and its output cost (0: free), or take the "
                      "row back with Reset.")
                .arg(row.own->model);
        if (!row.own)
            continue;
        const QString key = QStringList { row.own->model, row.own->providerId, row.own->from.toString() }.join(u'\n');
        if (told.contains(key))
            return tr("There are two prices of your own for “%1” that begin on the same day: take one back with Reset.")
                .arg(row.own->model);
        told << key;
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
