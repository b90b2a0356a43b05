#include "ui/settings/settingsdialog.h"

#include "core/config/secrets.h"
#include "core/config/settings.h"
#include "ui/rowdelegate.h"
#include "ui/settings/budgetspage.h"
#include "ui/settings/cachepage.h"
#include "ui/settings/choicepage.h"
#include "ui/settings/formparts.h"
#include "ui/settings/monitoringpage.h"
#include "ui/settings/networkpage.h"
#include "ui/settings/pricespage.h"
#include "ui/settings/providerspage.h"
#include "ui/settings/valuespage.h"
#include "ui/taborder.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QDialogButtonBox>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

SettingsDialog::SettingsDialog(AppContext &context, QWidget *parent)
    : QDialog(parent), m_settings(context.settings), m_secrets(context.secrets), m_pages(new QListWidget(this)),
      m_stack(new QStackedWidget(this)), m_providers(new ProvidersPage(context, this)),
      m_general(new ValuesPage(context,
                               { "theme", "text_zoom", "send_with", "default/provider", "default/model", "default/auto",
                                 "context/", "local_hosts" },
                               this)),
      m_limits(new ValuesPage(context, { "limits/", "retry/" }, this)), m_network(new NetworkPage(context, this)),
      m_cache(new CachePage(context, this)), m_prices(new PricesPage(context, this)),
      m_budgets(new BudgetsPage(context.settings, this)), m_choice(new ChoicePage(context, this)),
      m_monitoring(new MonitoringPage(context, this)),
      m_message(new ToneLabel(u"settingsMessage"_s, ToneLabel::Tone::Error, this))
{
    setObjectName(u"settingsDialog"_s);
    setWindowTitle(tr("Settings"));
    m_pages->setObjectName(u"settingsPages"_s);
    m_pages->setAccessibleName(tr("Pages"));
    showRows(m_pages, RowDelegate::Lines::One, false);
    addPage(tr("Providers"), u"providersPage"_s, m_providers);
    addPage(tr("General"), u"generalPage"_s, m_general);
    addPage(tr("Limits"), u"limitsPage"_s, m_limits);
    addPage(tr("Network"), u"networkPage"_s, m_network);
    addPage(tr("Cache"), u"cachePage"_s, m_cache);
    addPage(tr("Prices"), u"pricesPage"_s, m_prices);
    addPage(tr("Budgets"), u"budgetsPage"_s, m_budgets);
    addPage(tr("Auto"), u"choicePage"_s, m_choice);
    addPage(tr("Monitoring"), u"monitoringPage"_s, m_monitoring);
    m_pages->setFixedWidth(std::max(grid::gap * 8, widestPage() + 2 * grid::section));
    connect(m_pages, &QListWidget::currentRowChanged, m_stack, &QStackedWidget::setCurrentIndex);
    m_message->hide();
    const auto fields = findChildren<QLineEdit *>();
    for (const QLineEdit *field : fields)
        connect(field, &QLineEdit::textEdited, this, [this] { say({}); });
    whenEdited(this, this, [this] { showWayOut(); });
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, this);
    m_save = buttons->button(QDialogButtonBox::Save);
    m_leave = buttons->button(QDialogButtonBox::Cancel);
    m_leave->setObjectName(u"settingsLeave"_s);
    m_save->setObjectName(u"settingsSave"_s);
    m_save->setDefault(true);
    connect(buttons, &QDialogButtonBox::accepted, this, &SettingsDialog::save);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_providers, &ProvidersPage::keysStored, this, &SettingsDialog::keysStored);
    auto *middle = new QHBoxLayout;
    middle->setSpacing(grid::gap);
    middle->addWidget(m_pages);
    middle->addWidget(m_stack, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(grid::gap, grid::gap, grid::gap, grid::gap);
    layout->setSpacing(grid::wide);
    layout->addLayout(middle, 1);
    layout->addWidget(m_message);
    layout->addWidget(buttons);
    m_pages->setCurrentRow(Providers);
    m_before = values();
    resize(fitting(this, { iconSide(this, 940), iconSide(this, 700) }));
}

void SettingsDialog::addPage(const QString &title, const QString &objectName, QWidget *page)
{
    page->setObjectName(objectName);
    m_pages->addItem(title);
    // On a small screen a page scrolls rather than pushing the buttons out, and each as far as it needs to.
    auto *scroll = new QScrollArea(m_stack);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidgetResizable(true);
    scroll->setWidget(page);
    m_stack->addWidget(scroll);
}

int SettingsDialog::widestPage() const
{
    int widest = 0;
    for (int row = 0; row < m_pages->count(); ++row)
        widest = std::max(widest, m_pages->fontMetrics().horizontalAdvance(m_pages->item(row)->text()));
    return widest;
}

void SettingsDialog::showPage(Page page)
{
    m_pages->setCurrentRow(page);
}

void SettingsDialog::showProvider(const QString &id)
{
    showPage(Providers);
    m_providers->showProvider(id);
}

void SettingsDialog::say(const QString &words)
{
    m_message->say(words, ToneLabel::Tone::Error);
}

QVariantList SettingsDialog::values() const
{
    QVariantList values;
    const QList<const QWidget *> pages { m_general, m_limits, m_network, m_cache, m_budgets, m_choice, m_monitoring };
    for (const QWidget *page : pages)
        values << fieldValues(page);
    return values;
}

bool SettingsDialog::isEdited() const
{
    return m_providers->isEdited() || m_prices->isEdited() || values() != m_before;
}

bool SettingsDialog::focusNextPrevChild(bool next)
{
    return moveFocus({ this }, next);
}

void SettingsDialog::reject()
{
    if (!isEdited()) {
        QDialog::reject();
        return;
    }
    auto *question = new QMessageBox(QMessageBox::Question, tr("Discard the changes?"),
                                     tr("What was changed in the settings has not been saved."),
                                     QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
    question->setObjectName(u"discardQuestion"_s);
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setDefaultButton(QMessageBox::Cancel);
    connect(question, &QMessageBox::buttonClicked, this, [this, question](QAbstractButton *button) {
        if (question->standardButton(button) == QMessageBox::Save)
            save();
        else if (question->standardButton(button) == QMessageBox::Discard)
            QDialog::reject();
    });
    question->open();
}

/// The first page that refuses is shown and nothing closes.
void SettingsDialog::save()
{
    say({});
    const auto outcomes = { std::pair(Providers, m_providers->save()),  std::pair(General, m_general->save()),
                            std::pair(Limits, m_limits->save()),        std::pair(Network, m_network->save()),
                            std::pair(Cache, m_cache->save()),          std::pair(Prices, m_prices->save()),
                            std::pair(Budgets, m_budgets->save()),      std::pair(Choice, m_choice->save()),
                            std::pair(Monitoring, m_monitoring->save()) };
    for (const auto &[page, outcome] : outcomes) {
        if (outcome)
            continue;
        showPage(page);
        // A wrong value is explained beside its field.
        say(outcome.error().kind == base::ErrorKind::Config
                ? tr("Not saved: something on the page “%1” needs a correction.").arg(m_pages->item(page)->text())
                : outcome.error().message);
        return;
    }
    if (const auto written = m_settings.flush(); !written) {
        say(written.error().message);
        return;
    }
    m_save->setEnabled(false);
    whenReady(this, m_network->storePassword(), [this](const base::Result<void> &stored) {
        m_passwordProblem = stored ? QString() : stored.error().message;
        m_providers->storeKeys();
    });
}

/// Once all is saved there is nothing to cancel.
void SettingsDialog::showWayOut()
{
    m_leave->setText(m_saved && !isEdited() ? tr("Close") : tr("Cancel"));
}

void SettingsDialog::keysStored(const QString &problem)
{
    m_save->setEnabled(true);
    if (problem.isEmpty() && m_passwordProblem.isEmpty()) {
        accept();
        return;
    }
    showPage(problem.isEmpty() ? Network : Providers);
    const QString words = problem.isEmpty() ? m_passwordProblem : problem;
    if (m_secrets.persistent()) {
        say(words);
        return;
    }
    // All is saved as well as it can be.
    m_message->say(tr("Saved. %1").arg(words), ToneLabel::Tone::Warning);
    m_before = values();
    m_saved = true;
    showWayOut();
}

} // namespace talkbench::ui
