#include "core/config/settings.h"

#include "core/config/datadir.h"
#include "core/config/providerrows.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLocale>
#include <QSet>

#include <algorithm>
#include <array>
#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

constexpr double hourMs = 3'600'000;

base::Error problem(base::ErrorKind kind, const QString &message, const QString &detail = {})
{
    return { .kind = kind, .message = message, .detail = detail, .httpStatus = 0, .retryAfterMs = {} };
}

QString keyText(QByteArrayView key)
{
    return QString::fromUtf8(key);
}

QJsonValue toJsonValue(const QVariant &value)
{
    if (value.typeId() == QMetaType::QByteArray)
        return QString::fromLatin1(value.toByteArray().toBase64());
    return QJsonValue::fromVariant(value);
}

QVariant fromJsonValue(const Setting &setting, const QJsonValue &value)
{
    if (setting.standard.typeId() == QMetaType::QByteArray && value.isString())
        return QByteArray::fromBase64(value.toString().toLatin1());
    return value.toVariant();
}

QString shortest(double value)
{
    return QLocale::c().toString(value, 'f', QLocale::FloatingPointShortest);
}

base::Error outOfRange(const Setting &setting)
{
    return problem(base::ErrorKind::Config,
                   u"'%1' must be between %2 and %3."_s.arg(QString::fromUtf8(setting.title), shortest(setting.minimum),
                                                            shortest(setting.maximum)));
}

base::Error wrongType(const Setting &setting, const char *what)
{
    return problem(base::ErrorKind::Config,
                   u"'%1' must be %2."_s.arg(QString::fromUtf8(setting.title), QString::fromUtf8(what)));
}

base::Result<QVariant> checkedNumber(const Setting &setting, const QVariant &value)
{
    bool isNumber = false;
    const double number = value.toDouble(&isNumber);
    const bool whole = setting.standard.typeId() == QMetaType::Int;
    if (!isNumber || value.typeId() == QMetaType::Bool || !std::isfinite(number)
        || (whole && number != std::floor(number)))
        return wrongType(setting, whole ? "a whole number" : "a number");
    if (number < setting.minimum || number > setting.maximum)
        return outOfRange(setting);
    return whole ? QVariant(int(number)) : QVariant(number);
}

base::Result<QVariant> checkedText(const Setting &setting, const QVariant &value)
{
    if (value.typeId() != QMetaType::QString)
        return wrongType(setting, "a text");
    const QString choices = QString::fromUtf8(setting.choices);
    if (!choices.isEmpty() && !choices.split(u'|').contains(value.toString()))
        return problem(base::ErrorKind::Config,
                       u"'%1' must be one of: %2."_s.arg(QString::fromUtf8(setting.title),
                                                         QString(choices).replace(u'|', u", "_s)));
    return value;
}

/// The value in the setting's own type, or why it can't be.
base::Result<QVariant> checked(const Setting &setting, const QVariant &value)
{
    switch (setting.standard.typeId()) {
    case QMetaType::Int:
    case QMetaType::Double:
        return checkedNumber(setting, value);
    case QMetaType::QString:
        return checkedText(setting, value);
    case QMetaType::Bool:
        if (value.typeId() != QMetaType::Bool)
            return wrongType(setting, "true or false");
        return value;
    default:
        if (value.typeId() != setting.standard.typeId())
            return wrongType(setting, setting.standard.typeId() == QMetaType::QVariantMap ? "a table" : "bytes");
        return value;
    }
}

} // namespace

llm::Endpoint endpointFor(const ProviderConfig &provider, const QString &apiKey)
{
    llm::Endpoint endpoint;
    endpoint.providerId = provider.id;
    endpoint.protocol = provider.protocol;
    endpoint.baseUrl = provider.baseUrl;
    endpoint.apiKey = apiKey;
    endpoint.headers = provider.headers;
    endpoint.quirks = provider.quirks;
    return endpoint;
}

std::span<const Setting> settingsTable()
{
    static const std::array table {
        Setting { "theme", u"system"_s, "Theme", 0, 0, "system|light|dark" },
        Setting { "default/provider", QString(simulatorId), "Default provider" },
        Setting { "default/model", u""_s, "Default model" },
        Setting { "default/auto", false, "New chats choose a model for each message (Auto)" },
        Setting { "chat/last_model", QVariantMap(), "The model that was chosen last" },
        Setting { "models/favourites", QVariantMap(), "Favourite models" },
        Setting { "prices/own", QVariantMap(), "Prices of one's own" },
        Setting { "budgets", QVariantMap(), "Budgets" },
        Setting { "compare/columns", QVariantMap(), "Models and answers of the last comparison" },
        Setting { "compare/checks", QVariantMap(), "Checks of compared answers" },
        Setting { "select/strategy", u"measured"_s, "Automatic choice: strategy", 0, 0,
                  "measured|guide|cheapest|fastest|roundrobin|fixed" },
        Setting { "select/weights", u"fast=1,cheap=1,good=1"_s, "Automatic choice: weights" },
        Setting { "select/candidates", u""_s, "Automatic choice: models where no rule matches" },
        Setting { "select/rules", u"[]"_s, "Automatic choice: rules (JSON)" },
        Setting { "select/fallbacks", QVariantMap(), "Asked instead where a model fails" },
        Setting { "select/hedge", 0.0, "Second request after the usual time to first token × (0: never)", 0, 100 },
        Setting { "send_with", u"enter"_s, "Send with", 0, 0, "enter|ctrl_enter" },
        Setting { "text_zoom", 1.0, "Text zoom", 0.5, 4 },
        Setting { "local_hosts", u""_s, "Hosts to look for servers on, too" },
        Setting { "limits/connect_ms", 10'000, "Time limit: connection (ms)", 100, hourMs },
        Setting { "limits/first_byte_ms", 120'000, "Time limit: first byte (ms)", 100, hourMs },
        Setting { "limits/idle_ms", 60'000, "Time limit: silence (ms)", 100, hourMs },
        Setting { "limits/total_ms", 1'800'000, "Time limit: whole answer, all attempts (ms)", 100, 24 * hourMs },
        Setting { "limits/queue_ms", 600'000, "Time limit: waiting for a turn (ms)", 1000, 24 * hourMs },
        Setting { "limits/per_provider", 64, "Calls at once, each provider", 1, 4096 },
        Setting { "limits/overall", 256, "Calls at once, all providers", 1, 4096 },
        Setting { "retry/max_attempts", 3, "Attempts a call", 1, 10 },
        Setting { "retry/max_total_ms", 300'000, "Time limit: beginning of the last attempt (ms)", 0, 24 * hourMs },
        Setting { "batch/poll_s", 60, "Ask how far a provider's batch is every (s)", 1, 3600 },
        Setting { "batch/form", QVariantMap(), "The batch that was begun last" },
        Setting { "batch/open", QVariantMap(), "The batch that a provider has" },
        Setting { "cache/policy", u"deterministic"_s, "Answer from the cache", 0, 0, "off|deterministic|always" },
        Setting { "cache/ttl_hours", 720, "Keep answers for (hours; 0: for ever)", 0, 876'000 },
        Setting { "cache/provider_ttl_hours", QVariantMap(), "Keep answers for (hours), by provider" },
        Setting { "cache/memory_mb", 64, "Cache in memory (MB)", 0, 16'384 },
        Setting { "cache/disk_mb", 512, "Cache on disk (MB)", 1, 1'048'576 },
        Setting { "cache/entries", 1'000'000, "Most answers in the cache", 1, 100'000'000 },
        Setting { "cache/redis", u""_s, "Shared cache (redis://host:port)" },
        Setting { "cache/pace", u"at_once"_s, "Show a cached answer", 0, 0, "at_once|recorded" },
        Setting { "context/policy", u"drop"_s, "Shorten a prompt that is longer than the model's context", 0, 0,
                  "off|drop|cut|summarise" },
        Setting { "context/summary_model", u""_s, "Summarise with" },
        Setting { "network/proxy", u"system"_s, "Proxy", 0, 0, "system|none|manual" },
        Setting { "network/proxy_type", u"http"_s, "Proxy: type", 0, 0, "http|socks5" },
        Setting { "network/proxy_host", u""_s, "Proxy: host" },
        Setting { "network/proxy_port", 8080, "Proxy: port", 1, 65'535 },
        Setting { "network/proxy_user", u""_s, "Proxy: user" },
        Setting { "network/bypass", u"localhost, 127.0.0.0/8, ::1"_s, "Hosts reached without the proxy" },
        Setting { "network/ca_file", u""_s, "Certificates of own authorities (PEM file)" },
        Setting { "monitor/report_s", 60, "Write a report every (s, 0: never)", 0, 24 * 3600 },
        Setting { "monitor/notify", true, "Alerts as notifications of the desktop" },
        Setting { "monitor/alerts", QVariantMap(), "Alerts" },
        Setting { "window/geometry", QByteArray(), "Window geometry" },
        Setting { "window/state", QByteArray(), "Window layout" },
        Setting { "window/sidebar", true, "Show the sidebar" },
        Setting { "window/profiler", true, "Show the profiler" },
    };
    return table;
}

const Setting *settingByKey(QByteArrayView key)
{
    const auto table = settingsTable();
    const auto row =
        std::find_if(table.begin(), table.end(), [&](const Setting &setting) { return key == setting.key; });
    return row == table.end() ? nullptr : &*row;
}

int callsAtOnce(const Settings &settings, const QString &providerId)
{
    const auto provider = settings.provider(providerId);
    const int own = provider ? provider->limits.concurrent : 0;
    return own > 0 ? own : settings.value("limits/per_provider").toInt();
}

QList<std::pair<QString, QString>> favouriteModels(const Settings &settings)
{
    QList<std::pair<QString, QString>> models;
    const QVariantMap kept = settings.value("models/favourites").toMap();
    for (auto provider = kept.cbegin(); provider != kept.cend(); ++provider) {
        const QStringList names = provider->toStringList();
        for (const QString &name : names)
            models.append({ provider.key(), name });
    }
    return models;
}

Settings::Settings(const QString &dir, int changesWithinMs, QObject *parent)
    : QObject(parent), m_file(dir + u"/settings.json"_s, changesWithinMs), m_providers { standardSimulator() }
{
}

base::Result<void> Settings::load()
{
    const QString &path = m_file.path();
    QFile file(path);
    if (!file.exists())
        return {};
    if (!file.open(QIODevice::ReadOnly)) {
        m_fileUnread = true;
        return problem(
            base::ErrorKind::Storage,
            u"The settings in %1 can't be read: standard settings are used, and changes are not saved."_s.arg(path),
            file.errorString());
    }
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(file.readAll(), &error);
    file.close();
    if (!document.isObject()) {
        const QString kept = keepAside(path);
        m_fileUnread = kept.isEmpty();
        return problem(
            base::ErrorKind::Storage,
            kept.isEmpty()
                ? u"The settings in %1 are unreadable: standard settings are used, and changes are not saved."_s.arg(
                    path)
                : u"The settings were unreadable and are kept as %1: standard settings are used."_s.arg(kept),
            error.errorString());
    }
    m_root = document.object();
    const QStringList problems = loadValues() + loadProviders();
    if (problems.isEmpty())
        return {};
    return problem(base::ErrorKind::Config, u"Some settings in %1 are not used. %2"_s.arg(path, problems.first()),
                   problems.join(u'\n'));
}

QStringList Settings::loadValues()
{
    QStringList problems;
    const QJsonObject values = m_root.value(u"settings"_s).toObject();
    for (const Setting &setting : settingsTable()) {
        const QString key = QString::fromUtf8(setting.key);
        if (!values.contains(key))
            continue;
        const auto value = checked(setting, fromJsonValue(setting, values[key]));
        if (value)
            m_values.insert(key, *value);
        else
            problems.append(value.error().message);
    }
    return problems;
}

QStringList Settings::loadProviders()
{
    QStringList problems;
    QList<ProviderConfig> usable;
    QSet<QString> ids;
    const QJsonArray rows = m_root.value(u"providers"_s).toArray();
    for (const auto &row : rows) {
        const ProviderConfig provider = providerFromJson(row.toObject(), &problems);
        if (const auto valid = validate(provider); !valid)
            problems.append(valid.error().message);
        else if (!ids.contains(provider.id))
            usable.append(provider);
        ids.insert(provider.id);
    }
    setProviderRows(usable);
    return problems;
}

QVariant Settings::value(QByteArrayView key) const
{
    const Setting *setting = settingByKey(key);
    return setting ? m_values.value(keyText(key), setting->standard) : QVariant();
}

base::Result<void> Settings::setValue(QByteArrayView key, const QVariant &value)
{
    const Setting *setting = settingByKey(key);
    if (!setting)
        return problem(base::ErrorKind::Config, u"There is no setting '%1'."_s.arg(keyText(key)));
    const auto accepted = checked(*setting, value);
    if (!accepted)
        return accepted.error();
    if (this->value(key) == *accepted)
        return {};
    const QString name = keyText(key);
    m_values.insert(name, *accepted);
    QJsonObject values = m_root[u"settings"_s].toObject();
    values[name] = toJsonValue(*accepted);
    m_root[u"settings"_s] = values;
    auto saved = save();
    Q_EMIT changed(name);
    return saved;
}

QList<ProviderConfig> Settings::providers() const
{
    QList<ProviderConfig> result = m_providers;
    result.first().baseUrl = m_simulatorUrl;
    return result;
}

QString Settings::providerName(const QString &id) const
{
    const auto known = provider(id);
    return known && !known->name.isEmpty() ? known->name : id;
}

std::optional<ProviderConfig> Settings::provider(const QString &id) const
{
    const QList<ProviderConfig> all = providers();
    const auto found = std::find_if(all.begin(), all.end(), [&](const ProviderConfig &row) { return row.id == id; });
    return found == all.end() ? std::nullopt : std::optional(*found);
}

/// The simulator comes first, whether it was among them or not. Where it listens is not the file's business.
void Settings::setProviderRows(const QList<ProviderConfig> &providers)
{
    ProviderConfig simulator = standardSimulator();
    m_providers.clear();
    for (const ProviderConfig &provider : providers) {
        if (provider.id == simulatorId) {
            simulator.defaultModel = provider.defaultModel.isEmpty() ? simulator.defaultModel : provider.defaultModel;
            simulator.limits = provider.limits;
        } else {
            m_providers.append(provider);
        }
    }
    m_providers.prepend(simulator);
}

base::Result<void> Settings::setProviders(const QList<ProviderConfig> &providers)
{
    QSet<QString> ids;
    for (const ProviderConfig &provider : providers) {
        if (auto valid = validate(provider); !valid)
            return valid;
        if (ids.contains(provider.id))
            return problem(base::ErrorKind::Config, u"Two providers have the id '%1'."_s.arg(provider.id));
        ids.insert(provider.id);
    }
    setProviderRows(providers);

    QHash<QString, QJsonObject> known;
    const QJsonArray before = m_root[u"providers"_s].toArray();
    for (const auto &row : before)
        known.insert(row[u"id"_s].toString(), row.toObject());
    QJsonArray rows;
    for (const ProviderConfig &provider : std::as_const(m_providers))
        rows.append(toJson(provider, known.value(provider.id)));
    m_root[u"providers"_s] = rows;
    auto saved = save();
    Q_EMIT providersChanged();
    return saved;
}

void Settings::setSimulatorUrl(const QUrl &url)
{
    if (m_simulatorUrl == url)
        return;
    m_simulatorUrl = url;
    Q_EMIT providersChanged();
}

base::Result<void> Settings::save()
{
    if (m_fileUnread)
        return problem(base::ErrorKind::Storage,
                       u"The setting holds until Talkbench ends: %1 could not be read and is not written over."_s.arg(
                           m_file.path()));
    m_file.write(m_root);
    return {};
}

} // namespace talkbench::config
