#pragma once

#include "core/llm/modelinfo.h"
#include "core/llm/vendors.h"
#include "ui/appcontext.h"
#include "ui/settings/providerdraft.h"

#include <QAbstractListModel>

#include <functional>
#include <memory>
#include <vector>

namespace talkbench::ui {

/// The providers while their settings are open: copies, until save(). Rows for RowDelegate, two lines each.
class ProviderDrafts final : public QAbstractListModel {
    Q_OBJECT

public:
    explicit ProviderDrafts(AppContext &context, QObject *parent = nullptr);
    ~ProviderDrafts() override;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;

    /// Null outside the rows. A draft stays where it is in memory until it is removed.
    ProviderDraft *at(int row);
    ProviderDraft *find(const QString &id);
    int rowOf(const QString &id) const;
    /// Of the first at the same host and port; -1 if there is none.
    int rowAt(const QUrl &baseUrl) const;

    int add(const llm::Vendor &vendor);
    /// Not the simulator.
    void remove(int row);
    /// Its draft was written to: what a test said of it may be true no more.
    void touched(const QString &id);
    /// Diagnoses the way to the draft as it stands.
    void test(const QString &id);
    /// Its outcome isn't waited for any more.
    void stopTest(const QString &id);

    /// The first that can't be stored; -1 if all can.
    int firstInvalid() const;
    base::Result<void> save();
    /// Something differs from what is stored, or a secret was typed.
    bool isEdited() const;
    /// Stores the secrets that were typed and forgets the removed ones; keysStored() follows.
    void storeKeys();

Q_SIGNALS:
    /// Of the keychain's answer, a test, an edit.
    void changed(const QString &id);
    /// The models of a test that went well.
    void listed(const QString &id, const QList<talkbench::llm::ModelInfo> &models);
    /// Empty: all of them are in the keychain.
    void keysStored(const QString &problem);

private:
    QList<config::ProviderConfig> configs() const;
    void append(std::unique_ptr<ProviderDraft> draft);
    void forgetSecrets(const ProviderDraft &draft);
    void askForSecrets(const ProviderDraft &draft);
    void withEndpoint(const ProviderDraft &draft, const std::function<void(const base::Result<llm::Endpoint> &)> &then);
    void learn(const ProviderDraft &draft);
    void tested(const QString &id, quint64 number, const run::Diagnosis &diagnosis);

    AppContext &m_context;
    std::vector<std::unique_ptr<ProviderDraft>> m_drafts;
    QStringList m_takenIds; ///< of removed providers: their keys are only forgotten when the rest is stored
    QStringList m_removedSecrets;
    quint64 m_tests = 0;
};

} // namespace talkbench::ui
