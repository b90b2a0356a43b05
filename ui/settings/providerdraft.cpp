#include "ui/settings/providerdraft.h"

#include "core/net/networkerror.h"

#include <QCoreApplication>

namespace talkbench::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("ProviderStatus", text);
}

} // namespace

bool ProviderDraft::hasKey() const
{
    const config::ProviderKey key = config::activeKeyOf(config);
    if (!key.environment.isEmpty())
        return qEnvironmentVariableIsSet(key.environment.toUtf8().constData());
    if (typedKeys.contains(key.id))
        return !typedKeys.value(key.id).isEmpty();
    return storedKeys.value(key.id, true);
}

ProviderStatus ProviderDraft::status() const
{
    if (test && test->running)
        return ProviderStatus::Testing;
    if (test)
        return test->problem ? ProviderStatus::Failing : ProviderStatus::Ok;
    return config::needsKey(config) && !hasKey() ? ProviderStatus::NoKey : ProviderStatus::Untested;
}

QString ProviderDraft::statusText() const
{
    switch (status()) {
    case ProviderStatus::Untested:
        return isSimulator() ? tr("built in") : tr("not tested");
    case ProviderStatus::Testing:
        return tr("testing…");
    case ProviderStatus::Ok:
        return tr("works");
    case ProviderStatus::NoKey:
        return tr("no key");
    case ProviderStatus::Failing:
        break;
    }
    switch (test->problem->kind) {
    case base::ErrorKind::Auth:
        return tr("key rejected");
    case base::ErrorKind::Dns:
        return tr("host not found");
    case base::ErrorKind::Refused:
        return tr("nothing answers");
    case base::ErrorKind::Tls:
        return test->problem->certificate      ? tr("certificate refused")
            : net::speaksNoTls(*test->problem) ? tr("no TLS spoken here")
                                               : tr("no secure connection");
    case base::ErrorKind::NotFound:
        return tr("wrong path or model");
    case base::ErrorKind::ConnectTimeout:
    case base::ErrorKind::FirstByteTimeout:
    case base::ErrorKind::IdleTimeout:
    case base::ErrorKind::TotalTimeout:
        return tr("no answer in time");
    case base::ErrorKind::RateLimited:
    case base::ErrorKind::Quota:
        return tr("limit reached");
    default:
        return tr("failing");
    }
}

} // namespace talkbench::ui
