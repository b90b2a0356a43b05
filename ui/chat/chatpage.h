#pragma once

#include "ui/appcontext.h"

#include <QHash>
#include <QTimer>
#include <QWidget>

class QLabel;
class QStackedWidget;

namespace talkbench::ui {

class ChatController;
class Composer;
class Transcript;
class Welcome;

/// The page of one conversation: its title, the transcript or the welcome, the composer.
class ChatPage final : public QWidget {
    Q_OBJECT

public:
    ChatPage(AppContext &context, ChatController &chats, QWidget *parent = nullptr);
    ~ChatPage() override;

    Transcript &transcript() { return *m_transcript; }
    void focusComposer();

Q_SIGNALS:
    void settingsRequested();
    /// A prompt was to be sent and there is no model to send it to.
    void modelRequested();

private:
    void showCurrent();
    void showContent();
    void estimate();
    void applySettings();
    void keepDraft();
    void send(const QString &text);

    AppContext &m_context;
    ChatController &m_chats;
    QLabel *m_title;
    QStackedWidget *m_content;
    Transcript *m_transcript;
    Welcome *m_welcome;
    Composer *m_composer;
    QHash<QString, QString> m_drafts; ///< by conversation
    QString m_shownId;
    QTimer m_estimating;
};

} // namespace talkbench::ui
