#include "ui/settings/vendordialog.h"

#include "ui/theme/metrics.h"

#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

VendorDialog::VendorDialog(const QList<llm::Vendor> &vendors, QWidget *parent)
    : QDialog(parent), m_vendors(vendors), m_search(new QLineEdit(this)), m_list(new QListWidget(this))
{
    setObjectName(u"vendorDialog"_s);
    setWindowTitle(tr("Add a provider"));
    llm::Vendor own;
    own.name = tr("A server of your own");
    own.protocol = u"openai-chat"_s;
    m_vendors.prepend(own);
    m_search->setObjectName(u"vendorSearch"_s);
    m_search->setAccessibleName(tr("Find a provider"));
    m_search->setPlaceholderText(tr("Find a provider"));
    m_search->setClearButtonEnabled(true);
    m_search->installEventFilter(this);
    m_list->setObjectName(u"vendorList"_s);
    m_list->setAccessibleName(tr("Providers"));
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_add = buttons->addButton(tr("Add"), QDialogButtonBox::AcceptRole);
    m_add->setObjectName(u"vendorAdd"_s);
    m_add->setDefault(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(grid::gap, grid::gap, grid::gap, grid::gap);
    layout->setSpacing(grid::wide);
    layout->addWidget(m_search);
    layout->addWidget(m_list, 1);
    layout->addWidget(buttons);
    connect(m_search, &QLineEdit::textChanged, this, &VendorDialog::fill);
    connect(m_list, &QListWidget::itemDoubleClicked, this, &VendorDialog::choose);
    connect(buttons, &QDialogButtonBox::accepted, this, &VendorDialog::choose);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    resize(420, 480);
    fill();
}

void VendorDialog::fill()
{
    const QString wanted = m_search->text().trimmed();
    m_list->clear();
    for (qsizetype i = 0; i < m_vendors.size(); ++i) {
        const llm::Vendor &vendor = m_vendors.at(i);
        const QString address = vendor.baseUrl.toDisplayString();
        const bool found = wanted.isEmpty() || vendor.name.contains(wanted, Qt::CaseInsensitive)
            || address.contains(wanted, Qt::CaseInsensitive);
        // One's own server is always an answer.
        if (!found && i > 0)
            continue;
        auto *item =
            new QListWidgetItem(vendor.local ? tr("%1 (on this machine)").arg(vendor.name) : vendor.name, m_list);
        item->setSizeHint(QSize(0, grid::control));
        item->setToolTip(address.isEmpty() ? tr("Any server that speaks a known protocol") : address);
        item->setData(Qt::UserRole, i);
    }
    m_list->setCurrentRow(!wanted.isEmpty() && m_list->count() > 1 ? 1 : 0);
}

void VendorDialog::choose()
{
    const QListWidgetItem *item = m_list->currentItem();
    if (!item)
        return;
    const llm::Vendor vendor = m_vendors.at(item->data(Qt::UserRole).toLongLong());
    accept();
    Q_EMIT chosen(vendor);
}

/// The arrow keys move in the list while the search has the focus.
bool VendorDialog::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_search && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key == Qt::Key_Down || key == Qt::Key_Up || key == Qt::Key_PageDown || key == Qt::Key_PageUp) {
            QCoreApplication::sendEvent(m_list, event);
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace talkbench::ui
