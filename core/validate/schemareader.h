#pragma once

#include "core/base/result.h"

#include <QJsonObject>

namespace talkbench::validate {

/// A schema that is safe to hand to the library: known keywords only, every reference leads to a schema, and no chain of
/// keywords that look at the same value is endless.
struct ReadSchema {
    /// `pattern` and `format` are replaced by ownPattern and ownFormat; every subschema has ownBudget.
    QJsonObject schema;
    bool draft4 = false;
    /// The longest chain of subschemas that look at the same value.
    int depth = 1;
    bool hasUniqueItems = false;
};

inline constexpr char ownPattern[] = "talkbench:pattern";
inline constexpr char ownFormat[] = "talkbench:format";
inline constexpr char ownBudget[] = "talkbench:budget";

base::Result<ReadSchema> readSchema(const QJsonObject &schema);

/// The regular expression of a format; empty for one that is not known.
QString formatPattern(const QString &format);

} // namespace talkbench::validate
