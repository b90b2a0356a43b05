#include "ui/settings/providerform.h"

#include "core/config/providerrows.h"
#include "core/llm/provider.h"
#include "ui/modellists.h"
#include "ui/settings/connectiontest.h"
#include "ui/settings/formparts.h"
#include "ui/settings/headersfield.h"
#include "ui/settings/keyfield.h"
#include "ui/settings/limitsfield.h"
#include "ui/settings/protocoltitle.h"
#include "ui/settings/providerdrafts.h"
#include "ui/settings/routefield.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QComboBox>
#include <QCompleter>
#include <QFormLayout>
#include <QLineEdit>
#include <QTabWidget>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

ProviderForm::ProviderForm(AppContext &context, ProviderDrafts &drafts, const QList<llm::Vendor> &vendors,
                           QWidget *parent)
    : QWidget(parent), m_context(context), m_drafts(drafts), m_vendors(vendors)
{
    addTabs();
    m_test = new ConnectionTest;
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::wide);
    column->addWidget(m_tabs);
    column->addWidget(m_test, 1);
    connectParts();
}

void ProviderForm::addTabs()
{
    m_headers = new HeadersField;
    m_route = new RouteField;
    m_limits = new LimitsField;
    auto *headersTab = new QWidget;
    auto *inset = new QVBoxLayout(headersTab);
    inset->setContentsMargins(0, grid::gap, 0, 0);
    inset->addWidget(m_headers);
    m_tabs = new QTabWidget(this);
    m_tabs->setObjectName(u"providerTabs"_s);
    m_tabs->setAccessibleName(tr("Parts of the provider's settings"));
    m_tabs->setDocumentMode(true);
    m_tabs->tabBar()->setExpanding(false);
    // A small window or a long result of a test leaves little room for the fields.
    m_tabs->addTab(new GrowingArea(connectionTab(), m_tabs), tr("Connection"));
    m_tabs->addTab(new GrowingArea(m_route, m_tabs), tr("Network"));
    m_tabs->addTab(new GrowingArea(m_limits, m_tabs), tr("Limits"));
    m_tabs->addTab(headersTab, tr("Headers"));
}

void ProviderForm::connectParts()
{
    const auto committed = [this] {
        edited();
        validate();
    };
    connect(m_headers, &HeadersField::edited, this, committed);
    connect(m_route, &RouteField::edited, this, &ProviderForm::edited);
    connect(m_route, &RouteField::committed, this, &ProviderForm::validate);
    connect(m_limits, &LimitsField::edited, this, &ProviderForm::edited);
    connect(m_test, &ConnectionTest::requested, this, [this] {
        validate();
        m_drafts.test(m_id);
    });
    connect(m_test, &ConnectionTest::stopRequested, this, [this] { m_drafts.stopTest(m_id); });
    connect(m_test, &ConnectionTest::addressChosen, this, &ProviderForm::useAddress);
    connect(m_test, &ConnectionTest::pinChosen, this, &ProviderForm::pin);
    connect(&m_drafts, &ProviderDrafts::changed, this, [this](const QString &id) {
        if (id == m_id)
            showState();
    });
    connect(&m_drafts, &ProviderDrafts::listed, this, &ProviderForm::offer);
}

QWidget *ProviderForm::connectionTab()
{
    auto *tab = new QWidget;
    m_note = new ToneLabel(u"providerNote"_s);
    m_note->setText(tr("The built-in simulator answers without a key, a network or a cost. It is always here."));
    auto *column = new QVBoxLayout(tab);
    column->setContentsMargins(0, grid::gap, 0, 0);
    column->setSpacing(grid::gap);
    column->addWidget(m_note);
    QFormLayout *fields = settingsForm(nullptr);
    addFields(fields);
    column->addLayout(fields);
    column->addStretch();
    return tab;
}

void ProviderForm::addFields(QFormLayout *form)
{
    m_name = new QLineEdit;
    m_protocol = new QComboBox;
    const auto protocols = llm::protocolNames();
    for (const QString &protocol : protocols)
        m_protocol->addItem(protocolTitle(protocol), protocol);
    m_url = new QLineEdit;
    m_url->setPlaceholderText(u"https://api.example.com/v1"_s);
    m_key = new KeyField(m_context.secrets);
    m_model = new QComboBox;
    m_model->setEditable(true);
    m_model->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_model->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_model->setInsertPolicy(QComboBox::NoInsert);
    // What is typed stays as it is: a longer name of the list, or one in capitals, is another model.
    m_model->completer()->setCompletionMode(QCompleter::PopupCompletion);
    m_model->completer()->setCaseSensitivity(Qt::CaseSensitive);
    m_model->lineEdit()->setPlaceholderText(tr("a model's name"));
    addField(form, u"providerName"_s, tr("Name"), m_name);
    addField(form, u"providerProtocol"_s, tr("Protocol"), m_protocol);
    addField(form, u"providerUrl"_s, tr("Base URL"), m_url);
    addField(form, u"providerKeys"_s, tr("Key"), m_key);
    addField(form, u"providerModel"_s, tr("Default model"), m_model);
    connect(m_name, &QLineEdit::textEdited, this, &ProviderForm::edited);
    connect(m_protocol, &QComboBox::activated, this, &ProviderForm::edited);
    connect(m_url, &QLineEdit::textEdited, this, &ProviderForm::edited);
    connect(m_url, &QLineEdit::editingFinished, this, &ProviderForm::validate);
    connect(m_model, &QComboBox::editTextChanged, this, &ProviderForm::edited);
    connect(m_key, &KeyField::edited, this, &ProviderForm::edited);
}

llm::Vendor ProviderForm::vendor() const
{
    const ProviderDraft *draft = m_drafts.find(m_id);
    const auto found = std::find_if(m_vendors.cbegin(), m_vendors.cend(), [draft](const llm::Vendor &row) {
        return draft && !row.id.isEmpty() && row.id == draft->config.vendor;
    });
    return found == m_vendors.cend() ? llm::Vendor() : *found;
}

void ProviderForm::show(const QString &id)
{
    m_id = id;
    setEnabled(m_drafts.find(id));
    fill();
}

void ProviderForm::fill()
{
    ProviderDraft *draft = m_drafts.find(m_id);
    const llm::Vendor row = vendor();
    m_key->show(draft, row.keyUrl, row.keyEnv);
    m_route->setDraft(draft);
    if (!draft)
        return;
    m_filling = true;
    const config::ProviderConfig &config = draft->config;
    m_note->setVisible(draft->isSimulator());
    for (QWidget *field : std::initializer_list<QWidget *> { m_name, m_protocol, m_url, m_headers, m_limits })
        field->setEnabled(!draft->isSimulator());
    m_name->setText(config.name);
    int protocol = m_protocol->findData(config.protocol);
    if (protocol < 0) {
        m_protocol->addItem(config.protocol, config.protocol);
        protocol = m_protocol->count() - 1;
    }
    m_protocol->setCurrentIndex(protocol);
    m_url->setText(draft->url);
    m_model->clear();
    m_model->setEditText(config.defaultModel);
    m_headers->setHeaders(config.headers);
    m_limits->setLimits(config.limits);
    m_filling = false;
    offer(m_id, m_context.models.of(m_id).models);
    m_test->setProblem({});
    showState();
}

void ProviderForm::edited()
{
    ProviderDraft *draft = m_drafts.find(m_id);
    if (m_filling || !draft)
        return;
    config::ProviderConfig &config = draft->config;
    config.defaultModel = m_model->currentText().trimmed();
    if (!draft->isSimulator()) {
        config.name = m_name->text().trimmed();
        config.protocol = m_protocol->currentData().toString();
        draft->url = m_url->text();
        config.baseUrl = QUrl(draft->url.trimmed(), QUrl::StrictMode);
        config.headers = m_headers->headers();
        config.limits = m_limits->limits();
    }
    m_test->setProblem({});
    m_drafts.touched(m_id);
}

void ProviderForm::validate()
{
    const ProviderDraft *draft = m_drafts.find(m_id);
    const auto valid = draft ? config::validate(draft->config) : base::Result<void>();
    m_test->setProblem(valid ? QString() : valid.error().message);
}

void ProviderForm::focusFirst()
{
    const ProviderDraft *draft = m_drafts.find(m_id);
    m_tabs->setCurrentIndex(0);
    if (!draft || draft->config.vendor.isEmpty())
        m_url->setFocus();
    else if (config::needsKey(draft->config))
        m_key->focusKey();
    else
        m_test->focusButton();
}

void ProviderForm::showState()
{
    const ProviderDraft *draft = m_drafts.find(m_id);
    m_key->refresh();
    m_route->refresh();
    m_test->setTest(draft ? draft->test : std::nullopt);
}

void ProviderForm::useAddress(const QUrl &baseUrl, const QString &protocol)
{
    m_url->setText(baseUrl.toString());
    if (const int index = m_protocol->findData(protocol); index >= 0)
        m_protocol->setCurrentIndex(index);
    edited();
    m_drafts.test(m_id);
}

void ProviderForm::pin(const QByteArray &fingerprint)
{
    if (ProviderDraft *draft = m_drafts.find(m_id))
        draft->config.network.pin = fingerprint;
    edited();
    m_drafts.test(m_id);
}

void ProviderForm::offer(const QString &id, const QList<llm::ModelInfo> &models)
{
    if (id != m_id)
        return;
    const QString typed = m_model->currentText();
    m_filling = true;
    m_model->clear();
    for (const llm::ModelInfo &model : models)
        m_model->addItem(model.id);
    m_model->setEditText(typed);
    m_filling = false;
}

} // namespace talkbench::ui
