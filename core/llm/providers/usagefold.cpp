#include "core/llm/providers/usagefold.h"

#include "core/llm/providers/wire.h"

#include <QJsonArray>

#include <algorithm>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

struct OutputSplit {
    qint64 output = 0;
    qint64 reasoning = 0;
    bool derived = false;
};

/// Whether `reasoning` is part of `completion` or comes on top of it.
OutputSplit splitOutput(qint64 prompt, qint64 completion, qint64 reasoning, std::optional<qint64> total)
{
    // xAI: the total shows that reasoning was added to the completion.
    if (reasoning > 0 && total == prompt + completion + reasoning)
        return { completion, reasoning, false };
    // More reasoning than completion cannot be a part of it; a token or two more is the vendor's miscount.
    if (reasoning > completion + std::max<qint64>(2, completion / 10))
        return { completion, reasoning, true };
    const qint64 part = std::min(reasoning, completion);
    return { completion - part, part, false };
}

/// A cost of one call; nothing for a number that can't be one.
std::optional<double> usd(const QJsonValue &value, double unit = 1)
{
    const double cost = value.toDouble(-1) * unit;
    return cost >= 0 && cost < 1e9 ? std::optional(cost) : std::nullopt;
}

std::optional<double> openAiCost(const QJsonObject &raw)
{
    if (const QJsonValue ticks = raw["cost_in_usd_ticks"_L1]; ticks.isDouble())
        return usd(ticks, 1e-10);
    const QJsonValue cost = raw["cost"_L1];
    const std::optional<double> charged = usd(cost.isObject() ? cost["total_cost"_L1] : cost);
    // A gateway used with one's own key charges a fee; the provider behind it sends its own bill.
    const std::optional<double> upstream = usd(raw["cost_details"_L1]["upstream_inference_cost"_L1]);
    return charged && upstream && raw["is_byok"_L1].toBool() ? *charged + *upstream : charged;
}

QJsonObject detailsOf(const QJsonObject &raw, QLatin1StringView chat, QLatin1StringView responses)
{
    const QJsonValue details = raw[chat];
    return details.isObject() ? details.toObject() : raw[responses].toObject();
}

/// Inside the input: in its details, or beside the totals under a vendor's own name.
qint64 cachedOf(const QJsonObject &raw, const QJsonObject &input, const QJsonObject &timings, qint64 prompt)
{
    if (const std::optional<qint64> cached = count(input, { "cached_tokens"_L1 }))
        return *cached;
    if (const std::optional<qint64> cached = count(
            raw,
            { "prompt_cache_hit_tokens"_L1, "cached_tokens"_L1, "num_cached_tokens"_L1, "cache_read_input_tokens"_L1 }))
        return *cached;
    return std::min(count(timings, { "cache_n"_L1 }).value_or(0), prompt);
}

/// llama.cpp's "prompt_n" is what it had to read, without the "cache_n" tokens that it still had.
Usage usageFromTimings(const QJsonObject &timings)
{
    Usage usage;
    usage.raw = timings;
    usage.input = count(timings, { "prompt_n"_L1 }).value_or(0);
    usage.cacheRead = count(timings, { "cache_n"_L1 }).value_or(0);
    usage.output = count(timings, { "predicted_n"_L1 }).value_or(0);
    return usage;
}

/// Gemini's [{modality: "IMAGE", tokenCount}].
qint64 imagesOf(const QJsonArray &modalities)
{
    qint64 tokens = 0;
    for (const auto &modality : modalities) {
        if (modality["modality"_L1] == "IMAGE"_L1)
            tokens += count(modality.toObject(), { "tokenCount"_L1 }).value_or(0);
    }
    return tokens;
}

void setInput(Usage &usage, qint64 total, qint64 cacheRead, qint64 cacheWrite)
{
    usage.cacheRead = cacheRead;
    usage.cacheWrite = cacheWrite;
    usage.input = std::max<qint64>(0, total - cacheRead - cacheWrite);
}

} // namespace

Usage usageFromOpenAi(const QJsonObject &raw, const QJsonObject &timings)
{
    if (raw.isEmpty() && !timings.isEmpty())
        return usageFromTimings(timings);
    const QJsonObject input = detailsOf(raw, "prompt_tokens_details"_L1, "input_tokens_details"_L1);
    const QJsonObject output = detailsOf(raw, "completion_tokens_details"_L1, "output_tokens_details"_L1);
    const qint64 prompt = count(raw, { "prompt_tokens"_L1, "input_tokens"_L1 }).value_or(0);
    const qint64 completion = count(raw, { "completion_tokens"_L1, "output_tokens"_L1 }).value_or(0);
    const qint64 reasoning =
        count(output, { "reasoning_tokens"_L1 }).value_or(count(raw, { "reasoning_tokens"_L1 }).value_or(0));
    const std::optional<qint64> written =
        count(input, { "cache_write_tokens"_L1, "cache_creation_tokens"_L1, "cache_creation_input_tokens"_L1 });

    Usage usage;
    usage.raw = raw;
    usage.reportedCostUsd = openAiCost(raw);
    setInput(usage, prompt, cachedOf(raw, input, timings, prompt), written.value_or(0));
    usage.image = std::min(count(input, { "image_tokens"_L1 }).value_or(0), usage.input);
    const OutputSplit split = splitOutput(prompt, completion, reasoning, count(raw, { "total_tokens"_L1 }));
    usage.output = split.output;
    usage.reasoning = split.reasoning;
    usage.derived = split.derived;
    return usage;
}

Usage usageFromAnthropic(const QJsonObject &raw)
{
    Usage usage;
    usage.raw = raw;
    usage.input = count(raw, { "input_tokens"_L1 }).value_or(0);
    usage.cacheRead = count(raw, { "cache_read_input_tokens"_L1 }).value_or(0);
    const QJsonObject written = raw["cache_creation"_L1].toObject();
    usage.cacheWrite1h = count(written, { "ephemeral_1h_input_tokens"_L1 }).value_or(0);
    const qint64 parts = usage.cacheWrite1h + count(written, { "ephemeral_5m_input_tokens"_L1 }).value_or(0);
    usage.cacheWrite = count(raw, { "cache_creation_input_tokens"_L1 }).value_or(parts);
    const qint64 output = count(raw, { "output_tokens"_L1 }).value_or(0);
    const qint64 thinking = count(raw["output_tokens_details"_L1].toObject(), { "thinking_tokens"_L1 }).value_or(0);
    usage.reasoning = std::min(thinking, output);
    usage.output = output - usage.reasoning;
    usage.reportedCostUsd = usd(raw["cost"_L1]);
    return usage;
}

Usage usageFromGemini(const QJsonObject &raw)
{
    Usage usage;
    usage.raw = raw;
    const qint64 prompt = count(raw, { "promptTokenCount"_L1 }).value_or(0);
    const qint64 tools = count(raw, { "toolUsePromptTokenCount"_L1 }).value_or(0);
    setInput(usage, prompt + tools, count(raw, { "cachedContentTokenCount"_L1 }).value_or(0), 0);
    usage.image = std::min(imagesOf(raw["promptTokensDetails"_L1].toArray()), usage.input);
    usage.output = count(raw, { "candidatesTokenCount"_L1 }).value_or(0);
    usage.reasoning = count(raw, { "thoughtsTokenCount"_L1 }).value_or(0);
    return usage;
}

std::optional<Usage> usageFromOllama(const QJsonObject &line)
{
    const std::optional<qint64> prompt = count(line, { "prompt_eval_count"_L1 });
    const std::optional<qint64> output = count(line, { "eval_count"_L1 });
    if (!prompt && !output)
        return std::nullopt;
    Usage usage;
    usage.input = prompt.value_or(0);
    usage.output = output.value_or(0);
    for (const QLatin1StringView key : { "prompt_eval_count"_L1, "eval_count"_L1 }) {
        if (line.contains(key))
            usage.raw.insert(key, line[key]);
    }
    return usage;
}

} // namespace talkbench::llm
