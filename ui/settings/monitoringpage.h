#pragma once

#include "core/base/result.h"
#include "core/profile/alerts.h"

#include <QList>
#include <QWidget>

class QCheckBox;
class QDoubleSpinBox;
class QGridLayout;
class QSpinBox;

namespace talkbench::config {
class Settings;
}

namespace talkbench::ui {

struct AppContext;
class OwnAlerts;
class ValuesPage;

/// Fields for a rule's numbers; the threshold's digits and unit are its signal's.
QDoubleSpinBox *thresholdBox(const profile::AlertRule &rule);
QSpinBox *holdBox(const profile::AlertRule &rule);
void showUnit(QDoubleSpinBox &threshold, const QString &signalId);

/// How often a report is written, and which alerts are raised from when on.
class MonitoringPage final : public QWidget {
    Q_OBJECT

public:
    explicit MonitoringPage(AppContext &context, QWidget *parent = nullptr);

    base::Result<void> save();

private:
    void addRule(QGridLayout *grid, const profile::AlertRule &rule);

    struct Row {
        profile::AlertRule rule;
        QCheckBox *enabled;
        QDoubleSpinBox *threshold;
        QSpinBox *hold;
    };

    config::Settings &m_settings;
    ValuesPage *m_values;
    QList<Row> m_rows;
    QList<profile::AlertRule> m_kept;
    OwnAlerts *m_own;
};

} // namespace talkbench::ui
