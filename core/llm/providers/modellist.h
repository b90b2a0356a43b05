#pragma once

#include "core/base/result.h"
#include "core/llm/modelinfo.h"

#include <QList>

#include <optional>
#include <utility>

namespace talkbench::llm {

/// The models in any of the known list shapes: {"data": […]}, {"models": […]} or a bare array. What surely can't chat
/// (embeddings, speech) is left out.
base::Result<QList<ModelInfo>> modelList(const QByteArray &body);

/// What to add to the query for the next page of a list, where a page says that there is one.
std::optional<std::pair<QString, QString>> nextModelPage(const QByteArray &body);

} // namespace talkbench::llm
