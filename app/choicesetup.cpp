#include "app/choicesetup.h"

#include "core/config/settings.h"

#include <algorithm>

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

select::Candidate candidateOf(const select::ModelRef &ref, const cost::PriceBook &prices,
                              const QList<llm::ModelInfo> &listed, qint64 nowMs)
{
    select::Candidate candidate { .ref = ref };
    candidate.price = prices.find(ref.providerId, ref.model, QDateTime::fromMSecsSinceEpoch(nowMs, Qt::UTC));
    const auto info = std::find_if(listed.begin(), listed.end(), [&ref](const auto &m) { return m.id == ref.model; });
    if (info != listed.end() && info->contextTokens)
        candidate.contextTokens = *info->contextTokens;
    return candidate;
}

} // namespace talkbench::app
