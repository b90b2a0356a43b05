#pragma once

#include "core/profile/alerts.h"

#include <QList>
#include <QWidget>

class QVBoxLayout;

namespace talkbench::ui {

/// The user's own alerts, a line each: what is watched, above or below what, for how long, and whether at all.
class OwnAlerts final : public QWidget {
    Q_OBJECT

public:
    explicit OwnAlerts(const QList<profile::AlertRule> &rules, QWidget *parent = nullptr);

    QList<profile::AlertRule> rules() const;

private:
    void addRow(const profile::AlertRule &rule);
    QString freeId() const;

    QVBoxLayout *m_rows;
};

} // namespace talkbench::ui
