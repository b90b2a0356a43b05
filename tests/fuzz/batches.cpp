#include "core/llm/batchapi.h"
#include "tests/fuzz/input.h"

using namespace talkbench;
using namespace Qt::StringLiterals;

namespace {

void holds(const llm::RemoteBatch &batch)
{
    fuzz::require(!batch.id.isEmpty(), "a batch has an id");
    const QStringList parts = batch.files + QStringList { batch.id };
    for (const QString &part : parts)
        fuzz::require(!part.contains(u'/') && !part.contains(u'?') && part != u".."_s, "an id is no path");
    fuzz::require(batch.total >= 0 && batch.done >= 0, "no count is negative");
    fuzz::require(!batch.refusal || batch.ended, "what was refused has ended");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Input input(data, size);
    const auto *api = llm::batchApiFor(input.choice(2) == 0 ? u"openai-chat"_s : u"anthropic"_s);
    const QByteArray body = input.rest();
    if (const auto batch = api->parseState(body))
        holds(*batch);
    if (const auto list = api->parseList(body)) {
        for (const llm::RemoteBatch &batch : list->batches)
            holds(batch);
    }
    const bool uploads = api->uploadRequest({}, {}).has_value();
    if (const auto file = api->parseUpload(body); uploads && file)
        fuzz::require(!file->isEmpty() && !file->contains(u'/'), "a file has an id that is no path");
    const auto outcome = api->parseOutcome(body);
    fuzz::require(outcome || !outcome.error().message.isEmpty(), "an error says something");
    if (outcome)
        fuzz::require(!outcome->customId.isEmpty(), "an outcome says whose it is");
    return 0;
}
