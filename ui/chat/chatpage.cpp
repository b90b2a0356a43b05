#include "ui/chat/chatpage.h"

#include "core/config/settings.h"
#include "core/cost/pricebook.h"
#include "core/cost/tokenestimate.h"
#include "core/profile/format.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/composer.h"
#include "ui/chat/transcript.h"
#include "ui/chat/welcome.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QStackedWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int estimateMs = 150;

} // namespace

ChatPage::ChatPage(AppContext &context, ChatController &chats, QWidget *parent)
    : QWidget(parent), m_context(context), m_chats(chats), m_title(new ElidedLabel(this)),
      m_content(new QStackedWidget(this)), m_transcript(new Transcript(chats, context.clock, this)),
      m_welcome(new Welcome(this)), m_composer(new Composer(this))
{
    setObjectName(u"chatPage"_s);
    m_title->setObjectName(u"conversationTitle"_s);
    m_title->setTextFormat(Qt::PlainText);
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    m_title->setFont(bold);
    m_content->addWidget(m_welcome);
    m_content->addWidget(m_transcript);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(grid::section, grid::wide, grid::section, grid::unit);
    head->addStretch(1);
    head->addWidget(m_title, 1000);
    head->addStretch(1);
    m_title->setMaximumWidth(grid::column);
    column->addLayout(head);
    column->addWidget(m_content, 1);
    column->addWidget(m_composer);

    const QVariantMap drafts = m_context.settings.value("drafts").toMap();
    for (auto it = drafts.begin(); it != drafts.end(); ++it)
        m_drafts.insert(it.key(), it.value().toString());
    m_composer->setText(m_drafts.value(m_shownId));

    m_estimating.setSingleShot(true);
    m_estimating.setInterval(estimateMs);
    connect(&m_estimating, &QTimer::timeout, this, &ChatPage::estimate);
    connect(m_composer, &Composer::textChanged, this, [this] { m_estimating.start(); });
    connect(m_composer, &Composer::sendRequested, this, &ChatPage::send);
    connect(m_composer, &Composer::stopRequested, &m_chats, &ChatController::stop);
    connect(m_composer, &Composer::recallRequested, m_transcript, &Transcript::editLast);
    connect(m_welcome, &Welcome::promptChosen, this, [this](const QString &prompt) {
        m_composer->setText(prompt);
        m_composer->focusText();
    });
    connect(m_welcome, &Welcome::connectRequested, this, &ChatPage::settingsRequested);
    connect(m_transcript, &Transcript::settingsRequested, this, &ChatPage::settingsRequested);
    connect(&m_chats, &ChatController::currentChanged, this, &ChatPage::showCurrent);
    connect(&m_chats, &ChatController::conversationsChanged, this, &ChatPage::showContent);
    connect(&m_chats, &ChatController::pathChanged, this, &ChatPage::showContent);
    connect(&m_chats, &ChatController::modelChanged, this, [this] {
        showContent();
        estimate();
    });
    connect(&m_chats, &ChatController::generatingChanged, this,
            [this] { m_composer->setGenerating(m_chats.isGenerating(m_chats.currentId())); });
    connect(&m_context.settings, &config::Settings::changed, this, &ChatPage::applySettings);
    applySettings();
    showContent();
    estimate();
}

ChatPage::~ChatPage()
{
    keepDraft();
    QVariantMap drafts;
    for (auto it = m_drafts.cbegin(); it != m_drafts.cend(); ++it)
        if (!it.value().isEmpty())
            drafts.insert(it.key(), it.value());
    if (drafts != m_context.settings.value("drafts").toMap())
        m_context.settings.setValue("drafts", drafts);
}

void ChatPage::send(const QString &text)
{
    if (!m_chats.model().isEmpty()) {
        m_chats.send(text);
        return;
    }
    m_composer->setText(text);
    Q_EMIT modelRequested();
}

void ChatPage::focusComposer()
{
    m_composer->focusText();
}

void ChatPage::keepDraft()
{
    m_drafts.insert(m_shownId, m_composer->text());
}

void ChatPage::showCurrent()
{
    const QString id = m_chats.currentId();
    if (id != m_shownId) {
        keepDraft();
        m_shownId = id;
        m_composer->setText(m_drafts.value(id));
    }
    m_composer->setGenerating(m_chats.isGenerating(id));
    showContent();
    estimate();
}

void ChatPage::showContent()
{
    const bool empty = m_chats.currentId().isEmpty();
    m_title->setText(m_chats.currentTitle());
    m_title->setVisible(!empty);
    m_welcome->setSimulated(m_chats.providerId() == config::simulatorId);
    m_content->setCurrentWidget(empty ? static_cast<QWidget *>(m_welcome) : m_transcript);
}

void ChatPage::estimate()
{
    QList<llm::Message> prompt;
    const ConversationTree &tree = m_chats.tree();
    for (const QString &id : tree.path())
        prompt.append(tree.find(id)->message);
    if (!m_composer->text().isEmpty())
        prompt.append(llm::Message::fromText(llm::Role::User, m_composer->text()));
    if (prompt.isEmpty()) {
        m_composer->setEstimate({});
        return;
    }
    const qint64 tokens = cost::estimateTokens(prompt);
    QString text = u"~%1 tok"_s.arg(QLocale().toString(tokens));
    if (const auto price = m_context.prices.find(m_chats.providerId(), m_chats.model()))
        text += u" · "_s + profile::formatUsd(double(tokens) * price->input / 1e6);
    m_composer->setEstimate(text);
}

void ChatPage::applySettings()
{
    m_composer->setSendKey(m_context.settings.value("send_with").toString() == "ctrl_enter"_L1
                               ? PromptEdit::SendKey::CtrlEnter
                               : PromptEdit::SendKey::Enter);
}

} // namespace talkbench::ui
