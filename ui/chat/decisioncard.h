#pragma once

#include "core/select/handoverwords.h"
#include "core/select/selector.h"
#include "ui/theme/controls.h"

#include <optional>

class QGridLayout;

namespace talkbench::ui {

/// The candidates of a choice with their numbers, and a button to ask each: a table, or one below the other where a table
/// would be cut.
class DecisionCard final : public Card {
    Q_OBJECT

public:
    explicit DecisionCard(QWidget *parent);

    void setDecision(const select::Decision &decision, bool canOverrule, const select::ProviderNames &nameOf);

Q_SIGNALS:
    void overruled(const QString &providerId, const QString &model);

protected:
    void showEvent(QShowEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    struct Row {
        QStringList cells; ///< by column
        bool chosen = false;
        std::optional<select::ModelRef> use; ///< unset: can't be asked
    };

    bool hasRoomForTable() const;
    void fill();
    void fillTable(QGridLayout *cells);
    void fillStack(QGridLayout *cells);
    QLabel *cell(const QString &text, bool isMuted);
    QToolButton *useButton(const Row &row);

    QList<Row> m_rows;
    QWidget *m_content; ///< made anew with every filling
    bool m_isFilled = false;
    bool m_isTable = false;
};

/// With its provider; as "provider/model" without names of providers.
QString nameOf(const select::ModelRef &ref, const select::ProviderNames &providerNames);

} // namespace talkbench::ui
