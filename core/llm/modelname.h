#pragma once

#include <QString>
#include <QStringList>

namespace talkbench::llm {

/// A model and who serves it.
struct ModelName {
    QString providerId; ///< empty: whoever is meant anyway
    QString model;

    bool operator==(const ModelName &) const = default;
};

/// "openai/gpt-5" where `providers` has "openai"; any other text is the name of a model, slashes included.
ModelName modelNameFrom(const QString &text, const QStringList &providers);

} // namespace talkbench::llm
