#pragma once

#include <QLoggingCategory>

namespace talkbench::base {

// QT_LOGGING_RULES="talkbench.run.debug=true" shows one of them.
Q_DECLARE_LOGGING_CATEGORY(logNet)
Q_DECLARE_LOGGING_CATEGORY(logRun)
Q_DECLARE_LOGGING_CATEGORY(logStore)
Q_DECLARE_LOGGING_CATEGORY(logConfig)
Q_DECLARE_LOGGING_CATEGORY(logSimulator)
Q_DECLARE_LOGGING_CATEGORY(logMonitor)

/// `text` with every bearer token, API key and password that can be told by its form replaced by "•••". For whatever
/// may quote a request or a server's body: logs, error details, reports.
QString redact(const QString &text);

} // namespace talkbench::base
