#pragma once

#include "core/llm/vendors.h"

#include <QDialog>

class QLineEdit;
class QListWidget;
class QPushButton;

namespace talkbench::ui {

/// Finds a vendor among the known ones, or a server of one's own. Open it with open(); accepted() follows a choice.
class VendorDialog final : public QDialog {
    Q_OBJECT

public:
    explicit VendorDialog(const QList<llm::Vendor> &vendors, QWidget *parent = nullptr);

Q_SIGNALS:
    /// A vendor without an id is a server of one's own.
    void chosen(const talkbench::llm::Vendor &vendor);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void fill();
    void choose();

    QList<llm::Vendor> m_vendors;
    QLineEdit *m_search;
    QListWidget *m_list;
    QPushButton *m_add = nullptr;
};

} // namespace talkbench::ui
