#include "ui/settings/vendordialog.h"

#include "ui/rowdelegate.h"
#include "ui/settings/protocoltitle.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"
#include "ui/wordfilter.h"

#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int offerRole = RowRoleEnd;

/// What a search looks at: "groq" and "openai compatible" both find Groq.
QString searchTextOf(const llm::Vendor &vendor)
{
    const QString own = vendor.id.isEmpty() ? VendorDialog::tr("any OpenAI compatible custom server") : vendor.id;
    return QStringList { vendor.name, own, vendor.baseUrl.host(), protocolTitle(vendor.protocol) }
        .join(u' ')
        .toCaseFolded();
}

} // namespace

VendorDialog::VendorDialog(const QList<llm::Vendor> &vendors, QWidget *parent)
    : QDialog(parent), m_search(new QLineEdit(this)), m_list(new QListWidget(this))
{
    setObjectName(u"vendorDialog"_s);
    setWindowTitle(tr("Add a provider"));
    for (const llm::Vendor &vendor : vendors)
        m_offers << Offer { vendor.local ? Group::Local : Group::Service, vendor, vendor.baseUrl.authority() };
    llm::Vendor own;
    own.name = tr("A server of your own");
    own.protocol = u"openai-chat"_s;
    m_offers << Offer { Group::Own, own, tr("any that speaks a known protocol") };
    std::stable_sort(m_offers.begin(), m_offers.end(),
                     [](const Offer &a, const Offer &b) { return a.group < b.group; });
    m_search->setObjectName(u"vendorSearch"_s);
    m_search->setAccessibleName(tr("Find a provider"));
    m_search->setPlaceholderText(tr("Find a provider: a name, a host, a protocol"));
    m_search->setClearButtonEnabled(true);
    m_search->addAction(icon(u"search"_s, IconTone::Muted), QLineEdit::LeadingPosition)
        ->setText(m_search->accessibleName());
    m_search->installEventFilter(this);
    m_list->setObjectName(u"vendorList"_s);
    m_list->setAccessibleName(tr("Providers"));
    showRows(m_list, RowDelegate::Lines::One, true);
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
    resize(520, 560);
    fill();
}

void VendorDialog::addFound(const llm::Vendor &vendor, qsizetype models)
{
    m_offers.removeIf([&vendor](const Offer &offer) {
        return offer.group == Group::Local && offer.vendor.baseUrl == vendor.baseUrl && offer.vendor.id == vendor.id;
    });
    const auto place = std::find_if(m_offers.cbegin(), m_offers.cend(),
                                    [](const Offer &offer) { return offer.group != Group::Found; });
    const QString count = models == 1 ? tr("1 model") : tr("%1 models").arg(models);
    m_offers.insert(place, { Group::Found, vendor, tr("%1 · %2").arg(vendor.baseUrl.authority(), count) });
    fill();
}

void VendorDialog::addHeading(Group group)
{
    const QString titles[] = { tr("Found on this machine"), tr("Servers of this machine"), tr("Services"),
                               tr("Other") };
    auto *heading = new QListWidgetItem(titles[int(group)], m_list);
    heading->setFlags(Qt::NoItemFlags);
    heading->setData(RowKindRole, int(RowKind::Heading));
}

void VendorDialog::addRow(qsizetype offer)
{
    const auto &[group, vendor, detail] = m_offers.at(offer);
    auto *row = new QListWidgetItem(vendor.name, m_list);
    row->setData(RowDetailRole, detail);
    row->setData(offerRole, offer);
    row->setToolTip(vendor.baseUrl.isEmpty() ? detail : vendor.baseUrl.toDisplayString());
    row->setData(Qt::AccessibleTextRole, tr("%1, %2").arg(vendor.name, detail));
    if (group == Group::Found)
        row->setIcon(icon(u"dot"_s, IconTone::Ok));
}

void VendorDialog::fill()
{
    const QStringList words = searchWords(m_search->text());
    m_list->clear();
    std::optional<Group> open;
    for (qsizetype i = 0; i < m_offers.size(); ++i) {
        const Offer &offer = m_offers.at(i);
        // One's own server is always an answer.
        if (offer.group != Group::Own && !hasAllWords(searchTextOf(offer.vendor), words))
            continue;
        if (open != offer.group)
            addHeading(offer.group);
        open = offer.group;
        addRow(i);
    }
    m_list->setCurrentRow(bestRow());
}

/// The first whose name is what was typed, or begins with it: others are found by their host or protocol.
int VendorDialog::bestRow() const
{
    const QString typed = m_search->text().trimmed().toCaseFolded();
    for (int row = 1; !typed.isEmpty() && row < m_list->count(); ++row) {
        const QListWidgetItem *item = m_list->item(row);
        if (item->data(offerRole).isValid() && item->text().toCaseFolded().startsWith(typed))
            return row;
    }
    return 1;
}

void VendorDialog::choose()
{
    const QListWidgetItem *item = m_list->currentItem();
    if (!item || !item->data(offerRole).isValid())
        return;
    const Offer offer = m_offers.at(item->data(offerRole).toLongLong());
    accept();
    Q_EMIT chosen(offer.vendor, offer.group == Group::Found);
}

void VendorDialog::step(int by)
{
    const int to = std::clamp(m_list->currentRow() + by, 1, m_list->count() - 1);
    const bool heading = !m_list->item(to)->data(offerRole).isValid();
    m_list->setCurrentRow(heading ? to + (by < 0 && to > 1 ? -1 : 1) : to);
    if (m_list->currentRow() == 1)
        m_list->scrollToTop();
}

/// The arrow keys move in the list while the search has the focus.
bool VendorDialog::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_search && event->type() == QEvent::KeyPress) {
        const int page = std::max(1, m_list->viewport()->height() / std::max(1, m_list->sizeHintForRow(0)) - 1);
        switch (static_cast<QKeyEvent *>(event)->key()) {
        case Qt::Key_Down:
            step(1);
            return true;
        case Qt::Key_Up:
            step(-1);
            return true;
        case Qt::Key_PageDown:
            step(page);
            return true;
        case Qt::Key_PageUp:
            step(-page);
            return true;
        default:
            break;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace talkbench::ui
