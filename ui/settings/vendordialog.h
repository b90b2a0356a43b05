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

    /// A server that answers on this machine, with the number of its models: it is offered first.
    void addFound(const llm::Vendor &vendor, qsizetype models);

Q_SIGNALS:
    /// A vendor without an id is a server of one's own.
    /// `found`: it was seen to run.
    void chosen(const talkbench::llm::Vendor &vendor, bool found);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    enum class Group { Found, Local, Service, Own };
    struct Offer {
        Group group;
        llm::Vendor vendor;
        QString detail;
    };

    void fill();
    int bestRow() const;
    void addHeading(Group group);
    void addRow(qsizetype offer);
    void step(int by);
    void choose();

    QList<Offer> m_offers; ///< by group
    QLineEdit *m_search;
    QListWidget *m_list;
    QPushButton *m_add = nullptr;
};

} // namespace talkbench::ui
