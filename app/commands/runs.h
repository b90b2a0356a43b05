#pragma once

#include "core/base/result.h"
#include "core/profile/runrecord.h"

#include <QByteArray>

namespace talkbench::app {

/// The kept runs, newest first; `limit` 0: all, an empty id: of every conversation. Leaves nothing in a folder without any.
base::Result<QList<profile::RunRecord>> readRuns(const QString &dir, int limit, const QString &conversationId,
                                                 qint64 sinceMs = 0);

// The kept runs as `talkbench runs` prints them, newest first as given. The metric table gives the columns.

/// The main columns, aligned, for a terminal.
QByteArray runsTable(const QList<profile::RunRecord> &records);
/// Every metric; RFC 4180, UTF-8.
QByteArray runsCsv(const QList<profile::RunRecord> &records);
/// An array of objects with every metric; null where unknown.
QByteArray runsJson(const QList<profile::RunRecord> &records);

} // namespace talkbench::app
