#include "ui/settings/routefield.h"

#include "ui/settings/filefield.h"
#include "ui/settings/formparts.h"
#include "ui/settings/providerdraft.h"
#include "ui/settings/proxyfields.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

using Proxying = config::ProviderNetwork::Proxying;

QString pinText(const QByteArray &pin)
{
    return base::fingerprintFrom(QString::fromUtf8(pin)) ? base::fingerprintText(pin) : QString::fromUtf8(pin);
}

/// What is no fingerprint stays as it was typed, and is refused.
QByteArray pinFrom(const QString &text)
{
    return base::fingerprintFrom(text).value_or(text.trimmed().toUtf8());
}

} // namespace

RouteField::RouteField(QWidget *parent)
    : QWidget(parent), m_proxying(new QComboBox),
      m_caFile(
          new FileField(u"providerCa"_s, tr("Own authorities"), tr("Certificates (*.pem *.crt *.cer);;All files (*)"))),
      m_pin(new QLineEdit)
{
    m_proxying->addItem(tr("As in the network settings"), int(Proxying::Inherit));
    m_proxying->addItem(tr("The system's"), int(Proxying::System));
    m_proxying->addItem(tr("None"), int(Proxying::None));
    m_proxying->addItem(tr("One of its own"), int(Proxying::Manual));
    m_pin->setPlaceholderText(tr("none"));
    m_pin->setToolTip(tr("SHA-256 of the only certificate this server may show"));
    auto *hint = new ToneLabel(u"providerRouteHint"_s);
    hint->setText(
        tr("Where the server's certificate is not trusted, “Test connection” shows it and offers to pin it."));
    QFormLayout *form = settingsForm(nullptr);
    addField(form, u"providerProxying"_s, tr("Proxy"), m_proxying);
    m_proxy = new ProxyFields(u"providerProxy"_s, form, this);
    addField(form, u"providerCa"_s, tr("Own authorities"), m_caFile);
    addField(form, u"providerPin"_s, tr("Pinned certificate"), m_pin);
    fillTab(this, form, hint);
    connect(m_proxying, &QComboBox::activated, this, &RouteField::write);
    connect(m_proxy, &ProxyFields::edited, this, &RouteField::write);
    connect(m_caFile, &FileField::edited, this, &RouteField::write);
    connect(m_pin, &QLineEdit::textEdited, this, &RouteField::write);
    connect(m_pin, &QLineEdit::editingFinished, this, &RouteField::committed);
}

void RouteField::setDraft(ProviderDraft *draft)
{
    m_draft = draft;
    setEnabled(draft && !draft->isSimulator());
    const config::ProviderNetwork network = draft ? draft->config.network : config::ProviderNetwork();
    m_proxying->setCurrentIndex(m_proxying->findData(int(network.proxying)));
    m_proxy->setProxy(network.proxy, draft ? draft->typedProxyPassword : std::nullopt);
    m_caFile->setPath(network.caFile);
    showPin(network.pin);
    showProxy();
    refresh();
}

void RouteField::refresh()
{
    m_proxy->setPasswordStored(m_draft && m_draft->storedProxyPassword);
    if (m_draft && pinFrom(m_pin->text()) != m_draft->config.network.pin)
        showPin(m_draft->config.network.pin);
}

/// From its beginning, which is what people compare.
void RouteField::showPin(const QByteArray &pin)
{
    m_pin->setText(pinText(pin));
    m_pin->setCursorPosition(0);
}

void RouteField::write()
{
    showProxy();
    if (!m_draft)
        return;
    config::ProviderNetwork &network = m_draft->config.network;
    network.proxying = static_cast<Proxying>(m_proxying->currentData().toInt());
    if (network.proxying == Proxying::Manual) {
        network.proxy = m_proxy->proxy();
        if (std::exchange(m_draft->typedProxyPassword, m_proxy->typedPassword()) != m_proxy->typedPassword())
            m_draft->test.reset();
    }
    network.caFile = m_caFile->path();
    network.pin = pinFrom(m_pin->text());
    Q_EMIT edited();
}

void RouteField::showProxy()
{
    m_proxy->setVisible(m_proxying->currentData().toInt() == int(Proxying::Manual));
}

} // namespace talkbench::ui
