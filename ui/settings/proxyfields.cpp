#include "ui/settings/proxyfields.h"

#include "ui/settings/formparts.h"
#include "ui/theme/metrics.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSpinBox>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int usualPort = 8080;

} // namespace

ProxyFields::ProxyFields(const QString &prefix, QFormLayout *form, QObject *parent)
    : QObject(parent), m_form(form), m_type(new QComboBox), m_host(new QLineEdit), m_port(new QSpinBox),
      m_user(new QLineEdit), m_password(new QLineEdit)
{
    m_type->addItems({ tr("HTTP"), tr("SOCKS5") });
    m_host->setPlaceholderText(u"proxy.example.com"_s);
    m_port->setRange(1, 65'535);
    m_port->setValue(usualPort);
    m_port->setObjectName(prefix + u"Port"_s);
    m_port->setAccessibleName(tr("Proxy's port"));
    m_user->setPlaceholderText(tr("none"));
    m_password->setEchoMode(QLineEdit::Password);
    auto *address = new QWidget;
    auto *line = new QHBoxLayout(address);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addWidget(m_host, 1);
    line->addWidget(m_port);
    addField(form, prefix + u"Type"_s, tr("Proxy's type"), m_type);
    addField(form, prefix + u"Host"_s, tr("Proxy's address"), m_host, address);
    addField(form, prefix + u"User"_s, tr("Proxy's user"), m_user);
    addField(form, prefix + u"Password"_s, tr("Proxy's password"), m_password);
    m_rows = { m_type, address, m_user, m_password };
    connect(m_type, &QComboBox::activated, this, &ProxyFields::edited);
    connect(m_host, &QLineEdit::textEdited, this, &ProxyFields::edited);
    connect(m_host, &QLineEdit::editingFinished, this, &ProxyFields::splitUrl);
    connect(m_port, &QSpinBox::valueChanged, this, &ProxyFields::edited);
    connect(m_user, &QLineEdit::textEdited, this, &ProxyFields::edited);
    connect(m_password, &QLineEdit::textEdited, this, [this](const QString &password) {
        m_typed = password;
        Q_EMIT edited();
    });
}

void ProxyFields::setVisible(bool visible)
{
    for (QWidget *row : std::as_const(m_rows))
        m_form->setRowVisible(row, visible);
}

void ProxyFields::setProxy(const base::Proxy &proxy, const std::optional<QString> &typed)
{
    const QSignalBlocker silent(m_port);
    m_type->setCurrentIndex(proxy.type == base::Proxy::Type::Socks5 ? 1 : 0);
    m_host->setText(proxy.host);
    m_port->setValue(proxy.port > 0 ? proxy.port : usualPort);
    m_user->setText(proxy.user);
    m_typed = typed;
    m_password->setText(typed.value_or(QString()));
    setPasswordStored(false);
}

/// A proxy is often copied as a URL.
void ProxyFields::splitUrl()
{
    const std::optional<base::Proxy> pasted = base::proxyFromUrl(m_host->text());
    if (!pasted)
        return;
    const QSignalBlocker silent(m_port);
    m_type->setCurrentIndex(pasted->type == base::Proxy::Type::Socks5 ? 1 : 0);
    m_host->setText(pasted->host);
    m_port->setValue(pasted->port);
    if (!pasted->user.isEmpty())
        m_user->setText(pasted->user);
    if (!pasted->password.isEmpty()) {
        m_password->setText(pasted->password);
        m_typed = pasted->password;
    }
    Q_EMIT edited();
}

void ProxyFields::setPasswordStored(bool stored)
{
    m_password->setPlaceholderText(stored ? tr("One is kept. Type to replace it.") : tr("none"));
}

base::Proxy ProxyFields::proxy() const
{
    base::Proxy proxy;
    proxy.type = m_type->currentIndex() == 1 ? base::Proxy::Type::Socks5 : base::Proxy::Type::Http;
    proxy.host = m_host->text().trimmed();
    proxy.port = static_cast<quint16>(m_port->value());
    proxy.user = m_user->text().trimmed();
    return proxy;
}

} // namespace talkbench::ui
