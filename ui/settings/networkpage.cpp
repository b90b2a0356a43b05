#include "ui/settings/networkpage.h"

#include "core/config/endpoints.h"
#include "core/config/secrets.h"
#include "core/run/runservice.h"
#include "ui/settings/filefield.h"
#include "ui/settings/formparts.h"
#include "ui/settings/proxyfields.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

NetworkPage::NetworkPage(AppContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_proxying(new QComboBox), m_form(settingsForm(nullptr)),
      m_bypass(new QLineEdit), m_caFile(new FileField(u"networkCa"_s, tr("Own authorities"),
                                                      tr("Certificates (*.pem *.crt *.cer);;All files (*)"))),
      m_problem(new ToneLabel(u"networkProblem"_s, ToneLabel::Tone::Error))
{
    m_problem->hide();
    auto *hint = new ToneLabel(u"networkHint"_s);
    hint->setText(
        tr("For every provider that has no way of its own. The built-in simulator is always reached directly."));
    addFields();
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::gap);
    column->addWidget(hint);
    column->addLayout(m_form);
    column->addWidget(m_problem);
    column->addWidget(testRow());
    column->addStretch();
    load();
}

void NetworkPage::addFields()
{
    m_proxying->addItem(tr("As the system"), u"system"_s);
    m_proxying->addItem(tr("None"), u"none"_s);
    m_proxying->addItem(tr("This one"), u"manual"_s);
    addField(m_form, u"networkProxying"_s, tr("Proxy"), m_proxying);
    m_proxy = new ProxyFields(u"networkProxy"_s, m_form, this);
    addField(m_form, u"networkBypass"_s, tr("Hosts without it"), m_bypass);
    m_bypass->setToolTip(
        tr("Names, names below one (*.example.com) and address ranges (10.0.0.0/8), with commas between"));
    addField(m_form, u"networkCa"_s, tr("Own authorities"), m_caFile);
    connect(m_proxying, &QComboBox::activated, this, &NetworkPage::edited);
    connect(m_proxy, &ProxyFields::edited, this, &NetworkPage::edited);
    connect(m_bypass, &QLineEdit::textEdited, this, &NetworkPage::edited);
    connect(m_caFile, &FileField::edited, this, &NetworkPage::edited);
}

QWidget *NetworkPage::testRow()
{
    auto *row = new QWidget(this);
    m_test = new QPushButton(icon(u"plug"_s), tr("Test this way to"), row);
    m_test->setObjectName(u"networkTest"_s);
    m_test->setAutoDefault(false);
    m_provider = new QComboBox(row);
    m_provider->setObjectName(u"networkTestProvider"_s);
    markTransient(m_provider);
    m_provider->setAccessibleName(tr("Provider to test the way to"));
    const auto providers = m_context.settings.providers();
    for (const config::ProviderConfig &provider : providers) {
        if (provider.id != config::simulatorId)
            m_provider->addItem(provider.name, provider.id);
    }
    m_result = new ToneLabel(u"networkTestResult"_s);
    m_result->hide();
    auto *line = new QHBoxLayout;
    line->setSpacing(grid::unit);
    line->addWidget(m_test);
    line->addWidget(m_provider);
    line->addStretch();
    auto *column = new QVBoxLayout(row);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(line);
    column->addWidget(m_result);
    row->setVisible(m_provider->count() > 0);
    connect(m_test, &QPushButton::clicked, this, &NetworkPage::test);
    return row;
}

void NetworkPage::load()
{
    const auto text = [this](const char *key) { return m_context.settings.value(key).toString(); };
    base::Proxy proxy;
    proxy.type = text("network/proxy_type") == "socks5"_L1 ? base::Proxy::Type::Socks5 : base::Proxy::Type::Http;
    proxy.host = text("network/proxy_host");
    proxy.port = static_cast<quint16>(m_context.settings.value("network/proxy_port").toUInt());
    proxy.user = text("network/proxy_user");
    m_proxying->setCurrentIndex(std::max(0, m_proxying->findData(text("network/proxy"))));
    m_proxy->setProxy(proxy);
    m_bypass->setText(text("network/bypass"));
    m_caFile->setPath(text("network/ca_file"));
    showProxy();
    whenReady(this, m_context.secrets.read(config::proxySecretId()),
              [this](const QString &password) { m_proxy->setPasswordStored(!password.isEmpty()); });
}

void NetworkPage::showProxy()
{
    const bool manual = proxying() == "manual"_L1;
    m_proxy->setVisible(manual);
    m_form->setRowVisible(m_bypass, manual);
}

void NetworkPage::edited()
{
    showProxy();
    m_problem->hide();
    m_result->hide();
}

QString NetworkPage::proxying() const
{
    return m_proxying->currentData().toString();
}

base::Result<void> NetworkPage::validate() const
{
    if (proxying() != "manual"_L1)
        return {};
    if (const QString wrong = base::wrongBypass(base::bypassFromText(m_bypass->text())); !wrong.isEmpty())
        return base::Error { base::ErrorKind::Config,
                             tr("“%1” is no host, address, subnet (10.0.0.0/8) or pattern (*.example.com).").arg(wrong),
                             {},
                             0,
                             {} };
    config::ProviderNetwork network;
    network.proxying = config::ProviderNetwork::Proxying::Manual;
    network.proxy = m_proxy->proxy();
    return config::validate(network, tr("the network settings"));
}

base::Result<void> NetworkPage::save()
{
    if (const auto valid = validate(); !valid) {
        m_problem->say(valid.error().message, ToneLabel::Tone::Error);
        return valid.error();
    }
    const base::Proxy proxy = m_proxy->proxy();
    const std::pair<const char *, QVariant> values[] = {
        { "network/proxy", proxying() },
        { "network/proxy_type", proxy.type == base::Proxy::Type::Socks5 ? u"socks5"_s : u"http"_s },
        { "network/proxy_host", proxy.host },
        { "network/proxy_port", int(proxy.port) },
        { "network/proxy_user", proxy.user },
        { "network/bypass", base::bypassText(base::bypassFromText(m_bypass->text())) },
        { "network/ca_file", m_caFile->path() },
    };
    base::Result<void> outcome;
    for (const auto &[key, value] : values) {
        if (m_context.settings.value(key) == value)
            continue;
        if (auto stored = m_context.settings.setValue(key, value); !stored)
            outcome = std::move(stored);
    }
    m_problem->say(outcome ? QString() : outcome.error().message, ToneLabel::Tone::Error);
    return outcome;
}

QFuture<base::Result<void>> NetworkPage::storePassword()
{
    const std::optional<QString> password = m_proxy->typedPassword();
    if (!password)
        return QtFuture::makeReadyFuture(base::Result<void>());
    m_proxy->setProxy(m_proxy->proxy());
    m_proxy->setPasswordStored(!password->isEmpty());
    return password->isEmpty() ? m_context.secrets.remove(config::proxySecretId())
                               : m_context.secrets.write(config::proxySecretId(), *password);
}

base::Route NetworkPage::route(const QString &password) const
{
    base::Route route;
    if (proxying() == "manual"_L1) {
        route.proxying = base::Route::Proxying::Manual;
        route.proxy = m_proxy->proxy();
        if (!route.proxy.user.isEmpty())
            route.proxy.password = password;
        route.bypass = base::bypassFromText(m_bypass->text());
    } else if (proxying() == "none"_L1) {
        route.proxying = base::Route::Proxying::None;
    }
    if (!m_caFile->path().isEmpty())
        route.caFiles.append(m_caFile->path());
    return route;
}

void NetworkPage::test()
{
    const auto valid = validate();
    m_problem->say(valid ? QString() : valid.error().message, ToneLabel::Tone::Error);
    if (!valid || m_testing)
        return;
    m_testing = true; // a button that is disabled would give the focus away
    m_result->say(tr("Testing…"), ToneLabel::Tone::Muted);
    if (const std::optional<QString> typed = m_proxy->typedPassword())
        testThrough(*typed);
    else
        whenReady(this, m_context.secrets.read(config::proxySecretId()),
                  [this](const QString &password) { testThrough(password); });
}

void NetworkPage::testThrough(const QString &password)
{
    const auto provider = m_context.settings.provider(m_provider->currentData().toString());
    if (!provider) {
        m_testing = false;
        return;
    }
    const auto onDiagnosis = [this](const run::Diagnosis &diagnosis) {
        m_testing = false;
        QStringList lines;
        for (const run::DiagnosisStep &step : diagnosis.steps)
            lines << step.text;
        m_result->say(lines.join(u'\n'), diagnosis.error ? ToneLabel::Tone::Error : ToneLabel::Tone::Muted);
    };
    whenReady(this, config::endpointOf(m_context.settings, m_context.secrets, *provider),
              [this, onDiagnosis, route = route(password)](llm::Endpoint endpoint) {
                  endpoint.route = route;
                  whenReady(this, m_context.runs.diagnose({ endpoint }), onDiagnosis);
              });
}

} // namespace talkbench::ui
