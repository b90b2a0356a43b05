#pragma once

#include "core/base/result.h"

#include <QUrl>

#include <memory>

namespace talkbench::simulator {

/// A distribution of milliseconds: every draw is ≥ 0 and comes from the simulator's seed.
struct Spread
{
    enum class Shape { Constant, Normal, LogNormal };

    Shape shape = Shape::Constant;
    double mean = 0;
    double deviation = 0;
};

/// Every knob; `x-sim-*` headers change them for one request. See knobTable() for names and texts.
struct Knobs
{
    quint64 seed = 1;
    Spread ttft { Spread::Shape::LogNormal, 250, 80 };
    Spread gap { Spread::Shape::LogNormal, 12, 6 };
    int tokens = 0; ///< 0: as long as the text is
    int tokensPerChunk = 1;
};

/// The loopback server. start() returns once it listens; its threads are its own. Destroying it closes every connection.
class Simulator
{
public:
    explicit Simulator(Knobs knobs);
    ~Simulator();

    /// Port 0: any free one. Loopback only.
    base::Result<QUrl> start(quint16 port = 0);
    void stop();

private:
    class Server;
    std::unique_ptr<Server> m_server;
};

} // namespace talkbench::simulator
