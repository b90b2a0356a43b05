#include "ui/modellists.h"

#include "core/config/settings.h"
#include "core/run/runservice.h"
#include "ui/endpoints.h"
#include "ui/whenready.h"

namespace talkbench::ui {

ModelLists::ModelLists(config::Settings &settings, Endpoints &endpoints, run::RunService &runs, QObject *parent)
    : QObject(parent), m_settings(settings), m_endpoints(endpoints), m_runs(runs)
{
    connect(&m_settings, &config::Settings::providersChanged, this, &ModelLists::dropChanged);
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
    if (models) {
        list.models = *models;
        list.problem.reset();
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
        if (m_settings.provider(id) == m_configs.value(id))
            continue;
        m_lists.remove(id);
        m_configs.remove(id);
        m_asked.remove(id);
        Q_EMIT changed(id);
    }
}

} // namespace talkbench::ui
