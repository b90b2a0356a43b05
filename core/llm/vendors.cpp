#include "core/llm/vendors.h"

#include "core/llm/provider.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

base::Error configError(const QString &message)
{
    base::Error error;
    error.kind = base::ErrorKind::Config;
    error.message = message;
    return error;
}

Vendor vendorFrom(const QJsonObject &row)
{
    Vendor vendor;
    vendor.id = row["id"_L1].toString();
    vendor.name = row["name"_L1].toString(vendor.id);
    vendor.protocol = row["protocol"_L1].toString();
    vendor.baseUrl = QUrl(row["baseUrl"_L1].toString(), QUrl::StrictMode);
    vendor.keyUrl = QUrl(row["keyUrl"_L1].toString(), QUrl::StrictMode);
    vendor.keyEnv = row["keyEnv"_L1].toString();
    vendor.local = row["local"_L1].toBool();
    vendor.quirks = row["quirks"_L1].toObject();
    vendor.marks = row["marks"_L1].toObject();
    if (const QString auth = row["auth"_L1].toString(); !auth.isEmpty())
        vendor.quirks.insert("auth"_L1, auth);
    if (const QString path = row["modelsPath"_L1].toString(); !path.isEmpty())
        vendor.quirks.insert("models_path"_L1, path);
    if (const QJsonArray hosts = row["hosts"_L1].toArray(); !hosts.isEmpty())
        vendor.quirks.insert("hosts"_L1, hosts);
    return vendor;
}

bool isUsable(const Vendor &vendor)
{
    const QString scheme = vendor.baseUrl.scheme();
    return !vendor.id.isEmpty() && providerFor(vendor.protocol) && !vendor.baseUrl.host().isEmpty()
        && (scheme == "http"_L1 || scheme == "https"_L1);
}

} // namespace

base::Result<QList<Vendor>> vendorsFromJson(const QByteArray &json)
{
    QJsonParseError parseError;
    const QJsonDocument document = QJsonDocument::fromJson(json, &parseError);
    if (!document.isObject())
        return configError(u"The list of providers is not readable: %1"_s.arg(parseError.errorString()));
    QList<Vendor> vendors;
    const QJsonArray rows = document["providers"_L1].toArray();
    for (const auto &row : rows) {
        const Vendor vendor = vendorFrom(row.toObject());
        if (!isUsable(vendor))
            return configError(u"The list of providers has an unusable row: “%1”"_s.arg(vendor.id));
        vendors.append(vendor);
    }
    return vendors;
}

} // namespace talkbench::llm
