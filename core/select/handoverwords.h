#pragma once

#include "core/profile/trace.h"

#include <QStringList>

#include <functional>

namespace talkbench::select {

/// What a person calls a provider, by its id; the id where it has no name.
using ProviderNames = std::function<QString(const QString &providerId)>;

/// Of a trace: whether it says that another model was asked, or why none.
bool isHandover(const profile::Decision &step);
/// "gpt-4.1 of OpenAI is rate limited: asking claude-sonnet-4-5 of Anthropic instead"; the reason of any other step as it is. In the
/// language of the program. Without `nameOf` the ids stand for themselves.
QString inWords(const profile::Decision &step, const ProviderNames &nameOf = {});
/// All that is among a trace's decisions.
QStringList handoversInWords(const QList<profile::Decision> &decisions, const ProviderNames &nameOf = {});

} // namespace talkbench::select
