#pragma once

#include <QHash>
#include <QString>

#include <optional>

namespace talkbench::llm {

/// Which call of the answer a delta continues. Servers count from 0 or 1, send no index at all, or give every call the same.
class ToolPositions final {
public:
    /// `place` is the delta's place in a list of several, else -1.
    int of(std::optional<int> index, const QString &id, const QString &name, int place);

    int count() const { return m_count; }

private:
    int open(const QString &key, const QString &id, const QString &name);

    QHash<QString, int> m_byKey;
    QHash<int, QString> m_ids;
    QHash<int, QString> m_names;
    int m_count = 0;
};

} // namespace talkbench::llm
