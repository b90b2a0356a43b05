#include "ui/chat/answermessage.h"

#include "core/profile/format.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/checksline.h"
#include "ui/chat/decisionline.h"
#include "ui/chat/foldedtext.h"
#include "ui/chat/reasoningbox.h"
#include "ui/markdown/markdownview.h"
#include "ui/profiler/gapstrip.h"
#include "ui/profiler/numbersline.h"
#include "ui/profiler/waitwords.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

QString unsentOptions(const profile::RunRecord &record)
{
    QStringList said;
    for (const profile::Decision &decision : record.trace.decisions)
        if (decision.stage == "options"_L1 || decision.stage == "fit"_L1)
            said << decision.reason;
    return said.join(u'\n');
}

QList<profile::Decision> stepsOf(const run::RunUpdate &update)
{
    return update.step ? QList { *update.step } : QList<profile::Decision>();
}

/// -1 where it isn't known.
qint64 thoughtMs(const profile::Trace &trace)
{
    const bool known = trace.firstContentNs > 0 && trace.firstOutputNs > 0;
    return known ? (trace.firstOutputNs - trace.firstContentNs) / 1'000'000 : -1;
}

QString queueWords(const run::Wait &wait, qint64 nowNs)
{
    if (wait.reason == run::WaitReason::None && wait.ahead == 0)
        return AnswerMessage::tr("Starting");
    QString words = wait.reason == run::WaitReason::None
        ? AnswerMessage::tr("Waiting in the queue")
        : AnswerMessage::tr("Waiting for %1").arg(waitWords(wait, nowNs));
    if (wait.ahead > 0)
        words += AnswerMessage::tr(", %n ahead", nullptr, wait.ahead);
    return words;
}

} // namespace

AnswerMessage::AnswerMessage(const store::StoredMessage &message, QWidget *parent)
    : MessageWidget(message, parent), m_state(mutedLabel(u"answerState"_s, this, 0.95)), m_dots(new BusyDots(this)),
      m_reasoning(new ReasoningBox(this)), m_view(new MarkdownView(this)), m_tools(new QWidget(this)),
      m_model(mutedLabel(u"answerModel"_s, this, 0.95)), m_decision(new DecisionLine(this)),
      m_unsent(mutedLabel(u"unsentOptions"_s, this, 0.92)), m_notice(new NoticeCard(this)),
      m_checks(new ChecksLine(this)), m_gaps(new GapStrip(this)), m_numbers(new NumbersLine(this)),
      m_askAgain(textButton(u"askAgain"_s, u"regenerate"_s, tr("Ask again"), this))
{
    setObjectName(u"answerMessage"_s);
    m_unsent->setTextFormat(Qt::PlainText);
    m_unsent->setWordWrap(true);
    m_view->setObjectName(u"answerText"_s);
    m_view->setAccessibleName(tr("Answer of %1").arg(message.model));
    m_numbers->setObjectName(u"numbersLine"_s);
    m_gaps->setObjectName(u"gapStrip"_s);
    m_model->setTextFormat(Qt::PlainText);
    m_model->setText(message.model);
    layOut();
    makeActions();
    connect(m_decision, &DecisionLine::overruled, this,
            [this](const QString &provider, const QString &model) { Q_EMIT overruled(messageId(), provider, model); });
    connect(m_notice, &NoticeCard::chosen, this,
            [this](Notice::Action action) { Q_EMIT noticeChosen(messageId(), action); });
    setEnded(message, nullptr);
}

void AnswerMessage::layOut()
{
    auto *picture = new IconLabel(icon(u"model"_s, IconTone::Accent), 16, this);
    auto *header = new QHBoxLayout;
    header->setSpacing(grid::half + 2);
    header->addWidget(picture);
    header->addWidget(m_model);
    header->addStretch();
    auto *state = new QHBoxLayout;
    state->setSpacing(grid::unit);
    state->addWidget(m_dots);
    state->addWidget(m_state);
    state->addStretch();
    auto *tools = new QVBoxLayout(m_tools);
    tools->setContentsMargins(0, 0, 0, 0);
    tools->setSpacing(grid::half);
    auto *column = static_cast<QVBoxLayout *>(layout());
    column->setSpacing(grid::unit - 2);
    column->addLayout(header);
    column->addWidget(m_decision);
    column->addWidget(m_reasoning);
    column->addWidget(m_view);
    column->addWidget(m_tools);
    column->addLayout(state);
    column->addWidget(m_notice);
    column->addWidget(m_checks);
    column->addWidget(m_unsent);
    column->addWidget(m_gaps);
    auto *figures = new QHBoxLayout;
    figures->setSpacing(grid::unit);
    figures->addWidget(m_numbers, 1);
    figures->addWidget(m_askAgain);
    column->addLayout(figures);
    column->addLayout(actions());
}

void AnswerMessage::makeActions()
{
    m_copy = addAction(u"copyMessage"_s, u"copy"_s, tr("Copy"));
    connect(m_copy, &QToolButton::clicked, this, [this] { Q_EMIT copyRequested(m_text); });
    m_regenerate = addAction(u"regenerate"_s, u"regenerate"_s, tr("Answer again"));
    connect(m_regenerate, &QToolButton::clicked, this, [this] { Q_EMIT regenerateRequested(messageId()); });
    m_askAgain->setAccessibleName(tr("Ask again"));
    m_askAgain->setToolTip(tr("This answer was kept from an earlier call: ask the model itself"));
    connect(m_askAgain, &QToolButton::clicked, this, [this] { Q_EMIT regenerateRequested(messageId()); });
    addPin();
    addSiblingSwitch();
    actions()->addStretch();
}

void AnswerMessage::setLive(const LiveAnswer &live, qint64 nowNs)
{
    m_isLive = true;
    m_answers = live.text.size() > live.seam;
    m_text = live.text;
    m_view->setMarkdown(live.text);
    m_view->setVisible(!live.text.isEmpty());
    m_reasoning->setText(live.reasoning);
    if (m_answers)
        m_reasoning->setDone(thoughtMs(live.last.trace));
    else if (live.reasoning.size() > (live.before ? live.before->reasoning.size() : 0))
        m_reasoning->setThinking();
    m_notice->setNotice({});
    m_checks->setAskedAgain(live.askedAgain, live.failed);
    m_unsent->hide();
    m_decision->setDecision(live.decision, false);
    m_decision->setSteps(stepsOf(live.last));
    showTools(live.before ? live.before->toolCalls : QList<llm::ToolCall>());
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
    m_askAgain->hide();
    showState(live.last, nowNs);
}

void AnswerMessage::showTools(const QList<llm::ToolCall> &calls)
{
    qDeleteAll(m_tools->findChildren<FoldedText *>(u"toolCall"_s, Qt::FindDirectChildrenOnly));
    for (const llm::ToolCall &call : calls) {
        auto *block = new FoldedText(u"toolCall"_s, m_tools);
        block->setTitle(tr("Tool call: %1").arg(call.name.isEmpty() ? tr("without a name") : call.name));
        block->setText(profile::prettyJson(call.arguments));
        block->setOpen(true);
        m_tools->layout()->addWidget(block);
    }
    m_tools->setVisible(!calls.isEmpty());
}

void AnswerMessage::apply(const run::RunUpdate &update, qint64 nowNs)
{
    if (!m_answers && !update.reasoning.isEmpty())
        m_reasoning->setThinking();
    m_reasoning->append(update.reasoning);
    if (!update.text.isEmpty()) {
        if (!std::exchange(m_answers, true)) {
            m_view->show();
            m_reasoning->setDone(thoughtMs(update.trace));
        }
        m_text += update.text;
        m_view->append(update.text);
    }
    if (!update.chunks.isEmpty())
        m_gaps->addChunks(update.chunks);
    m_numbers->apply(update);
    if (update.step)
        m_decision->setSteps(stepsOf(update));
    showState(update, nowNs);
}

void AnswerMessage::showState(const run::RunUpdate &update, qint64 nowNs)
{
    QString state;
    Notice notice;
    switch (update.state) {
    case run::RunState::Queued:
        state = queueWords(update.wait, nowNs);
        break;
    case run::RunState::Connecting:
        state = tr("Connecting");
        break;
    case run::RunState::Waiting:
        state = tr("Waiting for the first token");
        break;
    case run::RunState::Streaming:
        if (!update.chunks.isEmpty() && update.chunks.last().kind == profile::ChunkKind::ToolCall)
            state = tr("Writing a tool call");
        break;
    case run::RunState::RetryWait:
        if (update.lastError)
            notice =
                retryNotice(*update.lastError, int(std::max<qint64>(update.retryAtNs - nowNs, 0) / 1'000'000'000) + 1);
        break;
    case run::RunState::Ended:
        break;
    }
    if (!update.judge.isEmpty())
        m_checks->setJudging(update.judge);
    m_notice->setNotice(notice);
    m_state->setText(state);
    m_state->setVisible(!state.isEmpty());
    m_dots->setVisible(m_isLive && notice.isEmpty() && !m_answers);
    m_gaps->setVisible(!m_gaps->isEmpty());
    m_numbers->setVisible(update.trace.firstContentNs > 0);
}

void AnswerMessage::setElsewhere(const ElsewhereOf &elsewhereOf)
{
    m_numbers->setElsewhere(elsewhereOf);
}

void AnswerMessage::setProviderNames(const select::ProviderNames &nameOf)
{
    m_decision->setProviderNames(nameOf);
    m_numbers->setProviderNames(nameOf);
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
    const bool thought = record && !record->answer.reasoning.isEmpty();
    m_reasoning->setDone(thought ? thoughtMs(record->trace) : -1);
    showTools(message.message.toolCalls);
    m_dots->hide();
    m_state->hide();
    // An answer that its user stopped knows its run; one that the window's end cut off does not.
    const bool interrupted = !record || (record->cancelled() && record->id != message.runId);
    m_notice->setNotice(interrupted ? interruptedNotice(!text.isEmpty()) : noticeFor(*record, !text.isEmpty()));
    if (record) {
        m_gaps->setChunks(record->trace.chunks);
        m_numbers->setRecord(*record, text.size() > record->answer.text.size() + record->answer.refusal.size());
    }
    m_checks->setRecord(record ? *record : profile::RunRecord());
    m_model->setText(message.model);
    m_decision->setDecision(record ? decisionOf(*record) : std::nullopt, record && !record->id.isEmpty());
    m_decision->setSteps(record ? record->trace.decisions : QList<profile::Decision>());
    m_unsent->setText(record ? unsentOptions(*record) : QString());
    m_unsent->setVisible(!m_unsent->text().isEmpty());
    m_gaps->setVisible(record && !m_gaps->isEmpty());
    const bool cached = record && record->cached;
    m_numbers->setVisible(record && (record->trace.firstContentNs > 0 || cached || record->interrupted()));
    m_askAgain->setVisible(cached);
    m_copy->setVisible(!text.isEmpty());
    m_regenerate->setVisible(!text.isEmpty() || !message.message.toolCalls.isEmpty());
}

} // namespace talkbench::ui
