#include "ui/chat/messagewidget.h"

#include "ui/chat/chatcontroller.h"
#include "ui/chat/promptedit.h"
#include "ui/chat/reasoningbox.h"
#include "ui/markdown/markdownview.h"
#include "ui/profiler/gapstrip.h"
#include "ui/profiler/numbersline.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int bubblePadding = 14;
constexpr int bubblePaddingV = 10;
constexpr double bubbleShare = 0.8;
constexpr int actionSize = 28;

/// Places the bubble at the right, as wide as its text needs and never wider than its share of the line.
class BubbleLine final : public QWidget {
public:
    BubbleLine(Card *bubble, MarkdownView *view, QWidget *parent) : QWidget(parent), m_bubble(bubble), m_view(view)
    {
        m_bubble->setParent(this);
        m_view->setParent(m_bubble);
        QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
        policy.setHeightForWidth(true);
        setSizePolicy(policy);
        connect(m_view, &MarkdownView::heightChanged, this, [this] { updateGeometry(); });
    }

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override
    {
        return m_view->heightForWidth(textWidth(width)) + 2 * bubblePaddingV;
    }
    QSize sizeHint() const override { return { 200, heightForWidth(std::max(width(), 200)) }; }

protected:
    void resizeEvent(QResizeEvent *) override
    {
        const int text = textWidth(width());
        const int side = text + 2 * bubblePadding;
        m_bubble->setGeometry(width() - side, 0, side, height());
        m_view->setGeometry(bubblePadding, bubblePaddingV, text, height() - 2 * bubblePaddingV);
    }

private:
    int textWidth(int width) const
    {
        const int most = std::max(int(width * bubbleShare) - 2 * bubblePadding, 40);
        m_view->heightForWidth(most);
        return std::min(m_view->idealWidth() + 1, most);
    }

    Card *m_bubble;
    MarkdownView *m_view;
};

} // namespace

MessageWidget::MessageWidget(const store::StoredMessage &message, QWidget *parent)
    : QWidget(parent), m_id(message.id), m_actions(new QHBoxLayout)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::half);
    m_actions->setContentsMargins(0, 0, 0, 0);
    m_actions->setSpacing(grid::hair);
}

int MessageWidget::heightForWidth(int width) const
{
    return layout()->totalHeightForWidth(width);
}

QToolButton *MessageWidget::addAction(const QString &objectName, const QString &iconName, const QString &tip)
{
    QToolButton *button = iconButton(objectName, iconName, tip, this);
    button->setFixedSize(actionSize, actionSize);
    button->setIconSize({ 16, 16 });
    m_actions->addWidget(button);
    return button;
}

void MessageWidget::addSiblingSwitch()
{
    m_previous = addAction(u"previousVersion"_s, u"chevron-left"_s, tr("Previous version"));
    m_position = mutedLabel(u"versionPosition"_s, this, 0.92);
    m_actions->addWidget(m_position);
    m_next = addAction(u"nextVersion"_s, u"chevron-right"_s, tr("Next version"));
    connect(m_previous, &QToolButton::clicked, this, [this] { Q_EMIT siblingRequested(m_id, -1); });
    connect(m_next, &QToolButton::clicked, this, [this] { Q_EMIT siblingRequested(m_id, 1); });
    setSibling(1, 1);
}

void MessageWidget::setSibling(qsizetype index, qsizetype count)
{
    for (QWidget *part :
         { static_cast<QWidget *>(m_previous), static_cast<QWidget *>(m_position), static_cast<QWidget *>(m_next) })
        part->setVisible(count > 1);
    m_position->setText(u"%1/%2"_s.arg(index).arg(count));
    m_position->setAccessibleName(tr("Version %1 of %2").arg(index).arg(count));
    m_previous->setEnabled(index > 1);
    m_next->setEnabled(index < count);
}

UserMessage::UserMessage(const store::StoredMessage &message, QWidget *parent)
    : MessageWidget(message, parent), m_text(message.message.text()), m_bubble(new Card(Card::Tone::Bubble, this)),
      m_view(new MarkdownView(m_bubble)), m_editor(new Card(Card::Tone::Field, this)), m_edit(new PromptEdit(m_editor)),
      m_bar(new QWidget(this))
{
    setObjectName(u"userMessage"_s);
    setAccessibleName(tr("You wrote"));
    m_view->setObjectName(u"userText"_s);
    m_view->setAccessibleName(tr("You wrote"));
    m_view->setPlain(m_text);

    m_edit->setObjectName(u"messageEdit"_s);
    m_edit->setAccessibleName(tr("Edit your message"));
    auto *cancel = new QPushButton(tr("Cancel"), m_editor);
    auto *resend = new QPushButton(tr("Send"), m_editor);
    cancel->setObjectName(u"messageEditCancel"_s);
    resend->setObjectName(u"messageEditSend"_s);
    auto *buttons = new QHBoxLayout;
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(resend);
    auto *editing = new QVBoxLayout(m_editor);
    editing->setContentsMargins(grid::wide, grid::unit, grid::wide, grid::unit);
    editing->addWidget(m_edit);
    editing->addLayout(buttons);
    m_editor->hide();
    const auto submit = [this] {
        const QString text = m_edit->toPlainText();
        endEdit();
        if (!text.trimmed().isEmpty())
            Q_EMIT editRequested(messageId(), text);
    };
    connect(resend, &QPushButton::clicked, this, submit);
    connect(m_edit, &PromptEdit::submitted, this, submit);
    connect(cancel, &QPushButton::clicked, this, &UserMessage::endEdit);
    connect(m_edit, &PromptEdit::escaped, this, &UserMessage::endEdit);
    connect(m_edit, &PromptEdit::focusChanged, m_editor, &Card::setFocused);

    actions()->addStretch();
    QToolButton *copy = addAction(u"copyMessage"_s, u"copy"_s, tr("Copy"));
    connect(copy, &QToolButton::clicked, this, [this] { Q_EMIT copyRequested(m_text); });
    QToolButton *edit = addAction(u"editMessage"_s, u"edit"_s, tr("Edit and send again"));
    connect(edit, &QToolButton::clicked, this, &UserMessage::beginEdit);
    addSiblingSwitch();
    m_bar->setLayout(actions());

    auto *column = static_cast<QVBoxLayout *>(layout());
    column->setSpacing(grid::hair);
    m_line = new BubbleLine(m_bubble, m_view, this);
    column->addWidget(m_line);
    column->addWidget(m_editor);
    column->addWidget(m_bar);
}

void UserMessage::beginEdit()
{
    m_edit->setPlainText(m_text);
    m_edit->moveCursor(QTextCursor::End);
    m_line->hide();
    m_bar->hide();
    m_editor->show();
    m_edit->setFocus();
}

void UserMessage::endEdit()
{
    m_editor->hide();
    m_line->show();
    m_bar->show();
}

AnswerMessage::AnswerMessage(const store::StoredMessage &message, QWidget *parent)
    : MessageWidget(message, parent), m_state(mutedLabel(u"answerState"_s, this, 0.95)), m_dots(new BusyDots(this)),
      m_reasoning(new ReasoningBox(this)), m_view(new MarkdownView(this)), m_notice(new NoticeCard(this)),
      m_gaps(new GapStrip(this)), m_numbers(new NumbersLine(this))
{
    setObjectName(u"answerMessage"_s);
    m_view->setObjectName(u"answerText"_s);
    m_view->setAccessibleName(tr("Answer of %1").arg(message.model));
    m_numbers->setObjectName(u"numbersLine"_s);
    m_gaps->setObjectName(u"gapStrip"_s);

    auto *picture = new IconLabel(icon(u"model"_s, IconTone::Accent), 16, this);
    auto *model = mutedLabel(u"answerModel"_s, this, 0.95);
    model->setText(message.model);
    auto *header = new QHBoxLayout;
    header->setSpacing(grid::half + 2);
    header->addWidget(picture);
    header->addWidget(model);
    header->addStretch();
    auto *state = new QHBoxLayout;
    state->setSpacing(grid::unit);
    state->addWidget(m_dots);
    state->addWidget(m_state);
    state->addStretch();

    m_copy = addAction(u"copyMessage"_s, u"copy"_s, tr("Copy"));
    connect(m_copy, &QToolButton::clicked, this, [this] { Q_EMIT copyRequested(m_text); });
    m_regenerate = addAction(u"regenerate"_s, u"regenerate"_s, tr("Answer again"));
    connect(m_regenerate, &QToolButton::clicked, this, [this] { Q_EMIT regenerateRequested(messageId()); });
    addSiblingSwitch();
    actions()->addStretch();
    connect(m_notice, &NoticeCard::chosen, this,
            [this](Notice::Action action) { Q_EMIT noticeChosen(messageId(), action); });

    auto *column = static_cast<QVBoxLayout *>(layout());
    column->setSpacing(grid::unit - 2);
    column->addLayout(header);
    column->addWidget(m_reasoning);
    column->addWidget(m_view);
    column->addLayout(state);
    column->addWidget(m_notice);
    column->addWidget(m_gaps);
    column->addWidget(m_numbers);
    column->addLayout(actions());
    setEnded(message, nullptr);
}

void AnswerMessage::setLive(const LiveAnswer &live)
{
    m_isLive = true;
    m_text = live.text;
    m_view->setMarkdown(live.text);
    m_view->setVisible(!live.text.isEmpty());
    m_reasoning->setText(live.reasoning);
    m_notice->setNotice({});
    m_gaps->clear();
    m_gaps->setChunks(live.chunks);
    m_numbers->begin();
    run::RunUpdate caughtUp = live.last;
    caughtUp.chunks = live.chunks;
    caughtUp.text = live.text;
    caughtUp.reasoning = live.reasoning;
    m_numbers->apply(caughtUp);
    m_copy->hide();
    m_regenerate->hide();
    showState(live.last, 0);
}

void AnswerMessage::apply(const run::RunUpdate &update, qint64 nowNs)
{
    m_reasoning->append(update.reasoning);
    if (!update.text.isEmpty()) {
        if (m_text.isEmpty()) {
            m_view->show();
            if (!m_reasoning->isEmpty())
                m_reasoning->setDone((update.trace.firstOutputNs - update.trace.firstContentNs) / 1'000'000);
        }
        m_text += update.text;
        m_view->append(update.text);
    }
    if (!update.chunks.isEmpty())
        m_gaps->addChunks(update.chunks);
    m_numbers->apply(update);
    showState(update, nowNs);
}

void AnswerMessage::showState(const run::RunUpdate &update, qint64 nowNs)
{
    QString state;
    Notice notice;
    switch (update.state) {
    case run::RunState::Queued:
        state =
            update.wait.ahead > 0 ? tr("Waiting in the queue, %n ahead", nullptr, update.wait.ahead) : tr("Starting");
        break;
    case run::RunState::Connecting:
        state = tr("Connecting");
        break;
    case run::RunState::Waiting:
        state = tr("Waiting for the first token");
        break;
    case run::RunState::Streaming:
        break;
    case run::RunState::RetryWait:
        if (update.lastError)
            notice =
                retryNotice(*update.lastError, int(std::max<qint64>(update.retryAtNs - nowNs, 0) / 1'000'000'000) + 1);
        break;
    case run::RunState::Ended:
        break;
    }
    m_notice->setNotice(notice);
    m_state->setText(state);
    m_state->setVisible(!state.isEmpty());
    m_dots->setVisible(m_isLive && notice.isEmpty() && m_text.isEmpty());
    m_gaps->setVisible(!m_gaps->isEmpty());
    m_numbers->setVisible(update.trace.firstContentNs > 0);
}

void AnswerMessage::setEnded(const store::StoredMessage &message, const profile::RunRecord *record)
{
    const bool wasLive = std::exchange(m_isLive, false);
    const QString text = message.message.text();
    if (!wasLive || m_text != text)
        m_view->setMarkdown(text);
    else
        m_view->flush();
    m_text = text;
    m_view->setVisible(!text.isEmpty());
    if (!wasLive)
        m_reasoning->setText(message.message.reasoning);
    const bool knowsTime = record && record->trace.firstOutputNs > 0;
    m_reasoning->setDone(knowsTime ? (record->trace.firstOutputNs - record->trace.firstContentNs) / 1'000'000 : -1);
    m_dots->hide();
    m_state->hide();
    m_notice->setNotice(record ? noticeFor(*record) : interruptedNotice());
    if (record) {
        m_gaps->setChunks(record->trace.chunks);
        m_numbers->setRecord(*record);
    }
    m_gaps->setVisible(record && !m_gaps->isEmpty());
    m_numbers->setVisible(record && record->trace.firstContentNs > 0);
    m_copy->setVisible(!text.isEmpty());
    m_regenerate->setVisible(!text.isEmpty());
}

} // namespace talkbench::ui
