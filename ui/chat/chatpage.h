#pragma once

#include "core/cost/budget.h"
#include "core/select/modelref.h"
#include "ui/appcontext.h"
#include "ui/chat/pictures.h"

#include <QHash>
#include <QTimer>
#include <QWidget>

#include <functional>

class QLabel;
class QScrollArea;
class QStackedWidget;

namespace talkbench::config {
struct ProviderConfig;
}

namespace talkbench::ui {

class ChatController;
class Composer;
class FoundServers;
class LeftOutLine;
struct PromptPlan;
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
    /// Offers the servers of this machine in an empty chat, while only the simulator answers.
    void lookForServers();
    /// The first real provider answers from now on, if the simulator did so far and a model of it is known.
    void adoptFirstProvider();

Q_SIGNALS:
    void settingsRequested();
    /// Those where the model is chosen that summarises.
    void generalSettingsRequested();
    /// A prompt was to be sent and there is no model to send it to.
    void modelRequested();

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    void layOut();
    void connectComposer();
    void connectWelcome();
    void connectFitting();
    void connectChats();
    void showCurrent();
    void showContent();
    void estimate();
    void showPlan(const PromptPlan &plan);
    std::optional<cost::CostRange> costOf(const select::ModelRef &ref, const cost::TokenCount &prompt) const;
    QString costText(const cost::TokenCount &prompt) const;
    void applySettings();
    void warnOfPictures();
    void keepDraft();
    void loadDrafts();
    void send(const QString &text, const QList<Picture> &pictures);
    void askToSpend(const QString &messageId, const QString &reason);
    void showServers();
    void useServer(qsizetype index);
    void adopt(const config::ProviderConfig &provider);
    void changeContent(const std::function<void()> &change);

    AppContext &m_context;
    ChatController &m_chats;
    QLabel *m_title;
    QStackedWidget *m_content;
    Transcript *m_transcript;
    QScrollArea *m_welcomeArea;
    Welcome *m_welcome;
    FoundServers *m_found;
    Composer *m_composer;
    LeftOutLine *m_leftOut;
    QHash<QString, QString> m_drafts; ///< by conversation
    QHash<QString, QList<Picture>> m_draftPictures; ///< likewise, of this run only
    QString m_shownId;
    QTimer m_drafting;
    QTimer m_estimating;
    QList<select::ModelRef> m_models; ///< that may be asked with what was estimated last
    QString m_blindModel; ///< the one that is to get pictures and takes none
};

} // namespace talkbench::ui
