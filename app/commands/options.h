#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QCommandLineParser>
#include <QJsonValue>
#include <QString>

#include <cmath>
#include <optional>
#include <type_traits>

namespace talkbench::app {

/// An argument that can't be taken.
inline base::Error usage(const QString &message)
{
    return { base::ErrorKind::Usage, message, {}, 0, std::nullopt };
}

/// A number of an option that may be missing.
template <typename T>
base::Result<std::optional<T>> number(const QCommandLineParser &parser, const QString &name, double least, double most)
{
    using namespace Qt::StringLiterals;
    if (!parser.isSet(name))
        return std::optional<T>();
    bool ok = false;
    const double value = parser.value(name).toDouble(&ok);
    const bool whole = !std::is_integral_v<T> || value == std::floor(value);
    if (!ok || !whole || !(value >= least && value <= most))
        return usage(u"--%1 takes a number from %2 to %3, not '%4'."_s.arg(name)
                         .arg(least, 0, 'g', 16)
                         .arg(most, 0, 'g', 16)
                         .arg(parser.value(name)));
    return std::optional<T>(static_cast<T>(value));
}

/// A file's bytes, all of them; an error names it, also where it has more than `most`: a device may have no end.
base::Result<QByteArray> contents(const QString &path, qint64 most = qint64(64) << 20);
/// Of 64 MB at most.
base::Result<QJsonValue> jsonFile(const QString &path);

} // namespace talkbench::app
