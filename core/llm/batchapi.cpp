#include "core/llm/batchapi.h"

#include "core/llm/providers/anthropicbatch.h"
#include "core/llm/providers/openaibatch.h"

namespace talkbench::llm {

using namespace Qt::StringLiterals;

const BatchApi *batchApiFor(const QString &protocol)
{
    static const OpenAiBatch chat(u"openai-chat"_s, u"/v1/chat/completions"_s);
    static const OpenAiBatch responses(u"openai-responses"_s, u"/v1/responses"_s);
    static const AnthropicBatch anthropic;
    if (protocol == chat.protocol())
        return &chat;
    if (protocol == responses.protocol())
        return &responses;
    return protocol == "anthropic"_L1 ? &anthropic : nullptr;
}

} // namespace talkbench::llm
