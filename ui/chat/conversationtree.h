#pragma once

#include "core/store/store.h"

#include <QHash>
#include <QStringList>

namespace talkbench::ui {

/// The messages of a conversation by their parents, and the path through them that is on display. Where nothing was
/// chosen the path takes the newest branch.
class ConversationTree {
public:
    void insert(const store::StoredMessage &message);
    /// Null where there is none.
    store::StoredMessage *find(const QString &id);
    const store::StoredMessage *find(const QString &id) const;

    /// From the first message to the end of the chosen branch.
    QStringList path() const;
    /// Empty in an empty conversation.
    QString leaf() const;
    /// The messages before this one, without it.
    QStringList ancestors(const QString &id) const;
    /// The message itself and what was tried in its place, oldest first.
    QStringList siblings(const QString &id) const;
    /// Makes the path go through this message.
    void select(const QString &id);

private:
    QHash<QString, store::StoredMessage> m_messages;
    QHash<QString, QStringList> m_children; ///< of a parent, "" for the first messages
    QHash<QString, QString> m_chosen; ///< child on the path, by parent
};

} // namespace talkbench::ui
