#pragma once

#include "core/cost/tokencounter.h"
#include "core/run/runservice.h"

#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <memory>

namespace talkbench::app {

/// The table that the program brings along.
base::Result<cost::TokenCounter> shippedTokenCounter(const std::shared_ptr<const cost::Tokenizers> &tokenizers);

/// What is kept in that data folder; nothing if it can't be read.
cost::LearnedCounts learnedCounts(const QString &dataDir);

/// The one owner of how tokens are counted. Loads the vocabularies aside, hands the counter to the engine, learns from every
/// call that ends, and keeps what it has learned in the data folder's tokens.json.
class TokenKeeper final : public QObject {
    Q_OBJECT

public:
    TokenKeeper(const QString &dataDir, run::RunService &runs, QObject *parent = nullptr);
    ~TokenKeeper() override;

    /// loaded() follows.
    void load();
    /// Null until then; replaced as it learns.
    const std::shared_ptr<const cost::TokenCounter> &counter() const { return m_counter; }

Q_SIGNALS:
    void loaded();

private:
    void take(const std::shared_ptr<const cost::TokenCounter> &counter);
    void learn(const profile::RunRecord &record);
    void save();

    const QString m_dataDir;
    run::RunService &m_runs;
    std::shared_ptr<const cost::TokenCounter> m_counter;
    QTimer m_saving;
    QThreadPool m_pool; ///< one thread: what is saved later stays
};

} // namespace talkbench::app
