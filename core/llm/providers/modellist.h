#pragma once

#include "core/base/result.h"
#include "core/llm/modelinfo.h"

#include <QList>

namespace talkbench::llm {

/// The models in any of the known list shapes: {"data": […]}, {"models": […]} or a bare array. What surely can't chat
/// (embeddings, speech) is left out.
base::Result<QList<ModelInfo>> modelList(const QByteArray &body);

} // namespace talkbench::llm
