#pragma once

#include "core/base/result.h"

#include <QList>
#include <QStringList>

namespace talkbench::base {

/// A field as CSV wants it (RFC 4180), and as a spreadsheet can't take for a formula.
QString csvField(QString text);

/// The rows of a CSV file, the first line included; empty lines are none. An error names the line of a quotation mark that
/// is never closed.
Result<QList<QStringList>> csvRows(const QString &text);

} // namespace talkbench::base
