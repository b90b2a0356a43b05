#include "ui/chat/conversationtree.h"

namespace talkbench::ui {

void ConversationTree::insert(const store::StoredMessage &message)
{
    if (!m_messages.contains(message.id)) {
        m_children[message.parentId].append(message.id);
        m_chosen[message.parentId] = message.id;
    }
    m_messages.insert(message.id, message);
}

store::StoredMessage *ConversationTree::find(const QString &id)
{
    const auto found = m_messages.find(id);
    return found == m_messages.end() ? nullptr : &found.value();
}

const store::StoredMessage *ConversationTree::find(const QString &id) const
{
    const auto found = m_messages.constFind(id);
    return found == m_messages.constEnd() ? nullptr : &found.value();
}

QStringList ConversationTree::path() const
{
    QStringList path;
    for (QString id = m_chosen.value(QString()); !id.isEmpty() && path.size() < m_messages.size();
         id = m_chosen.value(id))
        path.append(id);
    return path;
}

QString ConversationTree::leaf() const
{
    const QStringList all = path();
    return all.isEmpty() ? QString() : all.last();
}

QStringList ConversationTree::ancestors(const QString &id) const
{
    QStringList chain;
    const store::StoredMessage *message = find(id);
    while (message && !message->parentId.isEmpty() && chain.size() < m_messages.size()) {
        chain.prepend(message->parentId);
        message = find(message->parentId);
    }
    return chain;
}

QStringList ConversationTree::siblings(const QString &id) const
{
    const store::StoredMessage *message = find(id);
    return message ? m_children.value(message->parentId) : QStringList();
}

void ConversationTree::select(const QString &id)
{
    if (const store::StoredMessage *message = find(id))
        m_chosen[message->parentId] = id;
}

} // namespace talkbench::ui
