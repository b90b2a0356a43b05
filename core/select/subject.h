#pragma once

#include "core/llm/chatrequest.h"

#include <QStringList>
#include <QTime>

namespace talkbench::select {

/// How good an answer is wanted.
enum class Quality { Low, Balanced, High };

QString qualityName(Quality quality); // "low", "balanced", "high"
std::optional<Quality> qualityFromName(const QString &name);

/// What a model is chosen for: all that rules and strategies look at.
struct Subject {
    /// The newest message of the user.
    QString prompt;
    /// Of everything that will be sent, an estimate.
    qint64 tokens = 0;
    bool hasImage = false;
    bool hasCode = false;
    bool hasTools = false;
    /// ISO 639-1; empty where it is not known.
    QString language;
    Quality quality = Quality::Balanced;
    /// The conversation's.
    QStringList tags;
    QTime localTime = {};
    /// USD; unset where there is no budget.
    std::optional<double> budgetLeft = {};
};

/// What the request itself tells; quality, tags, time and budget are the caller's.
Subject subjectOf(const llm::ChatRequest &request);

} // namespace talkbench::select
