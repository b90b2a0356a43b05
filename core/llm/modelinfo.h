#pragma once

#include <QJsonObject>
#include <QMetaType>
#include <QString>

#include <optional>

namespace talkbench::llm {

/// A model as its server lists it. What the server did not say is unset.
struct ModelInfo {
    QString id;
    QString displayName;
    std::optional<qint64> contextTokens = {};
    std::optional<qint64> maxOutputTokens = {};
    /// USD per million tokens.
    std::optional<double> inputPrice = {};
    std::optional<double> outputPrice = {};
    std::optional<double> cacheReadPrice = {};
    std::optional<bool> imageInput = {};
    std::optional<bool> tools = {};
    std::optional<bool> reasoning = {};

    bool operator==(const ModelInfo &) const = default;
};

/// {"id", "name"} and, where the server said so, "context_tokens", "max_output_tokens", "input_usd_per_million",
/// "output_usd_per_million", "cache_read_usd_per_million", "image_input", "tools", "reasoning".
QJsonObject toJson(const ModelInfo &model);
ModelInfo modelInfoFromJson(const QJsonObject &object);

} // namespace talkbench::llm

Q_DECLARE_METATYPE(talkbench::llm::ModelInfo)
