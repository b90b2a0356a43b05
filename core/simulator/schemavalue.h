#pragma once

#include <QJsonObject>

namespace talkbench::simulator {

/// A plausible value of a JSON schema, with the prompt's words and numbers where they fit. The same for the same input.
QJsonValue valueOf(const QJsonObject &schema, const QString &prompt);

} // namespace talkbench::simulator
