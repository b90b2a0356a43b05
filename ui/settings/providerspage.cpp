#include "ui/settings/providerspage.h"

#include "core/config/endpoints.h"
#include "core/config/providerrows.h"
#include "core/run/runservice.h"
#include "ui/rowdelegate.h"
#include "ui/settings/providerdrafts.h"
#include "ui/settings/providerform.h"
#include "ui/settings/vendordialog.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"
#include "ui/vendors.h"
#include "ui/whenready.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSortFilterProxyModel>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int listWidth = 208;

} // namespace

ProvidersPage::ProvidersPage(AppContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_vendors(shippedVendors()), m_drafts(new ProviderDrafts(context, this)),
      m_found(new QSortFilterProxyModel(this))
{
    m_found->setSourceModel(m_drafts);
    m_found->setFilterCaseSensitivity(Qt::CaseInsensitive);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::section);
    layout->addWidget(listSide());
    m_form = new ProviderForm(context, *m_drafts, m_vendors, this); // Tab goes by the order of making
    layout->addWidget(m_form, 1);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &ProvidersPage::showCurrent);
    connect(m_drafts, &ProviderDrafts::keysStored, this, &ProvidersPage::keysStored);
    choose(m_drafts->rowCount() > 1 ? 1 : 0);
}

QWidget *ProvidersPage::listSide()
{
    auto *side = new QWidget(this);
    m_search = new QLineEdit(side);
    m_search->setObjectName(u"providerSearch"_s);
    m_search->setAccessibleName(tr("Find a provider"));
    m_search->setPlaceholderText(tr("Find a provider"));
    m_search->setClearButtonEnabled(true);
    m_search->addAction(icon(u"search"_s, IconTone::Muted), QLineEdit::LeadingPosition)
        ->setText(m_search->accessibleName());
    m_list = new QListView(side);
    m_list->setObjectName(u"providerList"_s);
    m_list->setAccessibleName(tr("Providers"));
    m_list->setModel(m_found);
    showRows(m_list, RowDelegate::Lines::Two, false);
    auto *layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::unit);
    layout->addWidget(m_search);
    layout->addWidget(m_list, 1);
    QWidget *below = buttons();
    layout->addWidget(below);
    side->setFixedWidth(std::max(listWidth, below->sizeHint().width()));
    connect(m_search, &QLineEdit::textChanged, m_found, &QSortFilterProxyModel::setFilterFixedString);
    return side;
}

QWidget *ProvidersPage::buttons()
{
    auto *row = new QWidget(this);
    auto *add = new QPushButton(icon(u"plus"_s), tr("Add…"), row);
    add->setObjectName(u"providerAdd"_s);
    add->setAutoDefault(false);
    m_remove = new QPushButton(icon(u"trash"_s), tr("Remove"), row);
    m_remove->setObjectName(u"providerRemove"_s);
    m_remove->setAutoDefault(false);
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addWidget(add);
    line->addWidget(m_remove);
    connect(add, &QPushButton::clicked, this, &ProvidersPage::openVendors);
    connect(m_remove, &QPushButton::clicked, this, &ProvidersPage::removeCurrent);
    return row;
}

int ProvidersPage::currentRow() const
{
    return m_found->mapToSource(m_list->currentIndex()).row();
}

/// What the search hides is found again.
void ProvidersPage::choose(int row)
{
    QModelIndex index = m_found->mapFromSource(m_drafts->index(row));
    if (!index.isValid()) {
        m_search->clear();
        index = m_found->mapFromSource(m_drafts->index(row));
    }
    m_list->setCurrentIndex(index);
}

void ProvidersPage::showProvider(const QString &id)
{
    if (const int row = m_drafts->rowOf(id); row >= 0)
        choose(row);
}

void ProvidersPage::showCurrent()
{
    const ProviderDraft *draft = m_drafts->at(currentRow());
    m_remove->setEnabled(draft && !draft->isSimulator());
    m_form->show(draft ? draft->config.id : QString());
}

void ProvidersPage::openVendors()
{
    auto *dialog = new VendorDialog(m_vendors, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &VendorDialog::chosen, this, &ProvidersPage::addVendor);
    dialog->open();
    whenReady(dialog, m_context.runs.findLocalServers(m_vendors, config::localHosts(m_context.settings)),
              [dialog, vendors = m_vendors](const QList<run::LocalServer> &found) {
                  for (const run::LocalServer &server : found)
                      dialog->addFound(vendorOf(server, vendors), server.models.size());
              });
}

/// A server that was found is added once.
void ProvidersPage::addVendor(const llm::Vendor &vendor, bool found)
{
    const int known = found ? m_drafts->rowAt(vendor.baseUrl) : -1;
    choose(known < 0 ? m_drafts->add(vendor) : known);
    m_form->focusFirst();
}

void ProvidersPage::removeCurrent()
{
    m_drafts->remove(currentRow());
    showCurrent();
}

base::Result<void> ProvidersPage::save()
{
    const int invalid = m_drafts->firstInvalid();
    if (invalid < 0)
        return m_drafts->save();
    choose(invalid);
    m_form->validate();
    return config::validate(m_drafts->at(invalid)->config);
}

bool ProvidersPage::isEdited() const
{
    return m_drafts->isEdited();
}

void ProvidersPage::storeKeys()
{
    m_drafts->storeKeys();
}

} // namespace talkbench::ui
