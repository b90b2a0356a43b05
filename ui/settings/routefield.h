#pragma once

#include <QWidget>

class QComboBox;
class QLineEdit;

namespace talkbench::ui {

class FileField;
class ProxyFields;
struct ProviderDraft;

/// How a provider is reached where that differs from the network settings: its proxy, its authorities, its certificate.
/// Writes into its draft as one types.
class RouteField final : public QWidget {
    Q_OBJECT

public:
    explicit RouteField(QWidget *parent = nullptr);

    void setDraft(ProviderDraft *draft);
    /// What the keychain says, or the pinned certificate, has changed.
    void refresh();

Q_SIGNALS:
    void edited();
    /// A whole value was typed.
    void committed();

private:
    void write();
    void showProxy();
    void showPin(const QByteArray &pin);

    ProviderDraft *m_draft = nullptr;
    QComboBox *m_proxying;
    ProxyFields *m_proxy = nullptr;
    FileField *m_caFile;
    QLineEdit *m_pin;
};

} // namespace talkbench::ui
