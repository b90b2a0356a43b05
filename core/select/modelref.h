#pragma once

#include <QHash>
#include <QString>

#include <optional>

namespace talkbench::select {

/// A model where it is served. As text "provider/model"; the model's own name may hold slashes.
struct ModelRef {
    QString providerId;
    QString model;

    bool operator==(const ModelRef &) const = default;
};

inline size_t qHash(const ModelRef &ref, size_t seed = 0)
{
    return qHashMulti(seed, ref.providerId, ref.model);
}

inline QString toText(const ModelRef &ref)
{
    return ref.providerId + u'/' + ref.model;
}

inline std::optional<ModelRef> modelRefFromText(const QString &text)
{
    const QString plain = text.trimmed();
    const qsizetype slash = plain.indexOf(u'/');
    if (slash < 1 || slash + 1 == plain.size())
        return {};
    return ModelRef { plain.first(slash), plain.sliced(slash + 1) };
}

} // namespace talkbench::select
