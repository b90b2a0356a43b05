#pragma once

#include "core/llm/modelinfo.h"
#include "core/llm/vendors.h"
#include "ui/appcontext.h"

#include <QWidget>

class QComboBox;
class QFormLayout;
class QLineEdit;
class QTabWidget;

namespace talkbench::ui {

class ConnectionTest;
class HeadersField;
class KeyField;
class LimitsField;
class ProviderDrafts;
class RouteField;
class ToneLabel;

/// The settings of one provider: how it is reached, and whether it can be. Writes into its draft as one types.
class ProviderForm final : public QWidget {
    Q_OBJECT

public:
    ProviderForm(AppContext &context, ProviderDrafts &drafts, const QList<llm::Vendor> &vendors,
                 QWidget *parent = nullptr);

    /// An unknown or empty id shows nothing.
    void show(const QString &id);
    /// Says what is wrong with the draft, if anything is, where it is.
    void validate();
    /// The cursor where one has to type first.
    void focusFirst();

private:
    QWidget *connectionTab();
    void addFields(QFormLayout *form);
    void addTabs();
    void connectParts();
    void fill();
    void edited();
    void showState();
    void useAddress(const QUrl &baseUrl, const QString &protocol);
    void pin(const QByteArray &fingerprint);
    void offer(const QString &id, const QList<llm::ModelInfo> &models);
    llm::Vendor vendor() const;

    AppContext &m_context;
    ProviderDrafts &m_drafts;
    QList<llm::Vendor> m_vendors;
    QString m_id;
    bool m_filling = false;
    ToneLabel *m_note = nullptr;
    QTabWidget *m_tabs = nullptr;
    QLineEdit *m_name = nullptr;
    QComboBox *m_protocol = nullptr;
    QLineEdit *m_url = nullptr;
    KeyField *m_key = nullptr;
    QComboBox *m_model = nullptr;
    HeadersField *m_headers = nullptr;
    RouteField *m_route = nullptr;
    LimitsField *m_limits = nullptr;
    ConnectionTest *m_test = nullptr;
};

} // namespace talkbench::ui
