#pragma once

#include "core/base/result.h"

#include <QJsonObject>
#include <QJsonValue>
#include <QStringList>

namespace talkbench::validate {

/// JSON Schema of drafts 4, 6 and 7. What can't be checked is refused with words rather than passed over: other drafts,
/// unknown keywords, patternProperties, formats without a row, references out of the schema (nothing is ever fetched),
/// endless references.
base::Result<void> checkSchema(const QJsonObject &schema);

/// How `value` breaks the schema, a sentence each, a few at most; empty if it doesn't. An error where that can't be told:
/// the schema is refused, or the value is too deep or takes too long.
base::Result<QStringList> violations(const QJsonObject &schema, const QJsonValue &value);

} // namespace talkbench::validate
