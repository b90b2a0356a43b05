#pragma once

#include "core/base/result.h"
#include "core/cost/budget.h"

#include <QWidget>

class QVBoxLayout;

namespace talkbench::config {
class Settings;
}

namespace talkbench::ui {

/// What may be spent on a call, in a conversation, a day and a month, and what happens beyond it.
class BudgetsPage final : public QWidget {
    Q_OBJECT

public:
    explicit BudgetsPage(config::Settings &settings, QWidget *parent = nullptr);

    base::Result<void> save();

private:
    void addRow(const cost::Budget &budget);
    QList<cost::Budget> budgets() const;

    config::Settings &m_settings;
    QVBoxLayout *m_rows;
};

} // namespace talkbench::ui
