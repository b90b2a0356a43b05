#include "ui/chat/notice.h"

#include "core/profile/format.h"
#include "ui/chat/foldedtext.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Notice", text);
}

bool needsSettings(base::ErrorKind kind)
{
    using enum base::ErrorKind;
    return kind == Auth || kind == Forbidden || kind == Dns || kind == Refused || kind == Tls || kind == Proxy
        || kind == Config || kind == Redirect || kind == NotJson;
}

int againActions(bool hasText)
{
    return hasText ? Notice::Continue | Notice::Regenerate : Notice::Retry;
}

/// Its raw words, with the status that they came under.
QString detailOf(const base::Error &error)
{
    const QString status = error.httpStatus > 0 ? tr("HTTP status %1").arg(error.httpStatus) + u"\n"_s : QString();
    return error.detail.isEmpty() ? QString() : status + error.detail;
}

Notice errorNotice(const base::Error &error, int again)
{
    return { .tone = Card::Tone::Error,
             .title = error.message,
             .advice = adviceFor(error),
             .detail = detailOf(error),
             .fromServer = error.httpStatus > 0,
             .actions = again | (needsSettings(error.kind) ? int(Notice::Settings) : 0) };
}

/// What had gone wrong before it was stopped stays told where nothing came since.
Notice stoppedNotice(const profile::RunRecord &record, bool hasText)
{
    Notice notice { .title = tr("You stopped this answer."), .actions = againActions(hasText) };
    const auto &earlier = record.earlierAttempts;
    if (earlier.isEmpty() || !earlier.last().error || !record.trace.chunks.isEmpty())
        return notice;
    const base::Error &error = *earlier.last().error;
    notice.advice = error.httpStatus > 0 ? tr("That was after HTTP %1: %2").arg(error.httpStatus).arg(error.message)
                                         : tr("That was after an error: %1").arg(error.message);
    notice.detail = detailOf(error);
    notice.fromServer = error.httpStatus > 0;
    return notice;
}

/// Where the server was not reached, or not the right one, or not to the end.
QString connectionAdvice(const base::Error &error)
{
    using enum base::ErrorKind;
    switch (error.kind) {
    case Dns:
        return tr("Check the base URL of the provider and whether this computer is online.");
    case Refused:
        return tr("Start the server, or check the port in the provider's base URL.");
    case Tls:
        if (error.certificate && error.certificate->problems.isEmpty())
            return tr(
                "If the server has a new certificate, compare its fingerprint and pin it in the provider's settings. "
                "If not, somebody may be in between.");
        return tr("The server's certificate was not accepted. Check the base URL and this computer's clock; one of "
                  "your own can be pinned in the provider's settings.");
    case Proxy:
        return tr("Check the proxy, its address and its password in the settings.");
    case ConnectTimeout:
    case FirstByteTimeout:
    case IdleTimeout:
    case TotalTimeout:
        return tr("The server took too long. Try again, or raise the limit in the settings.");
    case Reset:
    case Truncated:
        return tr("The connection was cut before the answer ended. What came is kept; try again.");
    case Network:
        return tr("Check the network and try again.");
    case Redirect:
        return tr("The server points to another address. Check the base URL; the key was not sent there.");
    case NotJson:
        return tr("What answered is not a model server. Check the base URL, its path too.");
    default:
        return {};
    }
}

} // namespace

QString adviceFor(const base::Error &error)
{
    using enum base::ErrorKind;
    switch (error.kind) {
    case Auth:
        return tr("Check the key of this provider in the settings.");
    case Forbidden:
        return tr("The key is known but may not use this. Choose another model or check the account.");
    case Dns:
    case Refused:
    case Tls:
    case Proxy:
    case ConnectTimeout:
    case FirstByteTimeout:
    case IdleTimeout:
    case TotalTimeout:
    case Reset:
    case Truncated:
    case Network:
    case Redirect:
    case NotJson:
        return connectionAdvice(error);
    case NotFound:
        return tr("The model or the address is unknown to the server. Choose another model or check the base URL.");
    case InvalidRequest:
        return tr("The server did not accept the request. Its own words are below.");
    case ContextTooLong:
        return tr("The conversation is longer than the model can read. Start a new one or edit a message.");
    case RateLimited:
        if (error.retryAfterMs)
            return tr("Too many requests for this account at the moment. The server asks to wait %1.")
                .arg(profile::formatMs(double(*error.retryAfterMs)));
        return tr("Too many requests for this account at the moment. Wait a little, then try again.");
    case Quota:
        return tr("The account's credit or quota is used up. Check it with the provider.");
    case Overloaded:
    case Server:
        return tr("The provider has trouble on its side. Try again in a moment.");
    case Filtered:
        return tr("The provider's filter stopped this. Say it in other words.");
    case Refusal:
        return tr("The model declined. Say it in other words or choose another model.");
    case BadEvent:
    case TooLarge:
        return tr("The server sent something Talkbench can't read. Its own words are below.");
    case Cancelled:
    case Interrupted:
    case Usage:
        return {};
    case Queue:
        return tr("Too many calls are waiting. Try again in a moment.");
    case Budget:
        return tr("Raise the budget in the settings, or choose a cheaper model.");
    case Storage:
        return tr("Check the free space and the permissions of the data folder.");
    case Config:
        return tr("Check the settings.");
    }
    return {};
}

Notice noticeFor(const profile::RunRecord &record, bool hasText)
{
    const int again = againActions(hasText);
    if (record.cancelled())
        return stoppedNotice(record, hasText);
    if (record.interrupted())
        return interruptedNotice(hasText);
    if (record.answer.error)
        return errorNotice(*record.answer.error, again);
    if (!record.answer.finishReason)
        return {};
    switch (*record.answer.finishReason) {
    case llm::FinishReason::Length:
        return { .tone = Card::Tone::Warning,
                 .title = tr("The answer stopped at the length limit."),
                 .advice = hasText ? QString()
                                   : tr("The whole limit went into thinking. Raise it in the options of this chat."),
                 .actions = hasText ? Notice::Continue : Notice::Retry };
    case llm::FinishReason::ContentFilter:
        return { .tone = Card::Tone::Warning,
                 .title = tr("The provider's filter ended this answer."),
                 .advice = tr("Say it in other words."),
                 .actions = hasText ? Notice::Regenerate : Notice::Retry };
    case llm::FinishReason::ToolCalls:
        return { .title = tr("The model asked for a tool, which this version can't run.") };
    default:
        return {};
    }
}

Notice retryNotice(const base::Error &error, int secondsLeft)
{
    return { .tone = Card::Tone::Warning,
             .title = error.message,
             .advice = secondsLeft > 0 ? tr("Trying again in %1 s").arg(secondsLeft) : tr("Trying again now"),
             .detail = error.detail,
             .fromServer = error.httpStatus > 0,
             .actions = Notice::Now | Notice::Stop };
}

Notice interruptedNotice(bool hasText)
{
    return { .tone = Card::Tone::Warning,
             .title = tr("Interrupted: Talkbench was closed before this answer ended."),
             .actions = againActions(hasText) };
}

NoticeCard::NoticeCard(QWidget *parent)
    : Card(Tone::Plain, parent), m_icon(new IconLabel({}, grid::icon, this)), m_title(new QLabel(this)),
      m_advice(mutedLabel(u"noticeAdvice"_s, this)), m_detail(new FoldedText(u"noticeDetails"_s, this)),
      m_actions(new QWidget(this))
{
    setObjectName(u"notice"_s);
    m_title->setObjectName(u"noticeTitle"_s);
    for (QLabel *label : { m_title, m_advice }) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    }

    auto *buttons = new QHBoxLayout(m_actions);
    buttons->setContentsMargins(0, grid::half, 0, 0);
    buttons->setSpacing(grid::unit);
    addAction(u"noticeRetry"_s, tr("Try again"), Notice::Retry);
    addAction(u"noticeContinue"_s, tr("Continue"), Notice::Continue);
    addAction(u"noticeRegenerate"_s, tr("Regenerate"), Notice::Regenerate);
    addAction(u"noticeNow"_s, tr("Try now"), Notice::Now);
    addAction(u"noticeStop"_s, tr("Stop"), Notice::Stop);
    addAction(u"noticeSettings"_s, tr("Settings…"), Notice::Settings);
    buttons->addStretch();

    auto *text = new QVBoxLayout;
    text->setSpacing(grid::half);
    text->addWidget(m_title);
    text->addWidget(m_advice);
    text->addWidget(m_detail);
    text->addWidget(m_actions);
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(grid::wide, grid::wide, grid::wide, grid::wide);
    line->setSpacing(grid::unit);
    line->addWidget(m_icon, 0, Qt::AlignTop);
    line->addLayout(text, 1);
    hide();
}

QPushButton *NoticeCard::addAction(const QString &objectName, const QString &text, Notice::Action action)
{
    auto *button = new QPushButton(text, m_actions);
    button->setObjectName(objectName);
    button->setAccessibleName(text);
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, [this, action] { Q_EMIT chosen(action); });
    m_actions->layout()->addWidget(button);
    m_buttons.append({ action, button });
    return button;
}

void NoticeCard::setNotice(const Notice &notice)
{
    setVisible(!notice.isEmpty());
    if (notice.isEmpty())
        return;
    setTone(notice.tone);
    m_title->setText(notice.title);
    setAccessibleName(notice.title);
    const bool error = notice.tone == Tone::Error;
    const bool warning = notice.tone == Tone::Warning;
    m_icon->setIcon(icon(error || warning ? u"alert"_s : u"info"_s,
                         error         ? IconTone::Error
                             : warning ? IconTone::Warning
                                       : IconTone::Muted));
    m_advice->setText(notice.advice);
    m_advice->setVisible(!notice.advice.isEmpty());
    m_detail->setTitle(notice.fromServer ? tr("What the server said") : tr("Details"));
    m_detail->setText(notice.detail);
    m_detail->setVisible(!notice.detail.isEmpty());
    m_actions->setVisible(notice.actions != Notice::None);
    for (const auto &[action, button] : m_buttons)
        button->setVisible(notice.actions & action);
}

} // namespace talkbench::ui
