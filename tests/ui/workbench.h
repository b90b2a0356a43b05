#pragma once

#include "core/base/clock.h"
#include "core/config/secrets.h"
#include "core/config/settings.h"
#include "core/cost/pricebook.h"
#include "core/net/qttransport.h"
#include "core/run/runservice.h"
#include "core/select/chooser.h"
#include "core/simulator/simulator.h"
#include "core/store/cachestore.h"
#include "core/store/store.h"
#include "tests/ui/ledgersources.h"
#include "ui/appcontext.h"
#include "ui/endpoints.h"
#include "ui/modellists.h"

#include <QTemporaryDir>

/// All that a window works with, over the real simulator and the real transport, in a folder of its own.
class Workbench final : public QObject {
public:
    explicit Workbench(const QString &dir, const talkbench::simulator::Knobs &knobs = quick())
        : m_settings(dir), m_store(dir), m_cache(dir, m_clock),
          m_runs([this] { return std::make_unique<talkbench::net::QtTransport>(m_clock); }, m_clock, {}),
          m_endpoints(m_settings, m_secrets), m_models(m_settings, m_endpoints, m_runs, m_store, m_clock),
          m_chooser([](const talkbench::select::ModelRef &ref) { return talkbench::select::Candidate { .ref = ref }; }),
          m_ledger(m_runs, m_clock, talkbench::test::ledgerSources(m_settings, m_store, m_prices)),
          m_simulator(knobs), context { m_clock, m_settings,  m_secrets, m_prices,  m_runs,   m_store,
                                        m_cache, m_endpoints, m_models,  m_chooser, m_ledger, m_counter }
    {
        m_settings.load();
        m_store.open();
        m_endpoints.setSimulator(m_simulator.start());
        talkbench::run::RetryPolicy once;
        once.maxAttempts = 1;
        m_runs.setRetryPolicy(once);
        connect(&m_runs, &talkbench::run::RunService::recorded, this,
                [this](const talkbench::profile::RunRecord &record) { m_store.saveRun(record); });
    }

    static talkbench::simulator::Knobs quick()
    {
        talkbench::simulator::Knobs knobs;
        using Shape = talkbench::simulator::Spread::Shape;
        knobs.ttft = { Shape::Constant, 5, 0 };
        knobs.gap = { Shape::Constant, 1, 0 };
        knobs.tokens = 60;
        return knobs;
    }

    /// Streams until it is stopped.
    static talkbench::simulator::Knobs endless()
    {
        talkbench::simulator::Knobs knobs = quick();
        knobs.gap = { talkbench::simulator::Spread::Shape::Constant, 20, 0 };
        knobs.tokens = 20'000;
        return knobs;
    }

private:
    talkbench::base::SystemClock m_clock;
    talkbench::config::Settings m_settings;
    talkbench::config::Secrets m_secrets;
    talkbench::cost::PriceBook m_prices;
    talkbench::store::Store m_store;
    talkbench::store::CacheStore m_cache;
    talkbench::run::RunService m_runs;
    talkbench::ui::Endpoints m_endpoints;
    talkbench::ui::ModelLists m_models;
    talkbench::select::Chooser m_chooser;
    talkbench::run::Ledger m_ledger;
    talkbench::simulator::Simulator m_simulator;
    std::shared_ptr<const talkbench::cost::TokenCounter> m_counter;

public:
    talkbench::ui::AppContext context;
};
