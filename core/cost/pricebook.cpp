#include "core/cost/pricebook.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <utility>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

struct RateKey {
    QLatin1StringView name;
    std::optional<double> Rates::*rate;
};

constexpr RateKey optionalRates[] {
    { "cache_read"_L1, &Rates::cacheRead },
    { "cache_write"_L1, &Rates::cacheWrite },
    { "cache_write_1h"_L1, &Rates::cacheWrite1h },
    { "reasoning"_L1, &Rates::reasoning },
    { "image"_L1, &Rates::image },
};

constexpr QLatin1StringView originNames[] { "table"_L1, "server"_L1, "user"_L1 };

base::Error bad(const QString &detail)
{
    return { base::ErrorKind::Config, u"The price table can't be read."_s, detail, 0, std::nullopt };
}

base::Error badRow(const QJsonObject &row, const QString &what)
{
    return bad(u"%1: %2"_s.arg(what, QString::fromUtf8(QJsonDocument(row).toJson(QJsonDocument::Compact))));
}

bool isRate(const QJsonValue &value)
{
    return value.isDouble() && value.toDouble() >= 0 && value.toDouble() <= highestRate;
}

/// The text says which rate is wrong.
base::Result<Rates> ratesFromJson(const QJsonObject &object)
{
    for (const auto name : { "input"_L1, "output"_L1 }) {
        if (!isRate(object[name]))
            return bad(u"no usable '%1' price"_s.arg(name));
    }
    Rates rates { object["input"_L1].toDouble(), object["output"_L1].toDouble() };
    for (const RateKey &key : optionalRates) {
        const QJsonValue value = object[key.name];
        if (value.isUndefined() || value.isNull())
            continue;
        if (!isRate(value))
            return bad(u"no usable '%1' price"_s.arg(key.name));
        rates.*key.rate = value.toDouble();
    }
    return rates;
}

void insertRates(const Rates &rates, QJsonObject *object)
{
    object->insert("input"_L1, rates.input);
    object->insert("output"_L1, rates.output);
    for (const RateKey &key : optionalRates) {
        if (const auto &rate = rates.*key.rate)
            object->insert(key.name, *rate);
    }
}

/// Empty where there is none; an error of what is no date.
base::Result<QDate> dateFromJson(const QJsonObject &object, QLatin1StringView name)
{
    if (!object.contains(name))
        return QDate();
    const QDate date = QDate::fromString(object[name].toString(), Qt::ISODate);
    return date.isValid() ? base::Result<QDate>(date) : bad(u"'%1' is no date"_s.arg(name));
}

base::Result<QList<Tier>> tiersFromJson(const QJsonArray &array)
{
    QList<Tier> tiers;
    for (const auto &value : array) {
        const QJsonObject object = value.toObject();
        const qint64 above = object["above"_L1].toInteger();
        const auto rates = ratesFromJson(object);
        if (!rates)
            return bad(u"a tier with "_s + rates.error().detail);
        if (above <= (tiers.isEmpty() ? 0 : tiers.constLast().above))
            return bad(u"tiers that do not ascend"_s);
        tiers.append({ above, *rates });
    }
    return tiers;
}

base::Result<QList<OffPeak>> offPeakFromJson(const QJsonArray &array)
{
    QList<OffPeak> windows;
    for (const auto &value : array) {
        const QJsonObject object = value.toObject();
        const OffPeak window { QTime::fromString(object["from"_L1].toString(), u"hh:mm"_s),
                               QTime::fromString(object["until"_L1].toString(), u"hh:mm"_s),
                               object["factor"_L1].toDouble(-1) };
        if (!window.from.isValid() || !window.until.isValid()
            || !(window.factor >= 0 && window.factor <= highestFactor))
            return bad(u"an off-peak window without times or a factor"_s);
        windows.append(window);
    }
    return windows;
}

constexpr std::pair<QLatin1StringView, std::optional<qint64> ModelLimits::*> limitKeys[] {
    { "context_tokens"_L1, &ModelLimits::contextTokens }, { "max_output_tokens"_L1, &ModelLimits::maxOutputTokens }
};

base::Result<ModelLimits> limitsFromJson(const QJsonObject &object)
{
    ModelLimits limits;
    for (const auto &[name, limit] : limitKeys) {
        const qint64 tokens = object[name].toInteger();
        if (object.contains(name) && tokens <= 0)
            return bad(u"no usable '%1'"_s.arg(name));
        if (tokens > 0)
            limits.*limit = tokens;
    }
    return limits;
}

/// All but the rates: tiers, windows and dates.
base::Result<void> readConditions(const QJsonObject &object, Price *price)
{
    const auto tiers = tiersFromJson(object["tiers"_L1].toArray());
    const auto offPeak = offPeakFromJson(object["off_peak"_L1].toArray());
    const auto from = dateFromJson(object, "from"_L1);
    const auto until = dateFromJson(object, "until"_L1);
    const auto date = dateFromJson(object, "date"_L1);
    for (const base::Error *error :
         { tiers ? nullptr : &tiers.error(), offPeak ? nullptr : &offPeak.error(), from ? nullptr : &from.error(),
           until ? nullptr : &until.error(), date ? nullptr : &date.error() }) {
        if (error)
            return *error;
    }
    if (from->isValid() && until->isValid() && *until < *from)
        return bad(u"ends before it begins"_s);
    price->tiers = *tiers;
    price->offPeak = *offPeak;
    price->from = *from;
    price->until = *until;
    price->date = *date;
    return {};
}

base::Result<BatchRule> batchRuleFromJson(const QJsonObject &object)
{
    const BatchRule rule { object["provider"_L1].toString(), object["factor"_L1].toDouble(-1),
                           QRegularExpression(object["except"_L1].toString()),
                           u"%1, %2"_s.arg(object["source"_L1].toString(), object["date"_L1].toString()) };
    if (rule.providerId.isEmpty() || !(rule.factor >= 0 && rule.factor <= 1) || !rule.except.isValid())
        return badRow(object, u"a batch rule without a provider or a factor"_s);
    rule.except.optimize(); // before other threads match
    return rule;
}

QString withoutDate(QString model)
{
    static const QRegularExpression date(u"[-@](\\d{4}-\\d{2}-\\d{2}|\\d{8}|\\d{4})$"_s);
    return model.remove(date);
}

QString hashOf(const QList<Price> &prices)
{
    QJsonArray rows;
    for (const Price &price : prices) {
        if (price.origin == PriceOrigin::Table)
            continue;
        QJsonObject row = toJson(price);
        row.remove("date"_L1); // said again is not changed
        rows.append(row);
    }
    if (rows.isEmpty())
        return {};
    const QByteArray bytes = QJsonDocument(rows).toJson(QJsonDocument::Compact);
    return QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex().first(8));
}

} // namespace

bool OffPeak::contains(const QTime &utc) const
{
    return from < until ? utc >= from && utc < until : utc >= from || utc < until;
}

bool Price::holdsOn(const QDate &day) const
{
    return (!from.isValid() || day >= from) && (!until.isValid() || day <= until);
}

base::Result<Price> priceFromJson(const QJsonObject &object)
{
    Price price;
    price.model = object["model"_L1].toString();
    if (price.model.isEmpty())
        return badRow(object, u"no model"_s);
    const auto rates = ratesFromJson(object);
    if (!rates)
        return badRow(object, rates.error().detail);
    static_cast<Rates &>(price) = *rates;
    price.providerId = object["provider"_L1].toString();
    price.source = object["source"_L1].toString();
    if (object.contains("batch"_L1)) {
        const auto batch = ratesFromJson(object["batch"_L1].toObject());
        if (!batch)
            return badRow(object, u"a batch with "_s + batch.error().detail);
        price.batch = *batch;
    }
    if (object.contains("batch_factor"_L1)) {
        price.batchFactor = object["batch_factor"_L1].toDouble(-1);
        price.batchSource = object["batch_source"_L1].toString();
        if (!(*price.batchFactor >= 0 && *price.batchFactor <= 1))
            return badRow(object, u"no usable 'batch_factor'"_s);
    }
    const auto limits = limitsFromJson(object);
    if (!limits)
        return badRow(object, limits.error().detail);
    price.limits = *limits;
    if (const auto read = readConditions(object, &price); !read)
        return badRow(object, read.error().detail);
    const QString origin = object["origin"_L1].toString();
    const auto *name = std::find(std::begin(originNames), std::end(originNames), origin);
    if (name != std::end(originNames))
        price.origin = PriceOrigin(name - std::begin(originNames));
    return price;
}

QJsonObject toJson(const Price &price)
{
    QJsonObject object { { "model"_L1, price.model } };
    insertRates(price, &object);
    const auto text = [&object](QLatin1StringView name, const QString &value) {
        if (!value.isEmpty())
            object.insert(name, value);
    };
    text("provider"_L1, price.providerId);
    text("source"_L1, price.source);
    text("from"_L1, price.from.toString(Qt::ISODate));
    text("until"_L1, price.until.toString(Qt::ISODate));
    text("date"_L1, price.date.toString(Qt::ISODate));
    text("origin"_L1, originNames[std::size_t(price.origin)]);
    for (const auto &[key, limit] : limitKeys) {
        if (price.limits.*limit && price.origin == PriceOrigin::Table)
            object.insert(key, *(price.limits.*limit));
    }
    QJsonArray tiers;
    for (const Tier &tier : price.tiers) {
        QJsonObject row { { "above"_L1, tier.above } };
        insertRates(tier.rates, &row);
        tiers.append(row);
    }
    if (!tiers.isEmpty())
        object.insert("tiers"_L1, tiers);
    QJsonArray windows;
    for (const OffPeak &window : price.offPeak)
        windows.append(QJsonObject { { "from"_L1, window.from.toString(u"hh:mm"_s) },
                                     { "until"_L1, window.until.toString(u"hh:mm"_s) },
                                     { "factor"_L1, window.factor } });
    if (!windows.isEmpty())
        object.insert("off_peak"_L1, windows);
    if (price.batch) {
        QJsonObject batch;
        insertRates(*price.batch, &batch);
        object.insert("batch"_L1, batch);
    }
    if (price.batchFactor) {
        object.insert("batch_factor"_L1, *price.batchFactor);
        text("batch_source"_L1, price.batchSource);
    }
    return object;
}

base::Result<PriceBook> PriceBook::fromJson(const QByteArray &json)
{
    QJsonParseError problem;
    const QJsonObject root = QJsonDocument::fromJson(json, &problem).object();
    if (problem.error != QJsonParseError::NoError)
        return bad(problem.errorString());
    PriceBook book;
    book.m_tableVersion = root["version"_L1].toString();
    const QJsonArray unpriced = root["unpriced_providers"_L1].toArray();
    for (const auto &provider : unpriced)
        book.m_unpricedProviders.append(provider.toString());
    const QJsonObject same = root["same_prices"_L1].toObject();
    for (auto row = same.begin(); row != same.end(); ++row)
        book.m_samePrices.insert(row.key(), row.value().toString());
    const QJsonArray rules = root["batch_rules"_L1].toArray();
    for (const auto &value : rules) {
        const auto rule = batchRuleFromJson(value.toObject());
        if (!rule)
            return rule.error();
        book.m_batchRules.append(*rule);
    }
    const QJsonObject sources = root["sources"_L1].toObject();
    const QJsonArray rows = root["prices"_L1].toArray();
    for (const auto &value : rows) {
        auto price = priceFromJson(value.toObject());
        if (!price)
            return price.error();
        price->source = sources[price->source].toString(price->source);
        price->origin = PriceOrigin::Table;
        book.m_prices.append(*price);
    }
    book.index();
    return book;
}

void PriceBook::setRows(PriceOrigin origin, const QList<Price> &rows)
{
    m_prices.removeIf([origin](const Price &price) { return price.origin == origin; });
    for (Price price : rows) {
        price.origin = origin;
        m_prices.append(std::move(price));
    }
    std::stable_sort(m_prices.begin(), m_prices.end(),
                     [](const Price &a, const Price &b) { return a.origin < b.origin; });
    index();
}

void PriceBook::setVendors(const QHash<QString, QString> &vendorOfProvider)
{
    m_vendors = vendorOfProvider;
}

void PriceBook::index()
{
    m_exact.clear();
    m_prefixes.clear();
    for (qsizetype i = 0; i < m_prices.size(); ++i) {
        if (m_prices[i].model.endsWith(u'*'))
            m_prefixes.append(i);
        else
            m_exact.insert(m_prices[i].model, i);
    }
    const QString hash = hashOf(m_prices);
    m_version = hash.isEmpty() ? m_tableVersion : m_tableVersion + u'+' + hash;
}

bool PriceBook::isUnpriced(const QString &providerId) const
{
    return m_unpricedProviders.contains(providerId) || m_unpricedProviders.contains(m_vendors.value(providerId));
}

/// The provider, then its vendor, then the vendor with the same prices: the nearest goes first.
QStringList PriceBook::namesOf(const QString &providerId) const
{
    QStringList names { providerId };
    if (const QString vendor = m_vendors.value(providerId); !vendor.isEmpty() && vendor != providerId)
        names.append(vendor);
    if (const QString same = m_samePrices.value(names.constLast()); !same.isEmpty())
        names.append(same);
    return names;
}

const Price *PriceBook::better(const Price *best, const Price &row, const QStringList &providers,
                               const QDate &day) const
{
    const auto distance = [&providers](const Price &price) {
        const qsizetype place = providers.indexOf(price.providerId);
        return place < 0 ? providers.size() : place;
    };
    if (!row.holdsOn(day))
        return best;
    if (row.providerId.isEmpty() ? isUnpriced(providers.constFirst()) : !providers.contains(row.providerId))
        return best;
    if (!best || distance(row) != distance(*best))
        return !best || distance(row) < distance(*best) ? &row : best;
    return row.from >= best->from ? &row : best;
}

const Price *PriceBook::exact(PriceOrigin origin, const QStringList &providers, const QString &model,
                              const QDate &day) const
{
    const Price *best = nullptr;
    const auto [first, last] = m_exact.equal_range(model);
    for (auto place = first; place != last; ++place) {
        if (const Price &row = m_prices[*place]; row.origin == origin)
            best = better(best, row, providers, day);
    }
    return best;
}

const Price *PriceBook::prefix(PriceOrigin origin, const QStringList &providers, const QString &model,
                               const QDate &day) const
{
    const Price *best = nullptr;
    for (const qsizetype place : m_prefixes) {
        const Price &row = m_prices[place];
        if (row.origin != origin || !model.startsWith(QStringView(row.model).chopped(1)))
            continue;
        const bool longer = !best || row.model.size() > best->model.size();
        if (longer || row.model.size() == best->model.size()) {
            const Price *found = better(longer ? nullptr : best, row, providers, day);
            best = found ? found : best;
        }
    }
    return best;
}

const Price *PriceBook::inLayer(PriceOrigin origin, const QStringList &providers, const QString &model,
                                const QDate &day) const
{
    if (const Price *found = exact(origin, providers, model, day))
        return found;
    if (const Price *found = exact(origin, providers, withoutDate(model), day))
        return found;
    return prefix(origin, providers, model, day);
}

Price PriceBook::withBatchRule(Price price, const QStringList &providers, const QString &model) const
{
    const auto holds = [&](const BatchRule &rule) {
        const bool excepted = !rule.except.pattern().isEmpty() && rule.except.match(model).hasMatch();
        return providers.contains(rule.providerId) && !excepted;
    };
    const auto rule = std::find_if(m_batchRules.begin(), m_batchRules.end(), holds);
    if (!price.batch && !price.batchFactor && rule != m_batchRules.end()) {
        price.batchFactor = rule->factor;
        price.batchSource = rule->source;
    }
    return price;
}

ModelLimits PriceBook::limitsOf(const QString &providerId, const QString &model, const QDateTime &when) const
{
    const Price *found = inLayer(PriceOrigin::Table, namesOf(providerId), model, when.toUTC().date());
    ModelLimits limits = found ? found->limits : ModelLimits();
    if (const auto told = m_outputLimits.constFind({ providerId, model }); told != m_outputLimits.cend())
        limits.maxOutputTokens = *told;
    return limits;
}

std::optional<Price> PriceBook::find(const QString &providerId, const QString &model, const QDateTime &when) const
{
    const QStringList providers = namesOf(providerId);
    const QDate day = when.toUTC().date();
    for (const PriceOrigin origin : { PriceOrigin::User, PriceOrigin::Server, PriceOrigin::Table }) {
        if (const Price *found = inLayer(origin, providers, model, day))
            return withBatchRule(*found, providers, model);
    }
    return std::nullopt;
}

} // namespace talkbench::cost
