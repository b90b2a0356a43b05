#pragma once

#include "core/base/result.h"
#include "core/base/route.h"
#include "ui/appcontext.h"

#include <QFuture>
#include <QWidget>

class QComboBox;
class QFormLayout;
class QLineEdit;
class QPushButton;

namespace talkbench::ui {

class FileField;
class ProxyFields;
class ToneLabel;

/// How providers are reached that have no way of their own: proxy, hosts without it, authorities; and a test of it.
class NetworkPage final : public QWidget {
    Q_OBJECT

public:
    explicit NetworkPage(AppContext &context, QWidget *parent = nullptr);

    /// Stores all but the proxy's password. An error is shown beside its field too.
    base::Result<void> save();
    /// Keeps the password that was typed, in the keychain.
    QFuture<base::Result<void>> storePassword();

private:
    void addFields();
    void showProxy();
    QWidget *testRow();
    void load();
    void edited();
    base::Result<void> validate() const;
    QString proxying() const;
    base::Route route(const QString &password) const;
    void test();
    void testThrough(const QString &password);

    AppContext &m_context;
    QComboBox *m_proxying;
    QFormLayout *m_form;
    ProxyFields *m_proxy = nullptr;
    QLineEdit *m_bypass;
    FileField *m_caFile;
    ToneLabel *m_problem;
    QComboBox *m_provider = nullptr;
    QPushButton *m_test = nullptr;
    bool m_testing = false;
    ToneLabel *m_result = nullptr;
};

} // namespace talkbench::ui
