#include "core/run/refusals.h"

#include <QJsonObject>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

QString keyOf(const llm::Endpoint &endpoint, const QString &model)
{
    return QStringList { endpoint.providerId, endpoint.protocol, endpoint.baseUrl.toString(), model }.join(u'\n');
}

} // namespace

void Refusals::learn(const llm::Endpoint &endpoint, const QString &model, const llm::RefusedParameter &refused)
{
    QJsonObject &without = m_without[keyOf(endpoint, model)];
    bool wasInstead = false;
    for (auto it = without.begin(); it != without.end(); ++it) {
        if (it.value().toString() == refused.name) {
            it.value() = QString();
            wasInstead = true;
        }
    }
    if (!wasInstead && !without.contains(refused.name))
        without.insert(refused.name, refused.instead);
}

llm::Endpoint Refusals::applied(llm::Endpoint endpoint, const QString &model) const
{
    const QJsonObject learnt = m_without.value(keyOf(endpoint, model));
    if (learnt.isEmpty())
        return endpoint;
    QJsonObject without = endpoint.quirks["without"_L1].toObject();
    for (auto it = learnt.begin(); it != learnt.end(); ++it)
        without.insert(it.key(), it.value());
    endpoint.quirks.insert("without"_L1, without);
    return endpoint;
}

base::Result<llm::EncodedRequest> Refusals::encode(const llm::ChatRequest &chat, const llm::Endpoint &endpoint) const
{
    const llm::Provider *provider = llm::providerFor(endpoint.protocol);
    if (!provider)
        return base::Error {
            base::ErrorKind::Config, u"No protocol is called '%1'."_s.arg(endpoint.protocol), {}, 0, std::nullopt
        };
    return provider->encode(chat, applied(endpoint, chat.model));
}

} // namespace talkbench::run
