#pragma once

#include "core/cost/pricebook.h"

#include <QDialog>

class QFormLayout;
class QLineEdit;

namespace talkbench::ui {

class SmallTable;
class ToneLabel;

/// What is to be edited.
struct PriceDraft {
    cost::Price price;
    std::optional<cost::Price> given = {}; ///< that one's own goes before; unset: nobody else knows the model
    bool known = true; ///< false: it has no figures yet
};

/// All that the price of one model can say: every class of tokens, tiers, a batch, hours, days and who says so. What is no price
/// is refused in words, and the dialog stays.
class PriceDialog final : public QDialog {
    Q_OBJECT

public:
    PriceDialog(const PriceDraft &draft, QWidget *parent);

    /// What stands in the fields; an error says what is wrong with it.
    base::Result<cost::Price> price() const;

Q_SIGNALS:
    void priced(const talkbench::cost::Price &price);

protected:
    bool focusNextPrevChild(bool next) override;

private:
    QWidget *form(const PriceDraft &draft);
    QLineEdit *addLine(QFormLayout *form, const QString &objectName, const QString &title, const QString &text,
                       const QString &hint = {});
    void fillRates(const PriceDraft &draft);
    base::Result<void> readRates(cost::Price &price) const;
    base::Result<void> readHours(cost::Price &price) const;
    base::Result<void> readBatchFactor(cost::Price &price) const;
    base::Result<void> readDays(cost::Price &price) const;
    void confirm();

    const cost::Price m_before; ///< what has no field stays
    QLineEdit *m_model;
    QLineEdit *m_provider;
    SmallTable *m_rates;
    SmallTable *m_hours;
    QLineEdit *m_batchFactor;
    QLineEdit *m_from;
    QLineEdit *m_until;
    QLineEdit *m_source;
    ToneLabel *m_problem;
};

/// A figure as a person types it, with all its digits.
QString rateText(std::optional<double> rate);
/// Unset for what is no price.
std::optional<double> rateFromText(const QString &typed);
/// Why it is none, in words.
QString noPriceText(const QString &typed);

} // namespace talkbench::ui
