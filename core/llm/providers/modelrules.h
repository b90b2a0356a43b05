#pragma once

#include "core/base/result.h"

#include <QJsonObject>
#include <QString>

namespace talkbench::llm {

/// How a model deviates from what its protocol allows: its row of resources/models.json, empty for one without. The first
/// row fits whose "match" finds itself in the model's bare name ("openai/gpt-5:free" is "gpt-5") and whose "protocols", if
/// it has any, hold this one. Members, each optional:
/// "refuses": options by their names in ChatOptions' JSON; "stop" and the like are then not sent, but named as unsent;
/// "exclusive": of these options only the first that is set may be sent;
/// "temperature": [least, most];
/// "system_role": "developer" at OpenAI itself, or "user" where there is no system prompt;
/// "reasoning": "effort", "adaptive", "budget", "level" (Gemini 3), "switch" (on or off) or "none";
/// "efforts": those it knows; others become the nearest;
/// "budget": [least, most] tokens; "off": false where reasoning can't be switched off;
/// "sampling_with_effort": the one effort with which temperature and top_p may be sent.
QJsonObject modelRule(const QString &model, const QString &protocol);

/// Whether the table can be read and every pattern is one; the tests ask.
base::Result<void> checkModelRules(const QByteArray &json);

} // namespace talkbench::llm
