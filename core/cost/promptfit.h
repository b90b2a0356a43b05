#pragma once

#include "core/llm/message.h"

#include <QList>
#include <QSet>

#include <functional>

namespace talkbench::cost {

/// What gives way when a prompt is longer than its budget.
enum class FitPolicy {
    DropOldestTurns, ///< whole turns: a user's message with its answers and tool results
    CutLongestMessage, ///< whole sentences out of the middle of the longest message, then of the next; code blocks stay whole
    SummariseOlder, ///< as DropOldestTurns, but what goes is to be put into a summary by a model
};

/// What was left out of one message.
struct LeftOut {
    qsizetype message = 0; ///< its index in what was given
    qsizetype part = -1; ///< the text part that was cut; -1: the message went whole
    qsizetype from = 0; ///< in the part's text, UTF-16
    qsizetype length = 0;
    qint64 tokens = 0;

    bool operator==(const LeftOut &) const = default;
};

struct Fit {
    QList<llm::Message> messages; ///< to send, in order
    QList<LeftOut> leftOut; ///< empty: everything fits
    qint64 tokens = 0; ///< of `messages`
    bool wantsSummary = false; ///< of the messages in leftOut; then withSummary()
    QString reason; ///< for a person; empty if nothing was left out
    QString problem = {}; ///< why it is too long nevertheless; then `messages` is what can't go
    qsizetype turns = 0; ///< that went whole
};

/// Tokens of a message with what its template adds.
using CountMessage = std::function<qint64(const llm::Message &)>;

struct FitRules {
    QSet<qsizetype> pinned; ///< indices of messages that stay as they are, with their turns
    qint64 budgetTokens = 0; ///< the model's context, or the user's limit, less the room for the answer
    FitPolicy policy = FitPolicy::DropOldestTurns;
    qint64 summaryTokens = 0; ///< SummariseOlder: kept free for the summary
};

/// Pure: nothing is changed in place, so that undoing is sending what was given. System messages and pinned ones always stay
/// whole; turns before the last may go whole; a tool's result never stays without its call.
Fit fitPrompt(const QList<llm::Message> &messages, const FitRules &rules, const CountMessage &count);

/// The messages of `fit` with the summary as a system message behind the leading ones.
QList<llm::Message> withSummary(const Fit &fit, const QString &summary);

} // namespace talkbench::cost
