#pragma once

#include "core/profile/alerts.h"

#include <QMap>
#include <QWidget>

class QVBoxLayout;

namespace talkbench::ui {

/// The alerts that are raised, a line each, until they are over or put away. Takes no room without any.
class AlertBar final : public QWidget {
    Q_OBJECT

public:
    explicit AlertBar(QWidget *parent = nullptr);

    void show(const profile::AlertEvent &event);
    qsizetype count() const { return m_lines.size(); }

Q_SIGNALS:
    void settingsRequested();

private:
    void add(const profile::AlertEvent &event);
    void remove(const QString &ruleId);

    QVBoxLayout *m_column;
    QMap<QString, QWidget *> m_lines; ///< by rule
};

} // namespace talkbench::ui
