#include "ui/chat/transcript.h"

#include "core/base/clock.h"
#include "core/config/settings.h"
#include "ui/chat/answermessage.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/usermessage.h"
#include "ui/profiler/elsewhere.h"
#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QAbstractButton>
#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr qsizetype firstWindow = 40;
constexpr qsizetype olderWindow = 20;
constexpr int nearTop = 600;
constexpr int nearEnd = 4;
constexpr int jumpDistance = 80;
constexpr int jumpSize = 36;
constexpr int sideMargin = 24;
constexpr int countdownMs = 250;

/// A round button that floats over the text.
class JumpButton final : public QToolButton {
public:
    using QToolButton::QToolButton;

protected:
    void paintEvent(QPaintEvent *) override
    {
        const Colours &c = colours(this);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setBrush(isDown() ? c.pressed : underMouse() || hasFocus() ? c.hover : c.raised);
        painter.setPen(QPen(hasFocus() ? c.accent : c.border, hasFocus() ? 1.5 : 1));
        painter.drawEllipse(QRectF(rect()).adjusted(1, 1, -1, -1));
        icon().paint(&painter, rect().adjusted(9, 9, -9, -9));
    }
};

/// It says how many seconds are left.
bool countsDown(const run::RunUpdate &update)
{
    return update.state == run::RunState::RetryWait
        || (update.state == run::RunState::Queued && update.wait.untilNs != 0);
}

void drop(MessageWidget *message)
{
    // Its own signal may have led here.
    message->hide();
    message->deleteLater();
}

} // namespace

/// Stacks the messages in a centred reading column.
class Column final : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    int place(const QList<MessageWidget *> &messages, int width)
    {
        const int column = std::min(width - 2 * sideMargin, grid::column);
        const int left = (width - column) / 2;
        int y = grid::section;
        for (MessageWidget *message : messages) {
            const int height = message->heightForWidth(column);
            message->setGeometry(left, y, column, height);
            y += height + grid::section;
        }
        return y;
    }

Q_SIGNALS:
    void layoutRequested();

protected:
    bool event(QEvent *event) override
    {
        if (event->type() == QEvent::LayoutRequest) {
            Q_EMIT layoutRequested();
            return true;
        }
        return QWidget::event(event);
    }
};

Transcript::Transcript(ChatController &chats, AppContext &context, QWidget *parent)
    : QScrollArea(parent), m_chats(chats), m_context(context), m_column(new Column), m_jump(new JumpButton(this))
{
    setObjectName(u"transcript"_s);
    setAccessibleName(tr("Conversation"));
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::StrongFocus);
    setWidget(m_column);
    viewport()->setAutoFillBackground(false);
    m_column->setAutoFillBackground(false);
    verticalScrollBar()->setSingleStep(40);
    m_jump->setObjectName(u"jumpToEnd"_s);
    m_jump->setIcon(icon(u"arrow-down"_s));
    m_jump->setToolTip(tr("Jump to the end"));
    m_jump->setAccessibleName(tr("Jump to the end"));
    m_jump->resize(jumpSize, jumpSize);
    m_jump->hide();
    m_countdown.setInterval(countdownMs);
    connect(&m_countdown, &QTimer::timeout, this, &Transcript::tickCountdowns);
    connect(m_jump, &QToolButton::clicked, this, &Transcript::jumpToEnd);
    connect(m_column, &Column::layoutRequested, this, &Transcript::layOut);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &Transcript::scrolled);
    connect(&m_chats, &ChatController::currentChanged, this, &Transcript::reset);
    connect(&m_chats, &ChatController::pathChanged, this, [this] {
        m_follows = true;
        sync();
    });
    connect(&m_chats, &ChatController::answerUpdated, this, [this](const QString &id, const run::RunUpdate &update) {
        AnswerMessage *widget = answer(id);
        const LiveAnswer *live = m_chats.live(id);
        if (widget && live && update.restarted)
            showLive(widget, *live);
        else if (widget && widget->isLive())
            widget->apply(update, m_context.clock.nowNs());
        if (countsDown(update))
            m_countdown.start();
    });
    connect(&m_chats, &ChatController::pinsChanged, this, [this] {
        for (MessageWidget *message : std::as_const(m_messages))
            message->setPinned(m_chats.isPinned(message->messageId()));
    });
    const auto showAgain = [this](const QString &id) {
        if (AnswerMessage *widget = answer(id))
            showAnswer(widget);
    };
    connect(&m_chats, &ChatController::answerEnded, this, showAgain);
    connect(&m_chats, &ChatController::recordChanged, this, showAgain);
}

void Transcript::reset()
{
    for (MessageWidget *message : std::exchange(m_messages, {}))
        drop(message);
    m_path.clear();
    m_follows = true;
    sync();
}

void Transcript::sync()
{
    const QStringList path = m_chats.tree().path();
    qsizetype common = 0;
    while (common < path.size() && common < m_path.size() && path.at(common) == m_path.at(common))
        ++common;
    const qsizetype firstBuilt = m_path.size() - m_messages.size();
    while (!m_messages.isEmpty() && firstBuilt + m_messages.size() > std::max(common, firstBuilt))
        drop(m_messages.takeLast());
    qsizetype next = m_messages.isEmpty() ? std::max<qsizetype>(path.size() - firstWindow, 0) : common;
    m_path = path;
    for (; next < path.size(); ++next)
        m_messages.append(build(path.at(next)));
    for (MessageWidget *message : std::as_const(m_messages)) {
        const QStringList siblings = m_chats.tree().siblings(message->messageId());
        message->setSibling(siblings.indexOf(message->messageId()) + 1, siblings.size());
        // A message that is tried again keeps its place.
        if (auto *widget = qobject_cast<AnswerMessage *>(message);
            widget && !widget->isLive() && m_chats.live(message->messageId()))
            showAnswer(widget);
    }
    layOut();
}

MessageWidget *Transcript::build(const QString &id)
{
    const store::StoredMessage &message = *m_chats.tree().find(id);
    MessageWidget *widget = nullptr;
    if (message.message.role == llm::Role::Assistant) {
        auto *made = new AnswerMessage(message, m_column);
        made->setElsewhere(withFavourites(m_context));
        made->setProviderNames([this](const QString &provider) { return m_context.settings.providerName(provider); });
        widget = made;
        showAnswer(made);
        connect(made, &AnswerMessage::overruled, &m_chats,
                [this](const QString &answered, const QString &provider, const QString &model) {
                    m_chats.overrule(answered, { provider, model });
                });
    } else if (message.message.role == llm::Role::Tool) {
        widget = new ToolMessage(message, toolOf(message), m_column);
    } else {
        widget = new UserMessage(message, m_column);
    }
    connect(widget, &MessageWidget::copyRequested, this,
            [](const QString &text) { QApplication::clipboard()->setText(text); });
    connect(widget, &MessageWidget::regenerateRequested, &m_chats, &ChatController::regenerate);
    connect(widget, &MessageWidget::editRequested, &m_chats, &ChatController::editAndResend);
    connect(widget, &MessageWidget::editEnded, this, &Transcript::editEnded);
    connect(widget, &MessageWidget::siblingRequested, &m_chats, &ChatController::selectSibling);
    connect(widget, &MessageWidget::pinRequested, &m_chats, &ChatController::setPinned);
    widget->setPinned(m_chats.isPinned(id));
    widget->setLeftOut(m_leftOut.contains(id), m_shortened.value(id));
    connect(widget, &MessageWidget::noticeChosen, this,
            [this](const QString &itsId, Notice::Action action) { noticeChosen(itsId, action); });
    widget->show();
    return widget;
}

/// The tool whose result this is: the call is in the answer before it.
QString Transcript::toolOf(const store::StoredMessage &result) const
{
    for (const QString &id : m_chats.tree().ancestors(result.id))
        for (const llm::ToolCall &call : m_chats.tree().find(id)->message.toolCalls)
            if (call.id == result.message.toolCallId)
                return call.name;
    return {};
}

AnswerMessage *Transcript::answer(const QString &id) const
{
    for (auto it = m_messages.crbegin(); it != m_messages.crend(); ++it)
        if ((*it)->messageId() == id)
            return qobject_cast<AnswerMessage *>(*it);
    return nullptr;
}

void Transcript::showAnswer(AnswerMessage *widget)
{
    const QString id = widget->messageId();
    if (const LiveAnswer *live = m_chats.live(id))
        showLive(widget, *live);
    else
        widget->setEnded(*m_chats.tree().find(id), m_chats.record(id));
}

void Transcript::showLive(AnswerMessage *widget, const LiveAnswer &live)
{
    widget->setLive(live, m_context.clock.nowNs());
    if (countsDown(live.last))
        m_countdown.start();
}

void Transcript::buildOlder()
{
    const qsizetype firstBuilt = m_path.size() - m_messages.size();
    if (firstBuilt <= 0 || m_messages.isEmpty())
        return;
    const int before = m_column->height();
    const int value = verticalScrollBar()->value();
    for (qsizetype i = 1; i <= std::min(olderWindow, firstBuilt); ++i) {
        m_messages.prepend(build(m_path.at(firstBuilt - i)));
        const QStringList siblings = m_chats.tree().siblings(m_path.at(firstBuilt - i));
        m_messages.first()->setSibling(siblings.indexOf(m_path.at(firstBuilt - i)) + 1, siblings.size());
    }
    layOut();
    // What the reader looks at stays where it is.
    m_layingOut = true;
    verticalScrollBar()->setValue(value + m_column->height() - before);
    m_lastValue = verticalScrollBar()->value();
    m_layingOut = false;
}

void Transcript::layOut()
{
    if (m_layingOut || !isVisible())
        return;
    m_layingOut = true;
    const int width = viewport()->width();
    // Centred as the composer is, with the scroll bar in the margin.
    m_column->resize(width, m_column->place(m_messages, this->width()));
    if (m_follows)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    m_lastValue = verticalScrollBar()->value();
    m_layingOut = false;
    placeJump();
}

void Transcript::scrolled(int value)
{
    if (m_layingOut)
        return;
    if (value < m_lastValue)
        m_follows = false;
    if (value >= verticalScrollBar()->maximum() - nearEnd)
        m_follows = true;
    m_lastValue = value;
    placeJump();
    if (value < nearTop)
        QMetaObject::invokeMethod(this, &Transcript::buildOlder, Qt::QueuedConnection);
}

void Transcript::jumpToEnd()
{
    m_follows = true;
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    placeJump();
}

void Transcript::placeJump()
{
    const int distance = verticalScrollBar()->maximum() - verticalScrollBar()->value();
    m_jump->setVisible(!m_follows && distance > jumpDistance);
    m_jump->move((viewport()->width() - jumpSize) / 2, height() - jumpSize - grid::gap);
    m_jump->raise();
}

void Transcript::tickCountdowns()
{
    bool waiting = false;
    for (MessageWidget *message : std::as_const(m_messages)) {
        const LiveAnswer *live = m_chats.live(message->messageId());
        if (!live || !countsDown(live->last))
            continue;
        waiting = true;
        run::RunUpdate again = live->last;
        again.text.clear();
        again.reasoning.clear();
        again.chunks.clear();
        if (AnswerMessage *widget = answer(message->messageId()))
            widget->apply(again, m_context.clock.nowNs());
    }
    if (!waiting)
        m_countdown.stop();
}

void Transcript::noticeChosen(const QString &id, int action)
{
    switch (action) {
    case Notice::Retry:
    case Notice::Regenerate:
        m_chats.regenerate(id);
        break;
    case Notice::Continue:
        m_chats.continueAnswer(id);
        break;
    case Notice::Now:
        m_chats.retryNow(id);
        break;
    case Notice::Stop:
        m_chats.stopAnswer(id);
        break;
    case Notice::Settings:
        Q_EMIT settingsRequested();
        return;
    default:
        return;
    }
    Q_EMIT answeredAgain();
}

void Transcript::editLast()
{
    for (auto it = m_messages.rbegin(); it != m_messages.rend(); ++it) {
        if (auto *message = qobject_cast<UserMessage *>(*it)) {
            message->beginEdit();
            m_follows = false;
            layOut();
            ensureWidgetVisible(message);
            return;
        }
    }
}

void Transcript::setLeftOut(const QSet<QString> &ids, const QHash<QString, QString> &shortened)
{
    if (ids == m_leftOut && shortened == m_shortened)
        return;
    m_leftOut = ids;
    m_shortened = shortened;
    for (MessageWidget *message : std::as_const(m_messages))
        message->setLeftOut(ids.contains(message->messageId()), shortened.value(message->messageId()));
    layOut();
}

void Transcript::copyLastAnswer()
{
    for (auto it = m_path.crbegin(); it != m_path.crend(); ++it) {
        const store::StoredMessage *message = m_chats.tree().find(*it);
        if (message->message.role != llm::Role::Assistant)
            continue;
        const LiveAnswer *live = m_chats.live(*it);
        QApplication::clipboard()->setText(live ? live->text : message->message.text());
        return;
    }
}

void Transcript::regenerateLast()
{
    for (auto it = m_path.crbegin(); it != m_path.crend(); ++it) {
        if (m_chats.tree().find(*it)->message.role == llm::Role::Assistant) {
            m_chats.regenerate(*it);
            return;
        }
    }
}

void Transcript::resizeEvent(QResizeEvent *event)
{
    QScrollArea::resizeEvent(event);
    layOut();
}

void Transcript::showEvent(QShowEvent *event)
{
    QScrollArea::showEvent(event);
    layOut();
}

/// Buttons outside a dialog are pressed by the space bar only.
void Transcript::pressFocused()
{
    if (auto *button = qobject_cast<QAbstractButton *>(focusWidget()))
        button->click();
}

void Transcript::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_End)
        jumpToEnd();
    else if (event->key() == Qt::Key_Home)
        verticalScrollBar()->setValue(0);
    else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        pressFocused();
    else
        QScrollArea::keyPressEvent(event);
}

} // namespace talkbench::ui

#include "transcript.moc"
