#pragma once

#include "core/base/result.h"
#include "core/llm/vendors.h"
#include "ui/appcontext.h"

#include <QWidget>

class QLineEdit;
class QListView;
class QPushButton;
class QSortFilterProxyModel;

namespace talkbench::ui {

class ProviderDrafts;
class ProviderForm;

/// The providers: a list that can be searched, and the form of the one chosen. Works on copies until save().
class ProvidersPage final : public QWidget {
    Q_OBJECT

public:
    explicit ProvidersPage(AppContext &context, QWidget *parent = nullptr);

    /// Stores the providers. On an error the one concerned is shown; nothing typed is lost.
    base::Result<void> save();
    bool isEdited() const;
    /// Stores the keys that were typed and forgets the removed ones; keysStored() follows.
    void storeKeys();
    /// Does nothing where there is none of that id.
    void showProvider(const QString &id);
    /// Offers the vendors to choose from.
    void openVendors();

Q_SIGNALS:
    /// Empty: all of them are in the keychain.
    void keysStored(const QString &problem);

private:
    QWidget *listSide();
    QWidget *buttons();
    void addVendor(const llm::Vendor &vendor, bool found);
    void removeCurrent();
    void choose(int row);
    void showCurrent();
    int currentRow() const;

    AppContext &m_context;
    QList<llm::Vendor> m_vendors;
    ProviderDrafts *m_drafts;
    QSortFilterProxyModel *m_found;
    ProviderForm *m_form = nullptr;
    QLineEdit *m_search = nullptr;
    QListView *m_list = nullptr;
    QPushButton *m_remove = nullptr;
};

} // namespace talkbench::ui
