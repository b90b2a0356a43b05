#pragma once

#include "core/cost/receipt.h"
#include "core/profile/runrecord.h"
#include "core/select/handoverwords.h"

#include <QDialog>

#include <optional>

class QTextBrowser;

namespace talkbench::ui {

/// The receipt of a call: its phases, every metric, tokens by class with their source, cost here and elsewhere, decisions and
/// attempts, the server's own words. Open it with show(); it does not block.
class CallDetails final : public QDialog {
    Q_OBJECT

public:
    /// `elsewhere`: empty where there are no favourites, unset where nobody asked. Without `nameOf` providers go by their ids.
    explicit CallDetails(const profile::RunRecord &record,
                         const std::optional<QList<cost::Elsewhere>> &elsewhere = std::nullopt,
                         const select::ProviderNames &nameOf = {}, QWidget *parent = nullptr);

    QString plainText() const;

private:
    QTextBrowser *m_receipt;
};

/// The receipt as rich text.
QString receiptHtml(const profile::RunRecord &record, const std::optional<QList<cost::Elsewhere>> &elsewhere,
                    const QColor &muted, const QColor &error, const select::ProviderNames &nameOf = {});

} // namespace talkbench::ui
