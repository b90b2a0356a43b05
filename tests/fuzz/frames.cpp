#include "core/net/ndjsonparser.h"
#include "core/net/sseparser.h"
#include "tests/fuzz/input.h"

using namespace talkbench;

namespace {

/// Small, so that the fuzzer reaches them.
constexpr net::ParserLimits limits { 512, 1024 };

struct Result {
    QList<base::Frame> frames;
    bool failed = false;
};

Result parsed(const QByteArray &body, int seed)
{
    net::PARSER parser(limits);
    Result result;
    fuzz::inPieces(body, seed, [&](QByteArrayView piece) { result.frames += parser.feed(piece); });
    result.frames += parser.end();
    result.failed = parser.error().has_value();
    return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Input input(data, size);
    const int seed = input.choice(256);
    const QByteArray body = input.rest();
    const Result whole = parsed(body, 0);
    const Result pieces = parsed(body, seed);
    fuzz::require(pieces.frames == whole.frames, "a split changes no frame");
    fuzz::require(pieces.failed == whole.failed, "a split changes no verdict");
    for (const base::Frame &frame : whole.frames)
        fuzz::require(frame.data.size() <= limits.event, "no frame is larger than its limit");
    return 0;
}
