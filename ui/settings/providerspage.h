#pragma once

#include "core/config/settings.h"
#include "core/llm/modelinfo.h"
#include "core/llm/vendors.h"
#include "ui/appcontext.h"

#include <QHash>
#include <QWidget>

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QTableWidget;

namespace talkbench::ui {

/// The providers: a list, and the form of the one chosen. Works on a copy until save().
class ProvidersPage final : public QWidget {
    Q_OBJECT

public:
    explicit ProvidersPage(AppContext &context, QWidget *parent = nullptr);

    /// Stores the providers. On an error the one concerned is shown; nothing typed is lost.
    base::Result<void> save();
    /// Stores the keys that were typed and forgets those of removed providers; keysStored() follows.
    void storeKeys();

Q_SIGNALS:
    /// Empty: all of them are in the keychain.
    void keysStored(const QString &problem);

private:
    struct Row {
        config::ProviderConfig config;
        /// As typed: what is no address yet must not be lost.
        QString url;
        /// As typed; unset while untouched.
        std::optional<QString> key;
        /// Whether the keychain has one; unset until it has answered.
        std::optional<bool> hasKey;
        QString test;
        bool testFailed = false;
        quint64 testNumber = 0;
    };

    void addItem(const QString &name);
    QWidget *listSide();
    QWidget *form();
    void buildFields(QFormLayout *layout);
    QWidget *headersEditor();
    QWidget *testRow();
    void addVendor(const llm::Vendor &vendor);
    void openVendors();
    void removeCurrent();
    void select(int row);
    void readForm();
    void readHeaders();
    void showHeaders(const base::HttpHeaders &headers);
    void edited();
    void askForKey(const QString &id);
    void showKeyState();
    void showTest();
    void test();
    void tested(const QString &id, quint64 number, qint64 startedNs, const base::Result<QList<llm::ModelInfo>> &models);
    void validateCurrent();
    Row *current();
    Row *rowOf(const QString &id);
    QString freeId(const QString &wanted) const;

    AppContext &m_context;
    QList<Row> m_rows;
    QStringList m_removedIds;
    quint64 m_tests = 0;
    int m_shown = -1;
    bool m_filling = false;
    QListWidget *m_list = nullptr;
    QPushButton *m_remove = nullptr;
    QLabel *m_note = nullptr;
    QLineEdit *m_name = nullptr;
    QComboBox *m_protocol = nullptr;
    QLineEdit *m_url = nullptr;
    QLineEdit *m_key = nullptr;
    QLabel *m_keyState = nullptr;
    QComboBox *m_model = nullptr;
    QTableWidget *m_headers = nullptr;
    QPushButton *m_test = nullptr;
    QLabel *m_testResult = nullptr;
    QLabel *m_problem = nullptr;
};

} // namespace talkbench::ui
