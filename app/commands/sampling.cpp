#include "app/commands/sampling.h"

#include "app/commands/options.h"

#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::app {

void addSamplingOptions(QCommandLineParser &parser)
{
    parser.addOptions({
        { { u"s"_s, u"system"_s }, u"A system prompt."_s, u"TEXT"_s },
        { u"temperature"_s, u"Sampling temperature."_s, u"T"_s },
        { u"max-tokens"_s, u"The most tokens of an answer."_s, u"N"_s },
        { u"seed"_s, u"Sampling seed, where the provider has one."_s, u"N"_s },
        { u"timeout"_s, u"The longest a whole answer may take, over all attempts, in seconds."_s, u"S"_s },
    });
}

base::Result<Sampling> readSampling(const QCommandLineParser &parser)
{
    const auto temperature = number<double>(parser, u"temperature"_s, 0, 10);
    const auto maxTokens = number<int>(parser, u"max-tokens"_s, 1, 10'000'000);
    const auto seed = number<qint64>(parser, u"seed"_s, 0, 9'007'199'254'740'992);
    const auto timeout = number<double>(parser, u"timeout"_s, 0.001, 86'400);
    for (const base::Error *error :
         { temperature ? nullptr : &temperature.error(), maxTokens ? nullptr : &maxTokens.error(),
           seed ? nullptr : &seed.error(), timeout ? nullptr : &timeout.error() }) {
        if (error)
            return *error;
    }
    Sampling sampling;
    sampling.system = parser.value(u"system"_s);
    sampling.options.temperature = *temperature;
    sampling.options.maxTokens = *maxTokens;
    sampling.options.seed = *seed;
    if (*timeout)
        sampling.timeoutMs = static_cast<int>(std::ceil(**timeout * 1000));
    return sampling;
}

} // namespace talkbench::app
