#pragma once

#include "core/base/result.h"
#include "core/llm/provider.h"

#include <QObject>
#include <QVariant>

#include <span>

namespace talkbench::config {

/// A provider as the user configured it. Its key is in the keychain, under its id.
struct ProviderConfig
{
    QString id;
    QString name;
    QString protocol;
    QUrl baseUrl;
    base::HttpHeaders headers;
    QString defaultModel;

    bool operator==(const ProviderConfig &) const = default;
};

llm::Endpoint endpointFor(const ProviderConfig &provider, const QString &apiKey);

/// One row of the settings table: adding a setting is adding one.
struct Setting
{
    const char *key; ///< "theme", "limits/idle_ms"
    QVariant standard;
    const char *title;
};

std::span<const Setting> settingsTable();

/// The settings file of a data folder. An unreadable file is kept aside and said, never overwritten.
class Settings : public QObject
{
    Q_OBJECT

public:
    explicit Settings(const QString &dir, QObject *parent = nullptr);

    base::Result<void> load();

    QVariant value(QByteArrayView key) const;
    base::Result<void> setValue(QByteArrayView key, const QVariant &value);
    QList<ProviderConfig> providers() const;
    std::optional<ProviderConfig> provider(const QString &id) const;
    base::Result<void> setProviders(const QList<ProviderConfig> &providers);

Q_SIGNALS:
    void changed(const QString &key);
    void providersChanged();

private:
    QString m_path;
    QVariantMap m_values;
    QList<ProviderConfig> m_providers;
};

} // namespace talkbench::config
