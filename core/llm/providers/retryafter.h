#pragma once

#include <QByteArray>

#include <optional>

namespace talkbench::llm {

/// "6ms", "130ms", "6s", "6m0s", "1h2m", "38.5s", "6 seconds"; a bare number is seconds. Milliseconds.
std::optional<qint64> durationMs(const QByteArray &text);

} // namespace talkbench::llm
