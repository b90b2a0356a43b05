#pragma once

#include <QMetaType>
#include <QString>

#include <optional>

namespace talkbench::llm {

/// A model as its server lists it. What the server did not say is unset.
struct ModelInfo {
    QString id;
    QString displayName;
    std::optional<qint64> contextTokens;

    bool operator==(const ModelInfo &) const = default;
};

} // namespace talkbench::llm

Q_DECLARE_METATYPE(talkbench::llm::ModelInfo)
