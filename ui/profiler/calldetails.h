#pragma once

#include "core/profile/runrecord.h"

#include <QDialog>

class QTextBrowser;

namespace talkbench::ui {

/// The receipt of a call: its phases, every metric, tokens by class with their source, cost, decisions and attempts, the
/// server's own words. Open it with show(); it does not block.
class CallDetails final : public QDialog {
    Q_OBJECT

public:
    explicit CallDetails(const profile::RunRecord &record, QWidget *parent = nullptr);

    QString plainText() const;

private:
    QTextBrowser *m_receipt;
};

/// The receipt as rich text.
QString receiptHtml(const profile::RunRecord &record, const QColor &muted, const QColor &error);

} // namespace talkbench::ui
