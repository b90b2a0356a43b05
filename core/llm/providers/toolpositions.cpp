#include "core/llm/providers/toolpositions.h"

namespace talkbench::llm {

using namespace Qt::StringLiterals;

int ToolPositions::of(std::optional<int> index, const QString &id, const QString &name, int place)
{
    QString key;
    if (index)
        key = u"index %1"_s.arg(*index);
    else if (place >= 0)
        key = u"place %1"_s.arg(place);
    else if (!id.isEmpty())
        key = u"id "_s + id;
    else if (name.isEmpty() && m_count > 0)
        return m_count - 1;
    else
        return open(u"nameless %1"_s.arg(m_count), id, name);

    const auto known = m_byKey.constFind(key);
    if (known == m_byKey.constEnd())
        return open(key, id, name);
    // The same index with another id and a name is another call; with another id alone it is a server that invents ids.
    const QString knownId = m_ids.value(*known);
    if (!id.isEmpty() && !knownId.isEmpty() && id != knownId && !name.isEmpty())
        return open(key, id, name);
    // Without ids another name is.
    const QString knownName = m_names.value(*known);
    if (id.isEmpty() && knownId.isEmpty() && !name.isEmpty() && !knownName.isEmpty() && name != knownName)
        return open(key, id, name);
    return *known;
}

int ToolPositions::open(const QString &key, const QString &id, const QString &name)
{
    const int position = m_count++;
    m_byKey.insert(key, position);
    m_ids.insert(position, id);
    m_names.insert(position, name);
    return position;
}

} // namespace talkbench::llm
