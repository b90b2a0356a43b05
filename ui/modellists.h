#pragma once

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/llm/modelinfo.h"

#include <QHash>
#include <QObject>

#include <optional>

namespace talkbench::run {
class RunService;
}

namespace talkbench::ui {

class Endpoints;

/// The models that each provider's server lists, asked for once and then again on demand. One for the whole window.
class ModelLists final : public QObject {
    Q_OBJECT

public:
    using Answer = base::Result<QList<llm::ModelInfo>>;

    struct List {
        QList<llm::ModelInfo> models; ///< the last ones known, whatever came of the latest question
        std::optional<base::Error> problem; ///< of the latest question
        bool asking = false;
        bool answered = false; ///< the latest question was answered with a list
    };

    ModelLists(config::Settings &settings, Endpoints &endpoints, run::RunService &runs, QObject *parent = nullptr);

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

    config::Settings &m_settings;
    Endpoints &m_endpoints;
    run::RunService &m_runs;
    QHash<QString, List> m_lists;
    QHash<QString, config::ProviderConfig> m_configs; ///< as they were when asked
    QHash<QString, quint64> m_asked; ///< the number of the latest question: an older one's answer is no news
    quint64 m_questions = 0;
};

} // namespace talkbench::ui
