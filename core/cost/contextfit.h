#pragma once

#include "core/cost/promptfit.h"
#include "core/cost/tokencounter.h"
#include "core/llm/modelinfo.h"

namespace talkbench::cost {

QString fitPolicyName(FitPolicy policy); // "drop", "cut", "summarise"
std::optional<FitPolicy> fitPolicyFromName(const QString &name);

/// Tokens that a prompt may have: the context to load the model with, else the model's own, less the room for the answer,
/// which is options.maxTokens, else the model's longest or 4,096, but no more than a quarter of the context. Unset: the context
/// is not known.
std::optional<qint64> promptRoom(const llm::ChatOptions &options, const std::optional<llm::ModelInfo> &model);

struct ContextRules {
    std::optional<qint64> room; ///< unset: all is sent
    std::optional<FitPolicy> policy; ///< likewise
    QSet<qsizetype> pinned; ///< indices of messages
};

struct ContextFit {
    Fit fit; ///< where nothing could be left out, or need be, all of the prompt
    TokenCount prompt; ///< of fit.messages
    TokenCount text; ///< of their texts alone, without any template
    qint64 wanted = 0; ///< tokens of all of the prompt
    qint64 wantedHigh = 0; ///< what they may be at most
    qint64 room = 0; ///< 0: not known
    bool isUnsure = false; ///< what is sent is expected to fit, but may be too long
    QString summaryLacks; ///< what its summary can't tell of, for a person; empty: it is asked for of all that went
    std::optional<base::Error> problem; ///< why it doesn't fit nevertheless

    qint64 tokensLeftOut() const { return wanted - prompt.tokens; }
    /// All of it is expected to fit, and the error of the count is why some went.
    bool isForError() const { return !fit.leftOut.isEmpty() && wanted <= room; }
    /// For the record: what was done and how much went; empty where nothing was.
    QString decision() const;
};

/// Pure; any thread may ask. A prompt is made to fit at the most that it may be, so that no server finds it too long; if that
/// can't be, as it is expected to be. Where a summary has no room, turns go without one. One that can't be made to fit is
/// given back whole: its count may be an estimate, and the server knows better. Pictures take no room here.
ContextFit fitToContext(const QString &providerId, const llm::ChatRequest &request, const ContextRules &rules,
                        const TokenCounter &counter, const CountText &count = {});

/// `fit` with the summary of what it left out. An error of kind ContextTooLong where that is expected not to fit.
base::Result<ContextFit> withSummary(const ContextFit &fit, const QString &summary, const QString &providerId,
                                     const llm::ChatRequest &request, const TokenCounter &counter);

struct SummaryRequest {
    llm::ChatRequest chat;
    QString lacks; ///< what had no room in it, for ContextFit::summaryLacks
};

/// Asks `model`, of which the id and what is known are given, for the summary of what `fit` left out of `messages`. That is
/// made to fit the model's own context: the oldest turns go, or where that doesn't help sentences of the longest messages. All
/// of it is asked for where the context isn't known, or nothing helps. Counts; any thread may ask.
SummaryRequest summaryRequest(const QString &providerId, const llm::ModelInfo &model,
                              const QList<llm::Message> &messages, const Fit &fit, const TokenCounter &counter);

} // namespace talkbench::cost
