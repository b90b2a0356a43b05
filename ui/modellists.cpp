#include "ui/modellists.h"

#include "core/config/endpoints.h"
#include "core/config/settings.h"
#include "core/run/runservice.h"
#include "core/store/store.h"
#include "ui/endpoints.h"
#include "ui/whenready.h"

namespace talkbench::ui {

ModelLists::ModelLists(config::Settings &settings, Endpoints &endpoints, run::RunService &runs, store::Store &store,
                       const base::Clock &clock, QObject *parent)
    : QObject(parent), m_settings(settings), m_endpoints(endpoints), m_runs(runs), m_store(store), m_clock(clock)
{
    connect(&m_settings, &config::Settings::providersChanged, this, &ModelLists::dropChanged);
}

void ModelLists::load()
{
    whenReady(this, m_store.modelLists(), [this](const base::Result<QList<store::ModelList>> &kept) {
        if (!kept)
            return; // a list can be asked for again; whoever loads the conversations says what is wrong
        for (const store::ModelList &list : *kept) {
            const auto provider = m_settings.provider(list.providerId);
            if (!provider || m_configs.contains(list.providerId) || list.models.isEmpty())
                continue;
            m_configs[list.providerId] = *provider;
            m_lists[list.providerId].models = list.models;
            m_lists[list.providerId].fetchedMs = list.fetchedMs;
            Q_EMIT changed(list.providerId);
        }
    });
}

void ModelLists::keep(const QString &providerId, const QList<llm::ModelInfo> &models)
{
    m_store.saveModelList({ providerId, m_clock.wallMs(), models });
}

void ModelLists::want(const QString &providerId)
{
    const List &list = m_lists[providerId];
    if (!list.asking && !list.answered)
        refresh(providerId);
}

void ModelLists::refresh(const QString &providerId)
{
    m_lists[providerId].asking = true;
    m_configs[providerId] = m_settings.provider(providerId).value_or(config::ProviderConfig());
    const quint64 number = m_asked[providerId] = ++m_questions;
    Q_EMIT changed(providerId);
    const auto arrived = [this, providerId, number](const Answer &models) {
        if (m_asked.value(providerId) == number)
            learn(providerId, models);
    };
    whenReady(this, m_endpoints.resolve(providerId), [this, arrived](const base::Result<llm::Endpoint> &endpoint) {
        if (endpoint)
            whenReady(this, m_runs.listModels(*endpoint), arrived);
        else
            arrived(endpoint.error());
    });
}

void ModelLists::learn(const QString &providerId, const Answer &models)
{
    m_asked.remove(providerId);
    m_configs[providerId] = m_settings.provider(providerId).value_or(config::ProviderConfig());
    List &list = m_lists[providerId];
    list.asking = false;
    list.answered = bool(models);
    list.answeredMs = m_clock.wallMs();
    if (models) {
        list.models = *models;
        list.fetchedMs = m_clock.wallMs();
        list.problem.reset();
        keep(providerId, *models);
    } else {
        list.problem = models.error();
    }
    Q_EMIT changed(providerId);
}

/// What another server or another account listed is no list of this one.
void ModelLists::dropChanged()
{
    const QStringList ids = m_configs.keys();
    for (const QString &id : ids) {
        if (const auto now = m_settings.provider(id); now && config::sameEndpoint(*now, m_configs.value(id)))
            continue;
        m_lists.remove(id);
        keep(id, {});
        m_configs.remove(id);
        m_asked.remove(id);
        Q_EMIT changed(id);
    }
}

} // namespace talkbench::ui
