#pragma once

#include "app/commands/commands.h"
#include "app/commands/target.h"
#include "app/tokensetup.h"
#include "core/base/clock.h"
#include "core/config/endpoints.h"
#include "core/config/secrets.h"
#include "core/config/settings.h"
#include "core/llm/vendors.h"
#include "core/run/ledger.h"
#include "core/run/runservice.h"
#include "core/select/chooser.h"
#include "core/select/handoverwords.h"
#include "core/select/qualities.h"
#include "core/simulator/simulator.h"
#include "core/store/cachestore.h"
#include "core/store/store.h"

#include <QObject>

#include <functional>
#include <memory>

namespace talkbench::app {

/// A provider ready to be called.
struct Resolved {
    llm::Endpoint endpoint;
    /// Empty where neither the command line nor the settings name one.
    QString model;
};

/// What the commands that call models work with: settings, keys, prices, the store and the engine, composed as the window
/// does it. Needs an event loop.
class Session final : public QObject {
    Q_OBJECT

public:
    explicit Session(const GlobalOptions &options, QObject *parent = nullptr);
    ~Session() override;

    /// Warnings are said on stderr. A store that can't be opened is one: the call is made, but not kept.
    base::Result<void> open();
    using ResolvedCallback = std::function<void(const base::Result<Resolved> &)>;
    /// Whether there is one of that name, in the settings or among the vendors; an error names those.
    base::Result<void> checkProvider(const QString &id) const;
    /// Starts the simulator if it is the one. Keys: TALKBENCH_API_KEY, else the keychain, else the vendor's own variable.
    /// A proxy's password: the target's, else the keychain if the proxy isn't the target's own.
    void resolve(const Target &target, QObject *context, const ResolvedCallback &then);

    /// Reads the stored runs that automatic choices rest on.
    void measure(QObject *context, const std::function<void()> &then);

    run::RunService &runs() { return *m_runs; }
    select::Chooser &chooser() { return m_chooser; }
    store::Store &store() { return *m_store; }
    run::Ledger &ledger() { return *m_ledger; }
    const base::Clock &clock() const { return m_clock; }
    /// With what servers have reported once the store has answered; it answers in order.
    const cost::PriceBook &prices() const { return m_prices; }
    const config::Settings &settings() const { return *m_settings; }
    const QString &dataDir() const { return m_dataDir; }
    const QList<llm::Vendor> &vendors() const { return m_vendors; }
    /// As the settings, else the vendors' rows call them.
    select::ProviderNames providerNames() const;
    /// Calls back when the vocabularies are loaded; at once if they are.
    void whenCounting(QObject *context, const std::function<void(const cost::TokenCounter *)> &then);
    net::TransportLimits limits() const;

private:
    base::Result<config::ProviderConfig> providerFor(const Target &target) const;
    base::Result<QUrl> startSimulator();
    void complete(const config::ProviderConfig &provider, const Resolved &resolved, const config::TypedSecrets &typed,
                  QObject *context, const ResolvedCallback &then);
    void openStore();
    select::Candidate candidate(const select::ModelRef &ref) const;
    void learnPrices(const QList<store::ModelList> &lists);

    const base::SystemClock m_clock;
    const QString m_chosenDir;
    QString m_dataDir;
    QList<llm::Vendor> m_vendors;
    cost::PriceBook m_prices;
    const select::Qualities m_qualities;
    QList<store::ModelList> m_modelLists;
    select::Chooser m_chooser;
    std::unique_ptr<config::Settings> m_settings;
    std::unique_ptr<config::Secrets> m_secrets;
    std::unique_ptr<store::Store> m_store;
    std::unique_ptr<store::CacheStore> m_cache;
    std::unique_ptr<simulator::Simulator> m_simulator;
    std::unique_ptr<run::RunService> m_runs; ///< first to go but two: its last records go to the store
    std::unique_ptr<TokenKeeper> m_tokens;
    std::unique_ptr<run::Ledger> m_ledger;
};

} // namespace talkbench::app
