#pragma once

#include "core/base/error.h"
#include "core/llm/modelinfo.h"
#include "core/llm/provider.h"

namespace talkbench::run {

/// What a person may do about an error; empty where there is nothing to say.
QString adviceFor(const base::Error &error, const llm::Endpoint &endpoint);

/// Whether another path at the same server may be what was meant.
bool isAboutThePath(const base::Error &error);

/// The same server's addresses that are usual, without the one that was tried.
QList<llm::Endpoint> otherAddresses(const llm::Endpoint &tried);

/// The listed model whose name has the most in common with a typed one; empty if none has much.
QString nearest(const QString &typed, const QList<llm::ModelInfo> &models);

} // namespace talkbench::run
