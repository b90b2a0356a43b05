#pragma once

#include "core/base/clock.h"
#include "core/profile/runrecord.h"

namespace talkbench::profile {

class ManualClock final : public base::Clock {
public:
    qint64 nowNs() const override { return now; }
    qint64 wallMs() const override { return now / 1'000'000; }
    void advance(double seconds) { now += static_cast<qint64>(seconds * 1e9); }

    qint64 now = 1'000'000'000'000;
};

/// A success: content from `ttftMs` on, 11 tokens within 100 ms, $0.5.
inline RunRecord success(const QString &provider, const QString &model, double ttftMs = 200)
{
    constexpr qint64 zero = 1'000'000'000;
    const auto at = [](double ms) { return zero + static_cast<qint64>(ms * 1e6); };
    RunRecord record;
    record.providerId = provider;
    record.model = model;
    record.answer.text = QStringLiteral("yes");
    record.answer.finished = true;
    llm::Usage usage;
    usage.input = 20;
    usage.output = 11;
    record.answer.usage = usage;
    record.costUsd = 0.5;
    record.trace.submittedNs = record.trace.queuedNs = at(0);
    record.trace.dispatchedNs = at(1);
    record.trace.firstContentNs = record.trace.firstOutputNs = at(ttftMs);
    record.trace.lastContentNs = at(ttftMs + 100);
    record.trace.endNs = at(ttftMs + 101);
    record.trace.chunks = { { at(ttftMs), 2, ChunkKind::Text }, { at(ttftMs + 100), 2, ChunkKind::Text } };
    return record;
}

inline RunRecord failure(const QString &provider, const QString &model, base::ErrorKind kind)
{
    RunRecord record = success(provider, model);
    record.answer = {};
    record.answer.error =
        base::Error { .kind = kind, .message = QStringLiteral("no"), .detail = {}, .retryAfterMs = {} };
    record.costUsd.reset();
    record.trace.firstContentNs = record.trace.firstOutputNs = record.trace.lastContentNs = 0;
    record.trace.chunks.clear();
    return record;
}

inline RunRecord cachedAnswer(const QString &provider, const QString &model)
{
    RunRecord record = success(provider, model);
    record.cached = true;
    record.costUsd.reset();
    return record;
}

} // namespace talkbench::profile
