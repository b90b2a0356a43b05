#include "core/bench/batchchoice.h"

namespace talkbench::bench {

select::Question BatchChoice::questionFor(const llm::ChatRequest &chat, qint64 nowMs) const
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

void BatchChoice::countSpent(const profile::RunRecord &record)
{
    const double usd = record.costUsd.value_or(0);
    for (cost::Spent &row : spent) {
        if (row.providerId == record.providerId) {
            row.dayUsd += usd;
            row.monthUsd += usd;
            return;
        }
    }
    spent.append({ record.providerId, 0, usd, usd });
}

} // namespace talkbench::bench
