#pragma once

#include "core/run/run.h"

#include <QScrollArea>
#include <QSet>
#include <QTimer>

class QToolButton;

namespace talkbench::store {
struct StoredMessage;
}

namespace talkbench::ui {

class AnswerMessage;
class ChatController;
class Column;
class MessageWidget;
struct LiveAnswer;
class UserMessage;
struct AppContext;
struct Gap;

/// The conversation on display. It follows the end while the reader is there; any scroll upwards stops that. Only the
/// newest messages are built, older ones as the reader comes near them.
class Transcript final : public QScrollArea {
    Q_OBJECT

public:
    Transcript(ChatController &chats, AppContext &context, QWidget *parent = nullptr);

    bool follows() const { return m_follows; }
    void jumpToEnd();
    /// The newest message of the user goes into editing.
    void editLast();
    /// Of the next prompt; the others are in it.
    /// Of the next prompt: messages that go whole, and what others lose of their middle.
    void setLeftOut(const QSet<QString> &ids, const QHash<QString, QString> &shortened);
    void copyLastAnswer();
    void regenerateLast();
    qsizetype builtMessages() const { return m_messages.size(); }

Q_SIGNALS:
    void settingsRequested();
    /// By a button of a notice, which is gone with it.
    void answeredAgain();
    /// The message's field closed: what is typed next is another prompt.
    void editEnded();

protected:
    void resizeEvent(QResizeEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void pressFocused();
    void reset();
    /// Keeps the messages that the path still has and builds the others.
    void sync();
    MessageWidget *build(const QString &id);
    QString toolOf(const store::StoredMessage &result) const;
    AnswerMessage *answer(const QString &id) const;
    void showAnswer(AnswerMessage *widget);
    void showLive(AnswerMessage *widget, const LiveAnswer &live);
    void buildOlder();
    void layOut();
    void scrolled(int value);
    void placeJump();
    void tickCountdowns();
    void noticeChosen(const QString &id, int action);

    ChatController &m_chats;
    AppContext &m_context;
    Column *m_column;
    QToolButton *m_jump;
    QList<MessageWidget *> m_messages; ///< the built end of the path
    QStringList m_path;
    QSet<QString> m_leftOut;
    QHash<QString, QString> m_shortened;
    QTimer m_countdown;
    bool m_follows = true;
    bool m_layingOut = false;
    int m_lastValue = 0;
};

} // namespace talkbench::ui
