#include "ui/chat/chatpage.h"

#include "core/config/settings.h"
#include "core/profile/format.h"
#include "core/run/plannedcall.h"
#include "core/store/store.h"
#include "ui/budgetcheck.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/composer.h"
#include "ui/chat/foundservers.h"
#include "ui/chat/leftoutline.h"
#include "ui/chat/optionspanel.h"
#include "ui/chat/transcript.h"
#include "ui/chat/welcome.h"
#include "ui/modellists.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMimeData>
#include <QPointer>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int estimateMs = 150;
constexpr int draftMs = 500;

/// Where the figure is from, and how far it may be off.
QString countTip(const cost::ContextFit &fit)
{
    const QLocale locale;
    if (fit.text.exact)
        return ChatPage::tr("The text is %1 tokens of %2 exactly; with the template around the messages the prompt is "
                            "about %3.")
            .arg(locale.toString(fit.text.tokens), fit.text.why, locale.toString(fit.prompt.tokens));
    return ChatPage::tr("%1 to %2 tokens: %3")
        .arg(locale.toString(fit.prompt.low), locale.toString(fit.prompt.high), fit.prompt.why);
}

} // namespace

ChatPage::ChatPage(AppContext &context, ChatController &chats, QWidget *parent)
    : QWidget(parent), m_context(context), m_chats(chats), m_title(new ElidedLabel(this)),
      m_content(new QStackedWidget(this)), m_transcript(new Transcript(chats, context, this)),
      m_welcomeArea(new QScrollArea(this)), m_welcome(new Welcome(m_welcomeArea)),
      m_found(new FoundServers(context, this)), m_composer(new Composer(this)), m_leftOut(new LeftOutLine(this))
{
    layOut();
    connectComposer();
    connectWelcome();
    connectFitting();
    connectChats();
    connect(&m_context.models, &ModelLists::changed, this, &ChatPage::estimate);
    connect(&m_context.settings, &config::Settings::changed, this, &ChatPage::applySettings);
    applySettings();
    showContent();
    estimate();
}

ChatPage::~ChatPage()
{
    keepDraft();
}

void ChatPage::layOut()
{
    setObjectName(u"chatPage"_s);
    setAcceptDrops(true);
    m_title->setObjectName(u"conversationTitle"_s);
    m_title->setTextFormat(Qt::PlainText);
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    m_title->setFont(bold);
    // Large text in a small window: it scrolls rather than being cut off.
    m_welcomeArea->setFrameShape(QFrame::NoFrame);
    m_welcomeArea->setWidgetResizable(true);
    m_welcomeArea->setFocusPolicy(Qt::NoFocus);
    m_welcomeArea->setWidget(m_welcome);
    m_content->addWidget(m_welcomeArea);
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
    m_composer->addLine(m_leftOut);
}

void ChatPage::connectComposer()
{
    m_estimating.setSingleShot(true);
    m_estimating.setInterval(estimateMs);
    connect(&m_estimating, &QTimer::timeout, this, &ChatPage::estimate);
    m_drafting.setSingleShot(true);
    m_drafting.setInterval(draftMs);
    connect(&m_drafting, &QTimer::timeout, this, &ChatPage::keepDraft);
    connect(m_composer, &Composer::textChanged, this, [this] {
        m_estimating.start();
        if (!m_drafting.isActive())
            m_drafting.start();
    });
    connect(&m_composer->options(), &OptionsPanel::edited, this, [this] {
        const OptionsPanel &options = m_composer->options();
        m_chats.setOptions(options.systemPrompt(), options.options(), options.cachePolicy(), options.validation());
        m_chats.setQuality(options.quality());
    });
    connect(m_composer, &Composer::picturesChanged, this, &ChatPage::estimate);
    connect(m_composer, &Composer::sendRequested, this, &ChatPage::send);
    connect(m_composer, &Composer::stopRequested, &m_chats, &ChatController::stop);
    connect(m_composer, &Composer::recallRequested, m_transcript, &Transcript::editLast);
}

void ChatPage::connectWelcome()
{
    connect(m_welcome, &Welcome::promptChosen, this, [this](const QString &prompt) {
        m_composer->setText(prompt);
        m_composer->focusText();
    });
    connect(m_welcome, &Welcome::serverChosen, this, &ChatPage::useServer);
    connect(m_found, &FoundServers::changed, this, &ChatPage::showServers);
    connect(m_welcome, &Welcome::connectRequested, this, &ChatPage::settingsRequested);
    connect(m_welcome, &Welcome::modelRequested, this, &ChatPage::modelRequested);
}

void ChatPage::connectFitting()
{
    PromptFitting &fitting = m_chats.fitting();
    connect(&fitting, &PromptFitting::planned, this, &ChatPage::showPlan);
    connect(&fitting, &PromptFitting::changed, this, &ChatPage::estimate);
    connect(m_leftOut, &LeftOutLine::undone, this,
            [this](bool sendsAll) { m_chats.fitting().setSendsAll(m_chats.currentId(), sendsAll); });
    connect(m_leftOut, &LeftOutLine::policyChosen, this, [this](const QString &policy) {
        m_context.settings.setValue("context/policy", policy);
        m_chats.fitting().setSendsAll(m_chats.currentId(), false);
    });
    connect(m_leftOut, &LeftOutLine::summariserRequested, this, &ChatPage::generalSettingsRequested);
}

void ChatPage::connectChats()
{
    connect(m_transcript, &Transcript::editEnded, this, &ChatPage::focusComposer);
    connect(m_transcript, &Transcript::answeredAgain, this, &ChatPage::focusComposer);
    connect(m_transcript, &Transcript::settingsRequested, this, &ChatPage::settingsRequested);
    connect(&m_chats, &ChatController::currentChanged, this, &ChatPage::showCurrent);
    connect(&m_chats, &ChatController::conversationsChanged, this, &ChatPage::showContent);
    connect(&m_chats, &ChatController::pathChanged, this, [this] {
        showContent();
        estimate();
    });
    connect(&m_chats, &ChatController::pinsChanged, this, &ChatPage::estimate);
    connect(&m_chats, &ChatController::spendingQuestion, this, &ChatPage::askToSpend);
    connect(&m_chats, &ChatController::answerEnded, this, &ChatPage::estimate);
    connect(&m_chats, &ChatController::loaded, this, &ChatPage::loadDrafts);
    connect(&m_chats, &ChatController::modelChanged, this, [this] {
        showContent();
        estimate();
    });
    connect(&m_chats, &ChatController::generatingChanged, this,
            [this] { m_composer->setGenerating(m_chats.isGenerating(m_chats.currentId())); });
}

void ChatPage::lookForServers()
{
    m_found->look();
}

void ChatPage::showServers()
{
    QStringList sentences;
    for (const run::LocalServer &server : m_found->servers()) {
        const QString address = server.baseUrl.authority();
        sentences << (server.needsKey ? tr("%1 answers at %2 and wants a key.").arg(server.name, address)
                          : server.models.size() == 1
                          ? tr("%1 answers at %2: 1 model.").arg(server.name, address)
                          : tr("%1 answers at %2: %3 models.").arg(server.name, address).arg(server.models.size()));
    }
    changeContent([&] { m_welcome->setServers(sentences); });
}

void ChatPage::useServer(qsizetype index)
{
    const QString id = m_found->add(index);
    const auto provider = m_context.settings.provider(id);
    if (!provider || provider->defaultModel.isEmpty())
        Q_EMIT settingsRequested();
    else
        adopt(*provider);
}

/// The first real provider answers in new chats, too, and after a restart.
void ChatPage::adopt(const config::ProviderConfig &provider)
{
    if (m_context.settings.value("default/provider").toString() == config::simulatorId) {
        m_context.settings.setValue("default/provider", provider.id);
        m_context.settings.setValue("default/model", provider.defaultModel);
    }
    m_chats.setModel(provider.id, provider.defaultModel);
}

void ChatPage::adoptFirstProvider()
{
    const QList<config::ProviderConfig> providers = m_context.settings.providers();
    const auto first = std::find_if(providers.cbegin(), providers.cend(),
                                    [](const auto &provider) { return provider.id != config::simulatorId; });
    if (first == providers.cend() || m_chats.providerId() != config::simulatorId)
        return;
    config::ProviderConfig provider = *first;
    const QList<llm::ModelInfo> listed = m_context.models.of(provider.id).models;
    if (provider.defaultModel.isEmpty() && !listed.isEmpty())
        provider.defaultModel = listed.first().id;
    if (!provider.defaultModel.isEmpty())
        adopt(provider);
}

void ChatPage::loadDrafts()
{
    whenReady(this, m_context.store.drafts(), [this](const base::Result<QList<store::Draft>> &drafts) {
        if (!drafts)
            return; // whoever loads the conversations says why
        for (const store::Draft &draft : *drafts)
            if (!m_drafts.contains(draft.conversationId))
                m_drafts.insert(draft.conversationId, draft.text);
        if (m_composer->text().isEmpty())
            m_composer->setText(m_drafts.value(m_shownId));
    });
}

void ChatPage::send(const QString &text, const QList<Picture> &pictures)
{
    if (m_chats.model().isEmpty()) {
        m_composer->setText(text);
        m_composer->setPictures(pictures);
        Q_EMIT modelRequested();
        return;
    }
    keepDraft();
    QList<llm::ContentPart> parts;
    for (const Picture &picture : pictures)
        parts.append(picture.part);
    m_chats.send(text, parts);
}

/// Asks before the money is spent; the answer can be a minute later, and the call may have been stopped by then.
void ChatPage::askToSpend(const QString &messageId, const QString &reason)
{
    ui::askToSpend(this, { tr("Send this message?"), reason, tr("Send"), tr("Don't send") },
                   [this, messageId](bool may) {
                       if (may)
                           m_chats.allowSpending(messageId);
                       else
                           m_chats.refuseSpending(messageId);
                   });
}

void ChatPage::dragEnterEvent(QDragEnterEvent *event)
{
    if (Composer::canTake(*event->mimeData()))
        event->acceptProposedAction();
}

void ChatPage::dropEvent(QDropEvent *event)
{
    m_composer->take(*event->mimeData());
    event->acceptProposedAction();
}

void ChatPage::focusComposer()
{
    m_composer->focusText();
}

void ChatPage::keepDraft()
{
    m_drafting.stop();
    const QString text = m_composer->text();
    if (text == m_drafts.value(m_shownId))
        return;
    m_drafts.insert(m_shownId, text);
    m_context.store.saveDraft({ m_shownId, text });
}

void ChatPage::showCurrent()
{
    const QString id = m_chats.currentId();
    if (id != m_shownId) {
        keepDraft();
        m_draftPictures.insert(m_shownId, m_composer->pictures());
        m_shownId = id;
        m_composer->setText(m_drafts.value(id));
        m_composer->setPictures(m_draftPictures.take(id));
        m_composer->options().setQuality(m_chats.quality());
        m_composer->options().setOptions(m_chats.systemPrompt(), m_chats.options(), m_chats.cachePolicy(),
                                         m_chats.validation());
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
    changeContent([this, empty] {
        m_welcome->setSimulated(m_chats.providerId() == config::simulatorId, m_context.settings.providers().size() > 1);
        m_content->setCurrentWidget(empty ? static_cast<QWidget *>(m_welcomeArea) : m_transcript);
    });
}

/// What has the focus may vanish with it: then the composer has it, not whatever is next or nothing.
void ChatPage::changeContent(const std::function<void()> &change)
{
    const QPointer<QWidget> focused = window()->focusWidget();
    const bool within = focused && m_content->isAncestorOf(focused);
    change();
    if (within && (!focused || !focused->isVisibleTo(this)))
        focusComposer();
}

/// Said once: what was closed comes back with another model only.
void ChatPage::warnOfPictures()
{
    QString blind;
    if (m_models.size() == 1 && !m_composer->pictures().isEmpty()) {
        const select::ModelRef &ref = m_models.constFirst();
        const QList<llm::ModelInfo> known = m_context.models.of(ref.providerId).models;
        const auto info = std::find_if(known.cbegin(), known.cend(),
                                       [&ref](const llm::ModelInfo &model) { return model.id == ref.model; });
        if (info != known.cend() && info->imageInput == false)
            blind = ref.model;
    }
    if (std::exchange(m_blindModel, blind) != blind)
        m_composer->setWarning(blind.isEmpty() ? QString() : tr("%1 does not take pictures.").arg(blind));
}

/// Counted aside; showPlan() follows.
void ChatPage::estimate()
{
    Prompt prompt = m_chats.nextPrompt(m_composer->text());
    m_models = prompt.models;
    warnOfPictures();
    if (m_composer->text().isEmpty() && m_chats.tree().leaf().isEmpty())
        prompt.request.messages.clear();
    if (m_context.tokens) {
        m_chats.fitting().plan(prompt);
        return;
    }
    PromptPlan rough;
    rough.fit.prompt = rough.fit.text = cost::roughCount(prompt.request.messages);
    showPlan(rough);
}

/// As the budgets reckon it.
std::optional<cost::CostRange> ChatPage::costOf(const select::ModelRef &ref, const cost::TokenCount &prompt) const
{
    run::RunRequest request;
    request.endpoint.providerId = ref.providerId;
    request.chat = m_chats.nextPrompt(m_composer->text()).request;
    request.chat.model = ref.model;
    llm::Message pictures; // that nextPrompt() leaves out
    pictures.parts.fill({ llm::ContentPart::Kind::Image, {}, {}, {} }, m_composer->pictures().size());
    request.chat.messages.prepend(pictures);
    request.promptTokens = prompt;
    request.validation = llm::activeOf(m_chats.validation());
    for (const QString &other : request.validation.fallbackModels)
        request.fallbacks.append({ request.endpoint, other });
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(m_context.clock.wallMs());
    return run::plannedCall(request, m_context.tokens.get(), m_context.prices, now).cost;
}

void ChatPage::showPlan(const PromptPlan &plan)
{
    m_leftOut->setPlan(plan);
    m_transcript->setLeftOut(plan.leftOut, plan.shortened);
    const cost::TokenCount &prompt = plan.fit.prompt;
    const qsizetype pictures = m_composer->pictures().size() + prompt.imagesNotCounted; // typed now, and before
    if (plan.fit.text.tokens == 0 && pictures == 0) {
        m_composer->setEstimate({});
        return;
    }
    const bool exact = plan.fit.text.exact;
    const QString tokens = QLocale().toString(exact ? plan.fit.text.tokens : prompt.tokens);
    QString text = exact ? tr("%1 tok").arg(tokens) : tr("~%1 tok").arg(tokens);
    if (const QString cost = costText(prompt); !cost.isEmpty())
        text += u" · "_s + cost;
    if (pictures > 0)
        text += u" + "_s + (pictures == 1 ? tr("1 picture") : tr("%1 pictures").arg(pictures));
    m_composer->setEstimate(text, countTip(plan.fit));
}

/// Over all models that may be asked. Empty where none of them charges anything.
QString ChatPage::costText(const cost::TokenCount &prompt) const
{
    std::optional<cost::CostRange> range;
    bool charges = false;
    bool allKnown = true;
    for (const select::ModelRef &ref : m_models) {
        const auto cost = costOf(ref, prompt);
        allKnown = allKnown && cost;
        if (!cost)
            continue;
        charges = charges || cost->maxUsd > 0 || !m_context.prices.isUnpriced(ref.providerId);
        range = range ? cost::CostRange { std::min(range->minUsd, cost->minUsd), std::max(range->maxUsd, cost->maxUsd) }
                      : *cost;
    }
    if (!range)
        return m_models.isEmpty() ? QString() : tr("price unknown");
    if (!charges)
        return {};
    const QString text = profile::formatUsdRange(range->minUsd, range->maxUsd);
    if (m_models.size() == 1)
        return text;
    return allKnown ? tr("%1, by the model chosen").arg(text)
                    : tr("%1 where the price is known, by the model chosen").arg(text);
}

void ChatPage::applySettings()
{
    m_composer->setSendKey(m_context.settings.value("send_with").toString() == "ctrl_enter"_L1
                               ? PromptEdit::SendKey::CtrlEnter
                               : PromptEdit::SendKey::Enter);
}

} // namespace talkbench::ui
