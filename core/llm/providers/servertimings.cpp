#include "core/llm/providers/servertimings.h"

#include <array>
#include <cmath>
#include <span>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

struct Row {
    QLatin1StringView theirs;
    QLatin1StringView ours;
    double factor;
};

constexpr std::array llamaCpp {
    Row { "prompt_n"_L1, "prefill_tokens"_L1, 1 },
    Row { "cache_n"_L1, "cached_tokens"_L1, 1 },
    Row { "prompt_ms"_L1, "prefill_ms"_L1, 1 },
    Row { "prompt_per_second"_L1, "prefill_tokens_per_s"_L1, 1 },
    Row { "predicted_n"_L1, "decode_tokens"_L1, 1 },
    Row { "predicted_ms"_L1, "decode_ms"_L1, 1 },
    Row { "predicted_per_second"_L1, "decode_tokens_per_s"_L1, 1 },
};
constexpr std::array vllm {
    Row { "time_to_first_token_ms"_L1, "ttft_ms"_L1, 1 },
    Row { "generation_time_ms"_L1, "decode_ms"_L1, 1 },
    Row { "queue_time_ms"_L1, "queue_ms"_L1, 1 },
    Row { "tokens_per_second"_L1, "decode_tokens_per_s"_L1, 1 },
};
constexpr std::array seconds {
    Row { "queue_time"_L1, "queue_ms"_L1, 1000 },
    Row { "prompt_time"_L1, "prefill_ms"_L1, 1000 },
    Row { "completion_time"_L1, "decode_ms"_L1, 1000 },
    Row { "total_time"_L1, "total_ms"_L1, 1000 },
};
constexpr std::array azure {
    Row { "pre_inference_ms"_L1, "queue_ms"_L1, 1 },
    Row { "service_ttft_ms"_L1, "ttft_ms"_L1, 1 },
    Row { "total_duration_ms"_L1, "total_ms"_L1, 1 },
};
constexpr std::array gpuStack {
    Row { "time_to_first_token_ms"_L1, "ttft_ms"_L1, 1 },
    Row { "tokens_per_second"_L1, "decode_tokens_per_s"_L1, 1 },
    Row { "prompt_tokens_per_second"_L1, "prefill_tokens_per_s"_L1, 1 },
};
constexpr std::array lmStudio {
    Row { "time_to_first_token"_L1, "ttft_ms"_L1, 1000 },
    Row { "generation_time"_L1, "decode_ms"_L1, 1000 },
    Row { "tokens_per_second"_L1, "decode_tokens_per_s"_L1, 1 },
};
constexpr std::array localAi {
    Row { "timing_prompt_processing"_L1, "prefill_ms"_L1, 1 },
    Row { "timing_token_generation"_L1, "decode_ms"_L1, 1 },
};
constexpr std::array fireworks {
    Row { "server-time-to-first-token"_L1, "ttft_ms"_L1, 1000 },
    Row { "server-processing-time"_L1, "total_ms"_L1, 1000 },
};
constexpr std::array qualcomm {
    Row { "ttft_in_ms"_L1, "ttft_ms"_L1, 1 },
};
constexpr std::array nim {
    Row { "time_to_first_token_in_ms"_L1, "ttft_ms"_L1, 1 },
    Row { "tokens_per_second"_L1, "decode_tokens_per_s"_L1, 1 },
};
/// In order: the first that says something of a figure counts.
constexpr std::array headerRows {
    Row { "x-metrics-ttft-ms"_L1, "ttft_ms"_L1, 1 },
    Row { "x-metrics-e2e-ms"_L1, "total_ms"_L1, 1 },
    Row { "fireworks-server-time-to-first-token"_L1, "ttft_ms"_L1, 1000 },
    Row { "fireworks-server-processing-time"_L1, "total_ms"_L1, 1000 },
    Row { "openai-processing-ms"_L1, "processing_ms"_L1, 1 },
    Row { "x-envoy-upstream-service-time"_L1, "processing_ms"_L1, 1 },
    Row { "x-kong-upstream-latency"_L1, "processing_ms"_L1, 1 },
};
constexpr std::array ollama {
    Row { "total_duration"_L1, "total_ms"_L1, 1e-6 },         Row { "load_duration"_L1, "load_ms"_L1, 1e-6 },
    Row { "prompt_eval_duration"_L1, "prefill_ms"_L1, 1e-6 }, Row { "prompt_eval_count"_L1, "prefill_tokens"_L1, 1 },
    Row { "eval_duration"_L1, "decode_ms"_L1, 1e-6 },         Row { "eval_count"_L1, "decode_tokens"_L1, 1 },
};

QJsonObject translated(QLatin1StringView source, const QJsonObject &theirs, std::span<const Row> rows)
{
    QJsonObject timings;
    QJsonObject raw;
    for (const Row &row : rows) {
        const QJsonValue value = theirs[row.theirs];
        const double ours = value.toDouble(-1) * row.factor;
        if (ours < 0 || !std::isfinite(ours))
            continue;
        timings.insert(row.ours, row.factor == 1.0 ? value : QJsonValue(ours));
        raw.insert(row.theirs, value);
    }
    if (timings.isEmpty())
        return {};
    timings.insert("source"_L1, source);
    timings.insert("raw"_L1, theirs.size() <= 32 ? theirs : raw);
    return timings;
}

} // namespace

QJsonObject timingsFromOpenAi(const QJsonObject &chunk)
{
    struct Place {
        QLatin1StringView source;
        QJsonValue object;
        std::span<const Row> rows;
    };
    const QJsonValue usage = chunk["usage"_L1];
    const Place places[] = {
        { "llama.cpp"_L1, chunk["timings"_L1], llamaCpp },
        { "groq"_L1, chunk["x_groq"_L1]["usage"_L1], seconds },
        { "cerebras"_L1, chunk["time_info"_L1], seconds },
        { "azure"_L1, chunk["latency_checkpoint"_L1], azure },
        { "azure"_L1, usage["latency_checkpoint"_L1], azure },
        { "vllm"_L1, chunk["metrics"_L1], vllm },
        { "nim"_L1, chunk["stats"_L1]["response_tokens"_L1], nim },
        { "lmstudio"_L1, chunk["stats"_L1], lmStudio },
        { "groq"_L1, usage, seconds },
        { "gpustack"_L1, usage, gpuStack },
        { "localai"_L1, usage, localAi },
        { "fireworks"_L1, chunk["perf_metrics"_L1], fireworks },
        { "qualcomm"_L1, usage, qualcomm },
    };
    for (const Place &place : places) {
        if (!place.object.isObject())
            continue;
        if (QJsonObject timings = translated(place.source, place.object.toObject(), place.rows); !timings.isEmpty())
            return timings;
    }
    return {};
}

QJsonObject timingsFromOllama(const QJsonObject &line)
{
    QJsonObject theirs;
    for (const Row &row : ollama) {
        if (line.contains(row.theirs))
            theirs.insert(row.theirs, line[row.theirs]);
    }
    return translated("ollama"_L1, theirs, ollama);
}

QJsonObject timingsFromHeaders(const base::HttpHeaders &headers)
{
    QJsonObject timings;
    const auto keep = [&timings](QLatin1StringView key, const QByteArray &text, double factor) {
        bool number = false;
        const double ms = text.trimmed().toDouble(&number) * factor;
        if (number && ms >= 0 && std::isfinite(ms) && !timings.contains(key))
            timings.insert(key, ms);
    };
    for (const Row &row : headerRows)
        keep(row.ours, base::headerValue(headers, QByteArrayView(row.theirs.data(), row.theirs.size())), row.factor);
    // With more than one duration nothing says which is the server's.
    if (const QByteArray timing = base::headerValue(headers, "server-timing"); timing.count("dur=") == 1)
        keep("processing_ms"_L1, timing.mid(timing.indexOf("dur=") + 4).split(',').first().split(';').first(), 1);
    return timings;
}

} // namespace talkbench::llm
