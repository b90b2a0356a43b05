#pragma once

#include "core/profile/runrecord.h"

#include <QJsonArray>
#include <QJsonObject>

namespace talkbench::app {

/// A call as `--json` prints it: provider, model, text, reasoning, refusal, finish_reason (stop, length, tool_calls,
/// content_filter, refusal, error, cancelled, or null), finish_reason_raw, tool_calls [{id, name, arguments}], usage {input,
/// cache_read, cache_write, output, reasoning, input_total, output_total, source} or null, cost_usd or null, metrics,
/// phases, server_timings, attempts, validation [{validator, outcome, reason}], validation_passed or null, cached, cache
/// {run_id, age_ms, saved_ms, saved_usd} or null, error {kind, message, detail} or null.
QJsonObject resultJson(const profile::RunRecord &record);

/// Every attempt of a call, the last one included: {started_ms, ended_ms (since the call was submitted), http_status,
/// error, validation}, each null or empty where there was none.
QJsonArray attemptsJson(const profile::RunRecord &record);

} // namespace talkbench::app
