#include "ui/chat/modelrows.h"

#include "core/config/settings.h"
#include "core/cost/pricebook.h"
#include "core/cost/pricelayers.h"
#include "core/select/policy.h"
#include "ui/modellists.h"
#include "ui/rowdelegate.h"
#include "ui/theme/icon.h"
#include "ui/wordfilter.h"

#include <QLocale>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr auto favouritesKey = "models/favourites";

/// "128k", "1M"
QString tokensText(qint64 tokens)
{
    if (tokens >= 1'000'000)
        return QLocale().toString(double(tokens) / 1e6, 'g', 2) + u'M';
    return tokens >= 1000 ? QLocale().toString(tokens / 1000) + u'k' : QLocale().toString(tokens);
}

/// A name can't turn itself or its neighbours around.
QString withoutDirections(QString name)
{
    return name.removeIf([](QChar c) {
        const char16_t u = c.unicode();
        return (u >= 0x202A && u <= 0x202E) || (u >= 0x2066 && u <= 0x2069) || u == 0x200E || u == 0x200F;
    });
}

QString dollars(double usd)
{
    return u'$' + QLocale().toString(usd, 'g', 3);
}

} // namespace

ModelRows::ModelRows(AppContext &context, QObject *parent) : QAbstractListModel(parent), m_context(context)
{
}

int ModelRows::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

Qt::ItemFlags ModelRows::flags(const QModelIndex &index) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Kind kind = m_rows.at(index.row()).kind;
    return kind == Kind::Heading || kind == Kind::Asking ? Qt::ItemFlags() : Qt::ItemIsEnabled | Qt::ItemIsSelectable;
}

QVariant ModelRows::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &row = m_rows.at(index.row());
    if (row.kind == Kind::Model)
        return modelData(row, role);
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return row.text;
    case RowDetailRole:
        return row.detail;
    case RowKindRole:
        return int(row.kind == Kind::Heading                               ? RowKind::Heading
                       : row.kind == Kind::Typed || row.kind == Kind::Auto ? RowKind::Item
                                                                           : RowKind::Note);
    case Qt::DecorationRole:
        return row.kind == Kind::Auto && row.choice == m_current ? icon(u"check"_s, IconTone::Accent)
            : row.kind == Kind::Typed                            ? icon(u"plus"_s, IconTone::Muted)
            : row.kind == Kind::Problem                          ? icon(u"alert"_s, IconTone::Error)
                                                                 : QVariant();
    default:
        return {};
    }
}

QVariant ModelRows::modelData(const Row &row, int role) const
{
    const Entry &entry = m_entries.at(row.entry);
    switch (role) {
    case Qt::DisplayRole:
        return withoutDirections(entry.choice.model);
    case Qt::DecorationRole:
        return entry.choice == m_current ? icon(u"check"_s, IconTone::Accent) : QVariant();
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole:
        return tooltipOf(entry);
    case RowDetailRole:
        return row.detail.isEmpty() ? detailOf(entry) : QStringList { row.detail, detailOf(entry) }.join(u"   "_s);
    case RowStarRole:
        return m_favourites.contains(entry.choice);
    default:
        return {};
    }
}

/// The server's own prices win over the table's.
std::optional<ModelRows::Price> ModelRows::priceOf(const Entry &entry) const
{
    if (entry.info.inputPrice && entry.info.outputPrice)
        return Price { *entry.info.inputPrice, *entry.info.outputPrice, true };
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(m_context.clock.wallMs());
    if (const auto price = m_context.prices.find(entry.choice.providerId, entry.choice.model, now))
        return Price { price->input, price->output, false };
    return std::nullopt;
}

QString ModelRows::detailOf(const Entry &entry) const
{
    QStringList parts;
    if (entry.info.contextTokens)
        parts << tokensText(*entry.info.contextTokens);
    if (entry.info.imageInput.value_or(false))
        parts << tr("images");
    if (entry.info.tools.value_or(false))
        parts << tr("tools");
    if (entry.info.reasoning.value_or(false))
        parts << tr("thinks");
    if (const auto price = priceOf(entry))
        parts << dollars(price->input) + u" / "_s + dollars(price->output);
    return parts.join(u" · "_s);
}

QString ModelRows::tooltipOf(const Entry &entry) const
{
    QStringList lines { tr("%1 of %2").arg(entry.choice.model, providerName(entry.choice.providerId)) };
    if (!entry.info.displayName.isEmpty() && entry.info.displayName != entry.choice.model)
        lines << entry.info.displayName;
    if (entry.info.contextTokens)
        lines << tr("takes %1 tokens").arg(QLocale().toString(*entry.info.contextTokens));
    if (const auto price = priceOf(entry))
        lines << tr("%1 a million tokens in, %2 out").arg(dollars(price->input), dollars(price->output))
                + (price->listed ? tr(", as the server lists it") : QString());
    return lines.join(u'\n');
}

QString ModelRows::providerName(const QString &id) const
{
    const auto provider = m_context.settings.provider(id);
    return provider ? provider->name : id;
}

void ModelRows::setCurrent(const Choice &current)
{
    m_current = current;
}

void ModelRows::setFilter(const QString &typed)
{
    m_typed = typed.trimmed();
    filter();
}

void ModelRows::loadFavourites()
{
    m_favourites.clear();
    const auto favourites = config::favouriteModels(m_context.settings);
    for (const auto &[providerId, model] : favourites)
        m_favourites.insert({ providerId, model });
}

void ModelRows::toggleFavourite(const Choice &choice)
{
    QVariantMap kept = m_context.settings.value(favouritesKey).toMap();
    QStringList models = kept.value(choice.providerId).toStringList();
    if (models.removeAll(choice.model) == 0)
        models << choice.model;
    if (models.isEmpty())
        kept.remove(choice.providerId);
    else
        kept.insert(choice.providerId, models);
    m_context.settings.setValue(favouritesKey, kept);
    rebuild();
}

void ModelRows::offerAuto()
{
    m_offersAuto = true;
    filter();
}

void ModelRows::rebuild()
{
    loadFavourites();
    m_providers.clear();
    m_entries.clear();
    const QList<config::ProviderConfig> providers = m_context.settings.providers();
    for (const config::ProviderConfig &provider : providers)
        addProvider(provider.id, provider.name, provider.defaultModel);
    filter();
}

/// What the server lists, and what a person wrote down whether it does or not.
void ModelRows::addProvider(const QString &id, const QString &name, const QString &defaultModel)
{
    m_providers << id;
    QSet<QString> names;
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(m_context.clock.wallMs());
    const auto add = [&](const llm::ModelInfo &info) {
        if (info.id.isEmpty() || names.contains(info.id))
            return;
        names.insert(info.id);
        const QString text = name + u' ' + info.id + u' ' + info.displayName;
        m_entries << Entry { { id, info.id },
                             *cost::withLimits(info, m_context.prices.limitsOf(id, info.id, now)),
                             text.toCaseFolded() };
    };
    const QList<llm::ModelInfo> listed = m_context.models.of(id).models;
    for (const llm::ModelInfo &info : listed)
        add(info);
    const auto addName = [&add](const QString &model) {
        llm::ModelInfo info;
        info.id = model;
        add(info);
    };
    addName(defaultModel);
    if (m_current.providerId == id)
        addName(m_current.model);
    for (const Choice &favourite : std::as_const(m_favourites)) {
        if (favourite.providerId == id)
            addName(favourite.model);
    }
}

void ModelRows::filter()
{
    const QStringList words = searchWords(m_typed);
    QList<Row> rows;
    for (qsizetype i = 0; i < m_entries.size(); ++i) {
        const Entry &entry = m_entries.at(i);
        if (m_favourites.contains(entry.choice) && hasAllWords(entry.folded, words))
            rows << Row { Kind::Model, i, entry.choice, {}, providerName(entry.choice.providerId) };
    }
    if (!rows.isEmpty())
        rows.prepend({ Kind::Heading, -1, {}, tr("Favourites"), {} });
    addAuto(words, rows);
    for (const QString &id : std::as_const(m_providers))
        filterProvider(id, words, rows);
    addTyped(rows);
    beginResetModel();
    m_rows = rows;
    endResetModel();
}

void ModelRows::filterProvider(const QString &id, const QStringList &words, QList<Row> &rows) const
{
    const qsizetype before = rows.size();
    rows << Row { Kind::Heading, -1, {}, providerName(id), {} };
    qsizetype found = 0;
    for (qsizetype i = 0; i < m_entries.size(); ++i) {
        const Entry &entry = m_entries.at(i);
        if (entry.choice.providerId != id || m_favourites.contains(entry.choice) || !hasAllWords(entry.folded, words))
            continue;
        rows << Row { Kind::Model, i, entry.choice };
        ++found;
    }
    const ModelLists::List list = m_context.models.of(id);
    if (list.asking && list.models.isEmpty() && words.isEmpty())
        rows << Row { Kind::Asking, -1, {}, tr("Asking for the list…") };
    else if (list.problem && hasAllWords(providerName(id).toCaseFolded(), words))
        rows << Row { Kind::Problem, -1, { id, {} }, list.problem->message, tr("Try again") };
    else if (found == 0)
        rows.resize(before);
    if (found > 0)
        rows[before].detail = QLocale().toString(found);
}

void ModelRows::addAuto(const QStringList &words, QList<Row> &rows) const
{
    const QString text = tr("Auto");
    const QString detail = tr("chosen for each message");
    if (m_offersAuto && hasAllWords((text + u' ' + detail).toCaseFolded(), words))
        rows.prepend({ Kind::Auto, -1, { select::autoRef.providerId, select::autoRef.model }, text, detail });
}

/// A name that the server does not list is for it to judge.
void ModelRows::addTyped(QList<Row> &rows) const
{
    if (m_typed.isEmpty())
        return;
    QStringList ids = m_providers;
    if (ids.removeOne(m_current.providerId))
        ids.prepend(m_current.providerId);
    bool titled = false;
    for (const QString &id : std::as_const(ids)) {
        const Choice typed { id, m_typed };
        const bool listed = std::any_of(rows.cbegin(), rows.cend(), [&typed](const Row &row) {
            return row.kind == Kind::Model && row.choice == typed;
        });
        if (listed)
            continue;
        if (!std::exchange(titled, true))
            rows << Row { Kind::Heading, -1, {}, tr("The name as typed") };
        rows << Row { Kind::Typed, -1, typed, tr("Use “%1”").arg(m_typed), providerName(id) };
    }
}

std::optional<ModelRows::Choice> ModelRows::choice(int row) const
{
    if (row < 0 || row >= m_rows.size())
        return std::nullopt;
    const Row &chosen = m_rows.at(row);
    return chosen.kind == Kind::Model || chosen.kind == Kind::Typed || chosen.kind == Kind::Auto
        ? std::optional(chosen.choice)
        : std::nullopt;
}

QString ModelRows::failedProvider(int row) const
{
    return row >= 0 && row < m_rows.size() && m_rows.at(row).kind == Kind::Problem ? m_rows.at(row).choice.providerId
                                                                                   : QString();
}

int ModelRows::best() const
{
    int first = -1;
    int current = -1;
    for (int i = 0; i < m_rows.size(); ++i) {
        const Row &row = m_rows.at(i);
        if (row.kind != Kind::Model && row.kind != Kind::Typed && row.kind != Kind::Auto)
            continue;
        if (row.kind != Kind::Typed && row.choice.model == m_typed)
            return i;
        if (row.kind != Kind::Typed && row.choice == m_current)
            current = i;
        // Whoever searches looks for a model.
        if (first < 0 && (row.kind != Kind::Auto || m_typed.isEmpty()))
            first = i;
    }
    return current >= 0 ? current : first;
}

int ModelRows::next(int from, int by) const
{
    for (int row = from + by; row >= 0 && row < m_rows.size(); row += by) {
        if (flags(index(row)).testFlag(Qt::ItemIsSelectable))
            return row;
    }
    return from;
}

} // namespace talkbench::ui
