#include "core/bench/batchchoice.h"

namespace talkbench::bench {

select::Question BatchChoice::questionFor(const llm::ChatRequest &chat, const QList<cost::Budget> &budgets,
                                          const QList<cost::Spent> &spent, qint64 nowMs) const
{
    select::Question question;
    question.chat = chat;
    question.tags = tags;
    question.quality = quality;
    question.budgetLeft = cost::budgetLeft(budgets, spent, endpoints.keys());
    question.barred = cost::usedUp(budgets, spent);
    question.barred.insert(unreachable);
    question.nowMs = nowMs;
    return question;
}

} // namespace talkbench::bench
