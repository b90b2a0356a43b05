#pragma once

#include "core/base/result.h"

#include <QVariantMap>
#include <QWidget>

class QComboBox;
class QDoubleSpinBox;

namespace talkbench::config {
class Settings;
}

namespace talkbench::ui {

/// For how long the answers of a provider are kept, where that is not as for all: the provider, and its hours.
class ProviderHours final : public QWidget {
    Q_OBJECT

public:
    explicit ProviderHours(config::Settings &settings, QWidget *parent = nullptr);

    base::Result<void> save();

private:
    void showHours();
    void take(double hours);
    void showTitle(int index);

    config::Settings &m_settings;
    QVariantMap m_kept; ///< as the setting has it: by provider id
    QComboBox *m_provider;
    QDoubleSpinBox *m_hours;
};

} // namespace talkbench::ui
