#pragma once

#include "core/base/result.h"
#include "core/config/providerkeys.h"
#include "core/config/providernetwork.h"
#include "core/config/settingsfile.h"
#include "core/llm/provider.h"
#include "core/llm/providerlimits.h"

#include <QJsonObject>
#include <QObject>
#include <QVariant>

#include <span>
#include <utility>

namespace talkbench::config {

/// A provider as the user configured it. Its keys are in the keychain or the environment.
struct ProviderConfig {
    QString id;
    QString name;
    QString protocol;
    QUrl baseUrl;
    base::HttpHeaders headers; ///< never a secret: those are refused
    QString defaultModel;
    /// The vendor's row this was made from; empty for a server of the user's own.
    QString vendor = {};
    /// The vendor's deviations, handed on to the codec.
    QJsonObject quirks = {};
    llm::ProviderLimits limits = {};
    ProviderNetwork network = {};
    /// Empty: one in the keychain, see keysOf().
    QList<ProviderKey> keys = {};
    QString activeKey = {}; ///< the id of the one in use

    bool operator==(const ProviderConfig &) const = default;
};

/// The built-in simulator: always there, always first.
inline constexpr QLatin1StringView simulatorId { "simulator" };

/// Without its route, which the network settings have a part in: see endpoints.h.
llm::Endpoint endpointFor(const ProviderConfig &provider, const QString &apiKey);

/// One row of the settings table: adding a setting is adding one. Its type is that of its standard value.
struct Setting {
    const char *key; ///< "theme", "limits/idle_ms"
    QVariant standard;
    const char *title;
    /// Of a number.
    double minimum = 0;
    double maximum = 0;
    /// Of a text: what it may be, "system|light|dark"; empty for any.
    const char *choices = "";
};

std::span<const Setting> settingsTable();
const Setting *settingByKey(QByteArrayView key);

class Settings;

/// The models that the user has starred: their provider's id and their name.
QList<std::pair<QString, QString>> favouriteModels(const Settings &settings);
/// Calls at once that may go to a provider: its own limit, else that of each.
int callsAtOnce(const Settings &settings, const QString &providerId);

/// The settings file of a data folder. An unreadable file is kept aside and said, never overwritten; what the file
/// holds and this version doesn't know stays in it. A change holds at once, and is in the file a moment later.
class Settings : public QObject {
    Q_OBJECT

public:
    /// As SettingsFile has it.
    static constexpr int momentMs = 50;

    explicit Settings(const QString &dir, int changesWithinMs = momentMs, QObject *parent = nullptr);

    /// An error is a warning for the user: whatever of the file was not usable has its standard value.
    base::Result<void> load();

    QVariant value(QByteArrayView key) const;
    /// Kind Config: the value is wrong, nothing changed. Kind Storage: it holds for this run, but is not saved, because the
    /// file could not be read. Whether it could be written is told by flush().
    base::Result<void> setValue(QByteArrayView key, const QVariant &value);
    /// The simulator first.
    QList<ProviderConfig> providers() const;
    std::optional<ProviderConfig> provider(const QString &id) const;
    /// What a person calls it; the id of one that is not there.
    QString providerName(const QString &id) const;
    /// All of them; the simulator may be left out. Errors as of setValue().
    base::Result<void> setProviders(const QList<ProviderConfig> &providers);
    /// Waits until all changes are in the file. Kind Storage: they hold for this run, but could not be saved; the next call tries again.
    base::Result<void> flush() { return m_file.flush(); }
    /// Where the simulator listens in this run; not saved.
    void setSimulatorUrl(const QUrl &url);

Q_SIGNALS:
    void changed(const QString &key);
    void providersChanged();

private:
    base::Result<void> save();
    QStringList loadValues();
    QStringList loadProviders();
    void setProviderRows(const QList<ProviderConfig> &providers);

    SettingsFile m_file;
    QJsonObject m_root; ///< the file as it was read, with what has changed since
    bool m_fileUnread = false; ///< it is there, but could neither be read nor moved: never write over it
    QVariantMap m_values;
    QList<ProviderConfig> m_providers;
    QUrl m_simulatorUrl;
};

} // namespace talkbench::config
