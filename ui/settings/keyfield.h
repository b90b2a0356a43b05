#pragma once

#include "core/config/providerkeys.h"
#include "ui/settings/providerdraft.h"

#include <QWidget>

class QComboBox;
class QLineEdit;
class QToolButton;

namespace talkbench::config {
class Secrets;
}

namespace talkbench::ui {

class ToneLabel;

/// The keys of a provider: which one is in use, and where it is kept. A stored key is shown only while it is asked for.
class KeyField final : public QWidget {
    Q_OBJECT

public:
    explicit KeyField(config::Secrets &secrets, QWidget *parent = nullptr);

    /// `keyUrl` is where a person gets a key, `variable` what usually holds it; both may be empty.
    void show(ProviderDraft *draft, const QUrl &keyUrl, const QString &variable);
    /// What the keychain says has changed.
    void refresh();
    void focusKey();

Q_SIGNALS:
    void edited();

private:
    QWidget *choiceRow();
    QWidget *valueRow();
    QWidget *actionRow();
    config::ProviderKey *key();
    void fill();
    void use(int index);
    void rename(const QString &name);
    void addKey();
    void removeKey();
    void setSource(int source);
    void typed(const QString &text);
    void reveal(bool on);
    void changed();
    void showState();

    config::Secrets &m_secrets;
    ProviderDraft *m_draft = nullptr;
    QUrl m_keyUrl;
    QString m_usualVariable;
    bool m_filling = false;
    QWidget *m_choiceRow = nullptr;
    QComboBox *m_choice = nullptr;
    QComboBox *m_source = nullptr;
    QLineEdit *m_secret = nullptr;
    QLineEdit *m_variable = nullptr;
    QToolButton *m_reveal = nullptr;
    QToolButton *m_link = nullptr;
    QToolButton *m_add = nullptr;
    ToneLabel *m_state = nullptr;
};

} // namespace talkbench::ui
