#pragma once

#include "ui/appcontext.h"

#include <QDialog>
#include <QVariantList>

class QListWidget;
class QPushButton;
class QStackedWidget;

namespace talkbench::config {
class Secrets;
}

namespace talkbench::ui {

class BudgetsPage;
class MonitoringPage;
class NetworkPage;
class PricesPage;
class ProvidersPage;
class ToneLabel;
class CachePage;
class ChoicePage;
class ValuesPage;

/// All that can be set, a page a subject. Nothing is stored before Save; what is wrong is said beside its field and
/// nothing typed is lost. Open it with open().
class SettingsDialog final : public QDialog {
    Q_OBJECT

public:
    enum Page { Providers, General, Limits, Network, Cache, Prices, Budgets, Choice, Monitoring };

    explicit SettingsDialog(AppContext &context, QWidget *parent = nullptr);

    void showPage(Page page);
    /// The providers, with this one chosen if there is one of that id.
    void showProvider(const QString &id);

    /// Asks first where something was edited.
    void reject() override;

protected:
    /// In reading order, not in that in which pages and rules were made.
    bool focusNextPrevChild(bool next) override;

private:
    bool isEdited() const;
    QVariantList values() const;
    void addPage(const QString &title, const QString &objectName, QWidget *page);
    int widestPage() const;
    void save();
    void keysStored(const QString &problem);
    void showWayOut();
    void say(const QString &words);

    config::Settings &m_settings;
    config::Secrets &m_secrets;
    QListWidget *m_pages;
    QStackedWidget *m_stack;
    ProvidersPage *m_providers;
    ValuesPage *m_general;
    ValuesPage *m_limits;
    NetworkPage *m_network;
    CachePage *m_cache;
    PricesPage *m_prices;
    BudgetsPage *m_budgets;
    ChoicePage *m_choice;
    MonitoringPage *m_monitoring;
    QVariantList m_before; ///< what stood in the fields of all pages but those that know by themselves
    QString m_passwordProblem;
    ToneLabel *m_message;
    QPushButton *m_save;
    QPushButton *m_leave;
    bool m_saved = false; ///< once at least
};

} // namespace talkbench::ui
