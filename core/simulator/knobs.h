#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <optional>
#include <set>
#include <span>

namespace talkbench::simulator {

/// A small generator (splitmix64) whose draws are the same on every machine.
class Random {
public:
    explicit Random(quint64 seed) : m_state(seed) { }

    quint64 next();
    /// In [0, 1).
    double uniform();
    /// Mean 0, deviation 1.
    double normal();
    /// In [0, count); count > 0.
    int below(int count);

private:
    quint64 m_state;
};

/// A distribution of milliseconds: every draw is ≥ 0 and comes from the simulator's seed.
struct Spread {
    enum class Shape { Constant, Normal, LogNormal };

    Shape shape = Shape::Constant;
    double mean = 0;
    double deviation = 0;

    double draw(Random &random) const;
    bool operator==(const Spread &) const = default;
};

/// A pause before one token.
struct Stall {
    int token = 0; ///< 1 is the first; 0: none
    double ms = 0;
};

/// How an answer breaks off after so many whole tokens.
struct Cut {
    enum class Kind {
        None,
        Fin, ///< the connection closes without the body's end
        Rst, ///< the connection is reset
        HalfJson, ///< the next frame stops in the middle, then the connection closes
        Error, ///< an error of the protocol stands in the stream, whose body then ends well
    };

    Kind kind = Kind::None;
    int token = 0;
};

/// Every knob; `x-sim-*` headers change them for one request. See knobTable() for names and texts. What is unset is the model's own.
struct Knobs {
    quint64 seed = 1;
    /// A request that sets the seed itself draws from it alone, not from its number too.
    bool seedOfRequest = false;
    std::optional<Spread> ttft;
    std::optional<Spread> gap; ///< between tokens
    double prefillMs = 0; ///< for each prompt token, beside ttft
    int tokens = 0; ///< 0: as long as the text is
    int tokensPerChunk = 1;
    std::optional<int> reasoning; ///< tokens before the text
    int maxTokens = 0; ///< as if the request had asked for it; 0: none
    std::optional<int> toolCalls; ///< so many calls of the request's tools; unset: as the request asks
    bool refusal = false;
    std::optional<int> filter; ///< tokens after which the content filter ends the answer; 0: it refuses the prompt
    int cacheRead = 0; ///< of the prompt's tokens
    int cacheWrite = 0; ///< of the prompt's tokens that were not read
    int context = 0; ///< the longest prompt, in tokens; 0: any

    Stall stall;
    Cut cut;

    int errorStatus = 0; ///< 0: none, unless errorRate or errorAt is set (then 500)
    double errorRate = 0;
    std::set<quint64> errorAt; ///< numbers of requests, from 1
    QString errorBody; ///< empty: an error object of the protocol
    QString retryAfter; ///< Retry-After as it is sent
    QString requireKey; ///< the only key that is let in; empty: any or none
    int rateLimit = 0; ///< requests a minute, as headers tell it; 0: no such headers

    bool splitUtf8 = false;
    bool crlf = false;
    bool noDone = false;
    bool noUsage = false;
    bool lateHeaders = false;
    bool filesStay = false; ///< uploaded ones are not deleted
    int comments = 0; ///< one after every so many chunks
    int pings = 0; ///< one after every so many chunks
    double waitCommentsMs = 0; ///< a comment every so often until the first token

    double batchMs = 5000; ///< from a batch's making to its end
    int batchExpire = 0; ///< so many of its requests, the last ones, expire
    int batchLost = 0; ///< so many batches are made without an answer that says so
};

/// One row a knob: what --help, the command line and the request headers know of it.
struct Knob {
    const char *name;
    const char *value; ///< the shape of its value, empty for a switch
    const char *text;
    /// Sets it; gives what is wrong with the value, empty where nothing is.
    QString (*parse)(Knobs &knobs, const QString &value);
};

std::span<const Knob> knobTable();

/// Sets one knob by its name. The error says which value was expected.
base::Result<void> setKnob(Knobs &knobs, const QString &name, const QString &value);

} // namespace talkbench::simulator
