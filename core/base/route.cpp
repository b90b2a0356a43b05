#include "core/base/route.h"

#include <QCryptographicHash>
#include <QDataStream>
#include <QHostAddress>
#include <QIODevice>
#include <QRegularExpression>
#include <QUrl>

#include <algorithm>

namespace talkbench::base {

using namespace Qt::StringLiterals;

namespace {

bool matches(const QString &entry, const QString &host)
{
    if (entry == u'*')
        return true;
    if (entry.startsWith(u"*."_s) || entry.startsWith(u'.'))
        return host.endsWith(QStringView(entry).sliced(entry.indexOf(u'.')), Qt::CaseInsensitive);
    if (entry.compare(host, Qt::CaseInsensitive) == 0)
        return true;
    const QHostAddress address(host);
    const auto range = QHostAddress::parseSubnet(entry);
    return !address.isNull() && range.second >= 0 && address.protocol() == range.first.protocol()
        && address.isInSubnet(range);
}

} // namespace

QByteArray routeKey(const Route &route)
{
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    out << static_cast<int>(route.proxying) << static_cast<int>(route.proxy.type) << route.proxy.host
        << route.proxy.port << route.proxy.user << route.proxy.password << route.bypass << route.caFiles << route.pin;
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256);
}

bool bypasses(const QStringList &list, const QString &host)
{
    return std::any_of(list.begin(), list.end(), [&host](const QString &entry) { return matches(entry, host); });
}

QStringList bypassFromText(const QString &text)
{
    static const QRegularExpression separators(u"[,;\\s]+"_s);
    return text.split(separators, Qt::SkipEmptyParts);
}

QString wrongBypass(const QStringList &list)
{
    static const QRegularExpression pattern(u"^(\\*|(\\*?\\.)?[^\\s*/:@\\[\\]?#]+)$"_s);
    for (const QString &entry : list) {
        const bool subnet = entry.contains(u'/') && QHostAddress::parseSubnet(entry).second >= 0;
        if (!subnet && QHostAddress(entry).isNull() && !pattern.match(entry).hasMatch())
            return entry;
    }
    return {};
}

QString bypassText(const QStringList &list)
{
    return list.join(u", "_s);
}

std::optional<Proxy> proxyFromUrl(const QString &text)
{
    const QUrl url(text.trimmed(), QUrl::StrictMode);
    const bool http = url.scheme() == "http"_L1;
    if (!url.isValid() || url.host().isEmpty() || (!http && url.scheme() != "socks5"_L1 && url.scheme() != "socks5h"_L1)
        || (!url.path().isEmpty() && url.path() != "/"_L1) || url.hasQuery() || url.port(1) < 1)
        return std::nullopt;
    return Proxy { http ? Proxy::Type::Http : Proxy::Type::Socks5, url.host(),
                   static_cast<quint16>(url.port(http ? 8080 : 1080)), url.userName(QUrl::FullyDecoded),
                   url.password(QUrl::FullyDecoded) };
}

std::optional<QByteArray> fingerprintFrom(const QString &text)
{
    static const QRegularExpression decoration(u"[:\\s]"_s);
    static const QRegularExpression sha256(u"^[0-9a-f]{64}$"_s);
    QString digits = text.section(u'=', -1).toLower(); // openssl says "sha256 Fingerprint=AB:CD…"
    digits.remove(decoration);
    if (!sha256.match(digits).hasMatch())
        return std::nullopt;
    return digits.toLatin1();
}

QString fingerprintText(const QByteArray &fingerprint)
{
    return QString::fromLatin1(QByteArray::fromHex(fingerprint).toHex(':').toUpper());
}

} // namespace talkbench::base
