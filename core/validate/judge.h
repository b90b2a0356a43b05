#pragma once

#include "core/llm/chatrequest.h"
#include "core/profile/verdict.h"

namespace talkbench::validate {

/// A call that has a model judge `answer` by the person's own words. The question it answers is shown to it too.
llm::ChatRequest judgeRequest(const QString &model, const QString &criterion, const llm::ChatRequest &asked,
                              const QString &answer);

/// What the judge said: PASS or FAIL and a reason. NotChecked where it said neither.
profile::Verdict judgeVerdict(const QString &title, const QString &said);

} // namespace talkbench::validate
