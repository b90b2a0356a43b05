#include "app/choicesetup.h"

#include "core/config/providerkeys.h"
#include "core/config/settings.h"
#include "core/cost/pricelayers.h"

#include <QFile>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

QList<select::ModelRef> standardCandidates(const config::Settings &settings)
{
    QList<select::ModelRef> refs;
    const auto favourites = config::favouriteModels(settings);
    for (const auto &[providerId, model] : favourites)
        refs.append({ providerId, model });
    if (!refs.isEmpty())
        return refs;
    const QList<config::ProviderConfig> providers = settings.providers();
    for (const config::ProviderConfig &provider : providers) {
        if (!provider.defaultModel.isEmpty())
            refs.append({ provider.id, provider.defaultModel });
    }
    return refs;
}

} // namespace

QStringList applySettings(const config::Settings &settings, select::Chooser &chooser)
{
    QStringList problems;
    select::Policy policy =
        select::policyFrom([&settings](QByteArrayView key) { return settings.value(key); }, &problems);
    if (policy.candidates.isEmpty())
        policy.candidates = standardCandidates(settings);
    chooser.setPolicy(policy);
    return problems;
}

select::Qualities shippedQualities()
{
    QFile file(u":/qualities.json"_s);
    const auto read = select::Qualities::fromJson(file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray());
    return read ? *read : select::Qualities(); // tests hold that it can be read
}

QString whyBarred(const QString &providerId, const config::Settings &settings, const QList<llm::Vendor> &vendors)
{
    const auto isIt = [&](const llm::Vendor &vendor) { return vendor.id == providerId; };
    const auto provider = settings.provider(providerId);
    if (!provider && std::none_of(vendors.begin(), vendors.end(), isIt))
        return u"there is no provider '%1'"_s.arg(providerId);
    if (provider && !config::checkKeyVariable(*provider))
        return u"%1, the variable of its key, is not set"_s.arg(config::activeKeyOf(*provider).environment);
    return {};
}

select::Candidate candidateOf(const select::ModelRef &ref, const cost::PriceBook &prices,
                              const select::Qualities &qualities, const QList<llm::ModelInfo> &listed, qint64 nowMs)
{
    select::Candidate candidate { .ref = ref };
    const QDateTime when = QDateTime::fromMSecsSinceEpoch(nowMs).toUTC();
    candidate.price = prices.find(ref.providerId, ref.model, when);
    if (const auto quality = qualities.find(ref.model))
        candidate.quality = select::scoreOf(*quality);
    const auto info = std::find_if(listed.begin(), listed.end(), [&ref](const auto &m) { return m.id == ref.model; });
    const auto known = cost::withLimits(info == listed.end() ? std::nullopt : std::optional(*info),
                                        prices.limitsOf(ref.providerId, ref.model, when));
    if (known)
        candidate.contextTokens = known->contextTokens;
    return candidate;
}

} // namespace talkbench::app
