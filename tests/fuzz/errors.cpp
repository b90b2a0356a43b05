#include "core/llm/providers/servererror.h"
#include "core/llm/providers/servertimings.h"
#include "core/llm/secrets.h"
#include "tests/fuzz/input.h"

using namespace talkbench;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Input input(data, size);
    base::HttpHead head { 300 + input.choice(256), {} };
    const QByteArray text = input.rest();
    // Lines of 'name: value' as a server would send them, an empty line, the body.
    const qsizetype end = text.indexOf("\n\n");
    for (const QByteArray &line : text.left(end < 0 ? text.size() : end).split('\n')) {
        const qsizetype colon = line.indexOf(':');
        if (colon > 0)
            head.headers.emplaceBack(line.first(colon), line.sliced(colon + 1).trimmed());
    }
    constexpr qint64 weekMs = 7LL * 24 * 3600 * 1000;
    const auto wait = llm::retryAfterMs(head.headers);
    fuzz::require(!wait || (*wait >= 0 && *wait <= weekMs), "a wait is between nothing and a week");
    const base::Error error = llm::httpError(head, end < 0 ? QByteArray() : text.sliced(end + 2));
    fuzz::require(!error.message.isEmpty(), "an error says something");
    llm::Endpoint endpoint;
    endpoint.apiKey = QStringLiteral("canary-key");
    const base::Error clean = llm::withoutSecrets(error, endpoint);
    fuzz::require(clean.message.size() < 4096, "an error is a sentence");
    fuzz::require(!(clean.message + clean.detail).contains(endpoint.apiKey), "no error tells the key");
    fuzz::require(fuzz::finite(llm::timingsFromHeaders(head.headers)), "a time is a number");
    return 0;
}
