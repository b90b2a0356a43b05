#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/llm/modelinfo.h"

#include <QHash>
#include <QObject>

#include <optional>

namespace talkbench::run {
class RunService;
}

namespace talkbench::store {
class Store;
}

namespace talkbench::ui {

class Endpoints;

/// The models that each provider's server lists: kept from the last time, asked for once and then again on demand. One for
/// the whole window.
class ModelLists final : public QObject {
    Q_OBJECT

public:
    using Answer = base::Result<QList<llm::ModelInfo>>;

    struct List {
        QList<llm::ModelInfo> models; ///< the last ones known, whatever came of the latest question
        qint64 fetchedMs = 0; ///< when they came, wall clock
        qint64 answeredMs = 0; ///< when the latest question was answered, one way or the other
        std::optional<base::Error> problem; ///< of the latest question
        bool asking = false;
        bool answered = false; ///< the latest question was answered with a list
    };

    ModelLists(config::Settings &settings, Endpoints &endpoints, run::RunService &runs, store::Store &store,
               const base::Clock &clock, QObject *parent = nullptr);

    /// What was listed in earlier runs of the program.
    void load();

    List of(const QString &providerId) const { return m_lists.value(providerId); }
    /// Asks unless there is an answer or it was asked already.
    void want(const QString &providerId);
    void refresh(const QString &providerId);
    /// What someone else has just learned from the provider as it is configured.
    void learn(const QString &providerId, const Answer &models);

Q_SIGNALS:
    void changed(const QString &providerId);

private:
    void dropChanged();
    void keep(const QString &providerId, const QList<llm::ModelInfo> &models);

    config::Settings &m_settings;
    Endpoints &m_endpoints;
    run::RunService &m_runs;
    store::Store &m_store;
    const base::Clock &m_clock;
    QHash<QString, List> m_lists;
    QHash<QString, config::ProviderConfig> m_configs; ///< as they were when asked
    QHash<QString, quint64> m_asked; ///< the number of the latest question: an older one's answer is no news
    quint64 m_questions = 0;
};

} // namespace talkbench::ui
