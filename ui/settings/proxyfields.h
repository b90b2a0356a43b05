#pragma once

#include "core/base/route.h"

#include <QList>
#include <QObject>

#include <optional>

class QComboBox;
class QFormLayout;
class QLineEdit;
class QSpinBox;
class QWidget;

namespace talkbench::ui {

/// The rows of a proxy in a form: its type, address, user and password. A stored password is never shown.
class ProxyFields final : public QObject {
    Q_OBJECT

public:
    /// `prefix` begins the fields' object names.
    ProxyFields(const QString &prefix, QFormLayout *form, QObject *parent);

    void setVisible(bool visible);

    /// `typed`: a password that has not been stored yet.
    void setProxy(const base::Proxy &proxy, const std::optional<QString> &typed = {});
    /// What the keychain says.
    void setPasswordStored(bool stored);
    /// Without its password.
    base::Proxy proxy() const;
    /// Unset where nothing was typed; empty to forget the stored one.
    std::optional<QString> typedPassword() const { return m_typed; }

Q_SIGNALS:
    void edited();

private:
    void splitUrl();

    QFormLayout *m_form;
    QList<QWidget *> m_rows;
    QComboBox *m_type;
    QLineEdit *m_host;
    QSpinBox *m_port;
    QLineEdit *m_user;
    QLineEdit *m_password;
    std::optional<QString> m_typed;
};

} // namespace talkbench::ui
