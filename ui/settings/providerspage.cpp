#include "ui/settings/providerspage.h"

#include "core/config/endpoints.h"
#include "core/config/providerrows.h"
#include "core/config/secrets.h"
#include "core/profile/format.h"
#include "core/run/runservice.h"
#include "ui/endpoints.h"
#include "ui/settings/vendordialog.h"
#include "ui/theme/colours.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QComboBox>
#include <QFile>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTableWidget>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

QList<llm::Vendor> knownVendors()
{
    QFile file(u":/providers.json"_s);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const auto vendors = llm::vendorsFromJson(file.readAll());
    return vendors ? *vendors : QList<llm::Vendor>();
}

QString protocolTitle(const QString &protocol)
{
    if (protocol == "openai-chat"_L1)
        return ProvidersPage::tr("OpenAI chat completions");
    if (protocol == "ollama"_L1)
        return ProvidersPage::tr("Ollama");
    return protocol;
}

QLabel *words(const QString &objectName, QPalette::ColorRole role = QPalette::PlaceholderText)
{
    auto *label = new QLabel;
    label->setObjectName(objectName);
    label->setWordWrap(true);
    label->setForegroundRole(role);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return label;
}

void paintText(QLabel *label, const QColor &colour)
{
    QPalette palette = label->palette();
    palette.setColor(QPalette::WindowText, colour);
    palette.setColor(QPalette::PlaceholderText, colour);
    label->setPalette(palette);
}

} // namespace

ProvidersPage::ProvidersPage(AppContext &context, QWidget *parent) : QWidget(parent), m_context(context)
{
    const auto providers = m_context.settings.providers();
    for (const config::ProviderConfig &provider : providers)
        m_rows << Row { provider, provider.baseUrl.toString(), {}, {}, {}, false, 0 };
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::gap);
    layout->addWidget(listSide());
    layout->addWidget(form(), 1);
    for (const Row &row : std::as_const(m_rows)) {
        addItem(row.config.name);
        askForKey(row.config.id);
    }
    connect(m_list, &QListWidget::currentRowChanged, this, &ProvidersPage::select);
    connect(&m_context.secrets, &config::Secrets::persistentChanged, this, &ProvidersPage::showKeyState);
    m_list->setCurrentRow(m_rows.size() > 1 ? 1 : 0);
}

void ProvidersPage::addItem(const QString &name)
{
    auto *item = new QListWidgetItem(name, m_list);
    item->setSizeHint(QSize(0, grid::control));
}

QWidget *ProvidersPage::listSide()
{
    auto *side = new QWidget(this);
    side->setFixedWidth(grid::gap * 12);
    m_list = new QListWidget(side);
    m_list->setObjectName(u"providerList"_s);
    m_list->setAccessibleName(tr("Providers"));
    auto *add = new QPushButton(icon(u"plus"_s), tr("Add…"), side);
    add->setObjectName(u"providerAdd"_s);
    add->setAutoDefault(false);
    m_remove = new QPushButton(icon(u"trash"_s), tr("Remove"), side);
    m_remove->setObjectName(u"providerRemove"_s);
    m_remove->setAutoDefault(false);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(grid::unit);
    buttons->addWidget(add);
    buttons->addWidget(m_remove);
    auto *layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::unit);
    layout->addWidget(m_list, 1);
    layout->addLayout(buttons);
    connect(add, &QPushButton::clicked, this, &ProvidersPage::openVendors);
    connect(m_remove, &QPushButton::clicked, this, &ProvidersPage::removeCurrent);
    return side;
}

QWidget *ProvidersPage::form()
{
    auto *panel = new QWidget(this);
    m_note = words(u"providerNote"_s);
    m_note->setText(tr("The built-in simulator answers without a key, a network or a cost. It is always here."));
    m_problem = words(u"providerProblem"_s, QPalette::WindowText);
    m_problem->hide();
    auto *fields = new QFormLayout;
    fields->setHorizontalSpacing(grid::gap);
    fields->setVerticalSpacing(grid::unit);
    fields->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    buildFields(fields);
    auto *layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::wide);
    layout->addWidget(m_note);
    layout->addLayout(fields);
    layout->addWidget(m_problem);
    layout->addWidget(testRow());
    layout->addStretch();
    return panel;
}

void ProvidersPage::buildFields(QFormLayout *layout)
{
    const auto add = [layout](const QString &name, const QString &title, QWidget *field, QWidget *shown = nullptr) {
        field->setObjectName(name);
        field->setAccessibleName(title);
        auto *label = new QLabel(title);
        label->setBuddy(field);
        layout->addRow(label, shown ? shown : field);
    };
    m_name = new QLineEdit;
    m_protocol = new QComboBox;
    const auto protocols = llm::protocolNames();
    for (const QString &protocol : protocols)
        m_protocol->addItem(protocolTitle(protocol), protocol);
    m_url = new QLineEdit;
    m_url->setPlaceholderText(u"https://api.example.com/v1"_s);
    m_key = new QLineEdit;
    m_key->setEchoMode(QLineEdit::Password);
    m_keyState = words(u"providerKeyState"_s);
    auto *keyCell = new QWidget;
    auto *keyLayout = new QVBoxLayout(keyCell);
    keyLayout->setContentsMargins(0, 0, 0, 0);
    keyLayout->setSpacing(grid::hair);
    keyLayout->addWidget(m_key);
    keyLayout->addWidget(m_keyState);
    m_model = new QComboBox;
    m_model->setEditable(true);
    m_model->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_model->setInsertPolicy(QComboBox::NoInsert);
    m_model->lineEdit()->setPlaceholderText(tr("a model's name"));
    add(u"providerName"_s, tr("Name"), m_name);
    add(u"providerProtocol"_s, tr("Protocol"), m_protocol);
    add(u"providerUrl"_s, tr("Base URL"), m_url);
    add(u"providerKey"_s, tr("Key"), m_key, keyCell);
    add(u"providerModel"_s, tr("Default model"), m_model);
    QWidget *headers = headersEditor();
    add(u"providerHeaders"_s, tr("Headers"), m_headers, headers);
    connect(m_name, &QLineEdit::textEdited, this, &ProvidersPage::edited);
    connect(m_protocol, &QComboBox::activated, this, &ProvidersPage::edited);
    connect(m_url, &QLineEdit::textEdited, this, &ProvidersPage::edited);
    connect(m_url, &QLineEdit::editingFinished, this, &ProvidersPage::validateCurrent);
    connect(m_model, &QComboBox::editTextChanged, this, &ProvidersPage::edited);
    connect(m_key, &QLineEdit::textEdited, this, [this](const QString &text) {
        if (Row *row = current())
            row->key = text.trimmed();
        showKeyState();
    });
}

QWidget *ProvidersPage::headersEditor()
{
    auto *cell = new QWidget;
    m_headers = new QTableWidget(0, 2, cell);
    m_headers->setHorizontalHeaderLabels({ tr("Name"), tr("Value") });
    m_headers->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_headers->verticalHeader()->hide();
    m_headers->setStyleSheet(u"QHeaderView::section { border: none; background: transparent; padding: 4px; }"_s);
    m_headers->setMaximumHeight(grid::gap * 7);
    m_headers->setTabKeyNavigation(false);
    auto *hint = words(u"providerHeadersHint"_s);
    hint->setText(tr("Sent with every request. An empty name removes its row. Keys belong into the key field."));
    auto *layout = new QVBoxLayout(cell);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::hair);
    layout->addWidget(m_headers);
    layout->addWidget(hint);
    connect(m_headers, &QTableWidget::itemChanged, this, &ProvidersPage::readHeaders);
    return cell;
}

QWidget *ProvidersPage::testRow()
{
    auto *row = new QWidget;
    m_test = new QPushButton(icon(u"plug"_s), tr("Test connection"), row);
    m_test->setObjectName(u"providerTest"_s);
    m_test->setAutoDefault(false);
    m_testResult = words(u"providerTestResult"_s, QPalette::WindowText);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::wide);
    layout->addWidget(m_test, 0, Qt::AlignTop);
    layout->addWidget(m_testResult, 1);
    connect(m_test, &QPushButton::clicked, this, &ProvidersPage::test);
    return row;
}

ProvidersPage::Row *ProvidersPage::current()
{
    return m_shown >= 0 && m_shown < m_rows.size() ? &m_rows[m_shown] : nullptr;
}

ProvidersPage::Row *ProvidersPage::rowOf(const QString &id)
{
    const auto found =
        std::find_if(m_rows.begin(), m_rows.end(), [&id](const Row &row) { return row.config.id == id; });
    return found == m_rows.end() ? nullptr : &*found;
}

QString ProvidersPage::freeId(const QString &wanted) const
{
    const auto taken = [this](const QString &id) {
        return m_removedIds.contains(id)
            || std::any_of(m_rows.cbegin(), m_rows.cend(), [&id](const Row &row) { return row.config.id == id; });
    };
    QString id = wanted;
    for (int number = 2; taken(id); ++number)
        id = wanted + u'-' + QString::number(number);
    return id;
}

void ProvidersPage::openVendors()
{
    auto *dialog = new VendorDialog(knownVendors(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &VendorDialog::chosen, this, &ProvidersPage::addVendor);
    dialog->open();
}

void ProvidersPage::addVendor(const llm::Vendor &vendor)
{
    Row row;
    row.config.id = freeId(vendor.id.isEmpty() ? u"server"_s : vendor.id);
    row.config.name = vendor.name;
    row.config.protocol = vendor.protocol;
    row.config.baseUrl = vendor.baseUrl;
    row.config.vendor = vendor.id;
    row.config.quirks = vendor.quirks;
    row.url = vendor.baseUrl.toString();
    row.hasKey = false;
    m_rows << row;
    addItem(row.config.name);
    m_list->setCurrentRow(static_cast<int>(m_rows.size()) - 1);
    if (vendor.id.isEmpty() || vendor.baseUrl.isEmpty())
        m_url->setFocus();
    else
        m_key->setFocus();
}

void ProvidersPage::removeCurrent()
{
    const Row *row = current();
    if (!row || row->config.id == config::simulatorId)
        return;
    m_removedIds << row->config.id;
    const int index = m_shown;
    m_rows.removeAt(index);
    m_shown = -1;
    delete m_list->takeItem(index);
    select(m_list->currentRow());
}

void ProvidersPage::select(int index)
{
    m_shown = index;
    const Row *row = current();
    if (!row)
        return;
    m_filling = true;
    const bool builtIn = row->config.id == config::simulatorId;
    m_note->setVisible(builtIn);
    for (QWidget *field : std::initializer_list<QWidget *> { m_name, m_protocol, m_url, m_key, m_headers, m_remove })
        field->setEnabled(!builtIn);
    m_name->setText(row->config.name);
    int protocol = m_protocol->findData(row->config.protocol);
    if (protocol < 0) {
        m_protocol->addItem(row->config.protocol, row->config.protocol);
        protocol = m_protocol->count() - 1;
    }
    m_protocol->setCurrentIndex(protocol);
    m_url->setText(row->url);
    m_key->setText(row->key.value_or(QString()));
    m_model->clear();
    m_model->setEditText(row->config.defaultModel);
    showHeaders(row->config.headers);
    m_filling = false;
    m_problem->hide();
    showKeyState();
    showTest();
}

void ProvidersPage::edited()
{
    if (m_filling)
        return;
    readForm();
    m_problem->hide();
}

void ProvidersPage::readForm()
{
    Row *row = current();
    if (!row)
        return;
    config::ProviderConfig &config = row->config;
    config.defaultModel = m_model->currentText().trimmed();
    if (config.id == config::simulatorId)
        return;
    config.name = m_name->text().trimmed();
    config.protocol = m_protocol->currentData().toString();
    row->url = m_url->text();
    config.baseUrl = QUrl(row->url.trimmed(), QUrl::StrictMode);
    m_list->item(m_shown)->setText(config.name.isEmpty() ? tr("(no name)") : config.name);
}

void ProvidersPage::showHeaders(const base::HttpHeaders &headers)
{
    m_headers->setRowCount(static_cast<int>(headers.size()) + 1);
    for (int i = 0; i < m_headers->rowCount(); ++i) {
        const bool last = i == headers.size();
        m_headers->setItem(i, 0, new QTableWidgetItem(last ? QString() : QString::fromUtf8(headers.at(i).first)));
        m_headers->setItem(i, 1, new QTableWidgetItem(last ? QString() : QString::fromUtf8(headers.at(i).second)));
    }
}

/// The table has an empty row at its end, for the next header.
void ProvidersPage::readHeaders()
{
    Row *row = current();
    if (m_filling || !row)
        return;
    base::HttpHeaders headers;
    bool lastIsUsed = false;
    for (int i = 0; i < m_headers->rowCount(); ++i) {
        const QTableWidgetItem *name = m_headers->item(i, 0);
        const QTableWidgetItem *value = m_headers->item(i, 1);
        const QByteArray header = name ? name->text().trimmed().toUtf8() : QByteArray();
        if (header.isEmpty())
            continue;
        headers << std::pair(header, value ? value->text().trimmed().toUtf8() : QByteArray());
        lastIsUsed = i == m_headers->rowCount() - 1;
    }
    row->config.headers = headers;
    if (lastIsUsed)
        m_headers->setRowCount(m_headers->rowCount() + 1);
    validateCurrent();
}

void ProvidersPage::validateCurrent()
{
    const Row *row = current();
    if (!row)
        return;
    const auto valid = config::validate(row->config);
    m_problem->setVisible(!valid);
    if (!valid) {
        m_problem->setText(valid.error().message);
        paintText(m_problem, colours(this).error);
    }
}

void ProvidersPage::askForKey(const QString &id)
{
    if (id == config::simulatorId)
        return;
    whenReady(this, m_context.secrets.read(id), [this, id](const QString &key) {
        if (Row *row = rowOf(id))
            row->hasKey = !key.isEmpty();
        showKeyState();
    });
}

void ProvidersPage::showKeyState()
{
    const Row *row = current();
    if (!row)
        return;
    const bool kept = m_context.secrets.persistent();
    m_key->setPlaceholderText(row->hasKey.value_or(false) ? tr("A key is stored. Type to replace it.") : tr("none"));
    const bool warn = !kept && (row->hasKey.value_or(false) || !row->key.value_or(QString()).isEmpty());
    paintText(m_keyState, warn ? colours(this).warning : colours(this).mutedText);
    if (row->config.id == config::simulatorId)
        m_keyState->setText(tr("needs none"));
    else if (!kept)
        m_keyState->setText(tr("There is no keychain here: the key is kept in memory only, until Talkbench ends."));
    else if (row->key && row->key->isEmpty() && row->hasKey.value_or(false))
        m_keyState->setText(tr("The stored key will be forgotten when you save."));
    else if (row->key && !row->key->isEmpty())
        m_keyState->setText(tr("Goes to the system keychain when you save."));
    else if (!row->hasKey)
        m_keyState->setText(tr("Asking the keychain…"));
    else
        m_keyState->setText(*row->hasKey ? tr("In the system keychain.") : tr("No key stored."));
}

void ProvidersPage::showTest()
{
    const Row *row = current();
    m_testResult->setText(row ? row->test : QString());
    paintText(m_testResult, row && row->testFailed ? colours(this).error : colours(this).mutedText);
}

void ProvidersPage::test()
{
    Row *row = current();
    if (!row)
        return;
    validateCurrent();
    if (!config::validate(row->config))
        return;
    row->test = tr("Asking for the list of models…");
    row->testFailed = false;
    row->testNumber = ++m_tests;
    showTest();
    const QString id = row->config.id;
    const quint64 number = row->testNumber;
    const auto ask = [this, id, number](const llm::Endpoint &endpoint) {
        const qint64 started = m_context.clock.nowNs();
        whenReady(this, m_context.runs.listModels(endpoint),
                  [this, id, number, started](const base::Result<QList<llm::ModelInfo>> &models) {
                      tested(id, number, started, models);
                  });
    };
    if (id == config::simulatorId) {
        whenReady(this, m_context.endpoints.resolve(id),
                  [this, id, number, ask](const base::Result<llm::Endpoint> &endpoint) {
                      if (endpoint)
                          ask(*endpoint);
                      else
                          tested(id, number, m_context.clock.nowNs(), endpoint.error());
                  });
    } else {
        whenReady(this, config::endpointOf(m_context.settings, m_context.secrets, row->config, { .apiKey = row->key }),
                  ask);
    }
}

void ProvidersPage::tested(const QString &id, quint64 number, qint64 startedNs,
                           const base::Result<QList<llm::ModelInfo>> &models)
{
    Row *row = rowOf(id);
    if (!row || row->testNumber != number)
        return;
    const QString took = profile::formatMs(static_cast<double>(m_context.clock.nowNs() - startedNs) / 1e6);
    row->testFailed = !models;
    if (!models)
        row->test = tr("%1 (after %2)").arg(models.error().message, took);
    else
        row->test = tr("Works: %n models, listed in %1.", nullptr, static_cast<int>(models->size())).arg(took);
    if (row != current())
        return;
    showTest();
    if (!models)
        return;
    const QString typed = m_model->currentText();
    m_filling = true;
    m_model->clear();
    for (const llm::ModelInfo &model : *models)
        m_model->addItem(model.id);
    m_model->setEditText(typed);
    m_filling = false;
}

base::Result<void> ProvidersPage::save()
{
    QList<config::ProviderConfig> providers;
    for (int i = 0; i < m_rows.size(); ++i) {
        const config::ProviderConfig &config = m_rows.at(i).config;
        if (auto valid = config::validate(config); !valid) {
            m_list->setCurrentRow(i);
            validateCurrent();
            return valid;
        }
        providers << config;
    }
    return m_context.settings.setProviders(providers);
}

void ProvidersPage::storeKeys()
{
    struct Outcome {
        qsizetype waiting = 0;
        QString problem;
    };
    const auto outcome = std::make_shared<Outcome>();
    QList<QFuture<base::Result<void>>> writes;
    for (const QString &id : std::exchange(m_removedIds, {}))
        writes << m_context.secrets.remove(id);
    for (Row &row : m_rows) {
        if (!row.key)
            continue;
        const QString key = *std::exchange(row.key, std::nullopt);
        row.hasKey = !key.isEmpty();
        writes << (key.isEmpty() ? m_context.secrets.remove(row.config.id)
                                 : m_context.secrets.write(row.config.id, key));
    }
    outcome->waiting = writes.size();
    if (writes.isEmpty())
        Q_EMIT keysStored({});
    for (const auto &write : std::as_const(writes)) {
        whenReady(this, write, [this, outcome](const base::Result<void> &result) {
            if (!result)
                outcome->problem = result.error().message;
            if (--outcome->waiting > 0)
                return;
            m_key->clear();
            showKeyState();
            Q_EMIT keysStored(outcome->problem);
        });
    }
}

} // namespace talkbench::ui
