#include "ui/compare/comparecolumn.h"

#include "core/config/settings.h"
#include "core/profile/format.h"
#include "core/profile/metrictable.h"
#include "core/run/runservice.h"
#include "core/store/store.h"
#include "ui/chat/checksline.h"
#include "ui/chat/modelpicker.h"
#include "ui/chat/notice.h"
#include "ui/chat/reasoningbox.h"
#include "ui/markdown/markdownview.h"
#include "ui/profiler/gapstrip.h"
#include "ui/profiler/numbersline.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

/// Three fit beside the sidebar and the profiler in a window of the usual width.
constexpr int leastWidth = 236;

} // namespace

CompareColumn::CompareColumn(AppContext &context, int number, QWidget *parent) : QFrame(parent), m_context(context)
{
    setObjectName(u"compareColumn%1"_s.arg(number));
    setFrameShape(QFrame::StyledPanel);
    setAccessibleName(tr("Column %1").arg(number));
    setMinimumWidth(leastWidth);
    m_checks = new ChecksLine(this);
    m_gaps = new GapStrip(this);
    m_numbers = new NumbersLine(this);
    m_numbers->setElsewhere(withFavourites(context));
    m_numbers->setProviderNames([&context](const QString &id) { return context.settings.providerName(id); });
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(grid::unit, grid::unit, grid::unit, grid::unit);
    layout->setSpacing(grid::half);
    layout->addWidget(header(number));
    layout->addWidget(answerArea(), 1);
    layout->addWidget(m_checks);
    layout->addWidget(m_gaps);
    layout->addWidget(m_numbers);
    m_gaps->hide();
    m_numbers->hide();
    setRunning(false);
}

CompareColumn::~CompareColumn() = default;

QWidget *CompareColumn::header(int number)
{
    auto *bar = new QWidget(this);
    m_picker = new ModelPicker(m_context, bar);
    m_picker->setObjectName(u"compareModel%1"_s.arg(number));
    m_picker->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_rate = mutedLabel(u"compareRate%1"_s.arg(number), bar);
    m_rate->setAccessibleName(tr("Time to first token and speed"));
    m_rate->setWordWrap(true);
    m_stop = iconButton(u"compareStop%1"_s.arg(number), u"stop"_s, tr("Stop this answer"), bar);
    m_remove = iconButton(u"compareRemove%1"_s.arg(number), u"close"_s, tr("Remove this column"), bar);
    auto *first = new QHBoxLayout;
    first->setSpacing(grid::half);
    first->addWidget(m_picker, 1);
    first->addWidget(m_stop);
    first->addWidget(m_remove);
    auto *layout = new QVBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::half);
    layout->addLayout(first);
    layout->addWidget(m_rate);
    connect(m_picker, &ModelPicker::chosen, this, &CompareColumn::setModel);
    connect(m_picker, &ModelPicker::chosen, this, &CompareColumn::modelChosen);
    connect(m_stop, &QToolButton::clicked, this, &CompareColumn::stop);
    connect(m_remove, &QToolButton::clicked, this, &CompareColumn::removeRequested);
    return bar;
}

QWidget *CompareColumn::answerArea()
{
    auto *page = new QWidget;
    m_reasoning = new ReasoningBox(page);
    m_answer = new MarkdownView(page);
    m_notice = new NoticeCard(page);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(grid::half, grid::unit, grid::half, grid::unit);
    layout->setSpacing(grid::unit);
    layout->addWidget(m_reasoning);
    layout->addWidget(m_answer);
    layout->addWidget(m_notice);
    layout->addStretch();
    m_reasoning->hide();
    m_notice->hide();
    m_scroll = new QScrollArea(this);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setWidgetResizable(true);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setWidget(page);
    m_scroll->setAccessibleName(tr("Answer"));
    // The end is followed while the reader is at the end.
    connect(m_scroll->verticalScrollBar(), &QScrollBar::valueChanged, this,
            [this](int value) { m_follows = value >= m_scroll->verticalScrollBar()->maximum() - grid::gap; });
    connect(m_scroll->verticalScrollBar(), &QScrollBar::rangeChanged, this, &CompareColumn::followEnd);
    return m_scroll;
}

void CompareColumn::followEnd()
{
    if (m_follows && m_running)
        m_scroll->verticalScrollBar()->setValue(m_scroll->verticalScrollBar()->maximum());
}

void CompareColumn::setModel(const QString &providerId, const QString &model)
{
    m_providerId = providerId;
    m_model = model;
    m_picker->setCurrent(providerId, model);
    Q_EMIT modelChanged();
}

void CompareColumn::setRemovable(bool removable)
{
    m_remove->setVisible(removable);
}

void CompareColumn::setChoosable(bool choosable)
{
    m_choosable = choosable;
    m_picker->setEnabled(m_choosable && !m_running);
}

void CompareColumn::setRunning(bool running)
{
    m_running = running;
    m_stop->setVisible(running);
    m_picker->setEnabled(m_choosable && !running);
    m_remove->setEnabled(!running);
}

void CompareColumn::begin()
{
    m_run.reset();
    m_record.reset();
    m_follows = true;
    m_answer->setMarkdown({});
    m_reasoning->setText({});
    m_reasoning->hide();
    m_notice->hide();
    m_checks->clear();
    m_gaps->clear();
    m_gaps->show();
    m_rate->clear();
    m_numbers->begin();
    m_numbers->show();
    setRunning(true);
}

void CompareColumn::start(const run::RunRequest &request)
{
    m_run = m_context.runs.start(request);
    connect(m_run.get(), &run::Run::updated, this, &CompareColumn::apply);
    connect(m_run.get(), &run::Run::finished, this, &CompareColumn::finish);
}

void CompareColumn::apply(const run::RunUpdate &update)
{
    if (!m_running)
        return;
    if (update.restarted) {
        m_answer->setMarkdown({});
        m_reasoning->setText({});
        m_gaps->clear();
        m_checks->clear();
    }
    if (!update.judge.isEmpty())
        m_checks->setJudging(update.judge);
    if (!update.reasoning.isEmpty()) {
        m_reasoning->append(update.reasoning);
        m_reasoning->show();
    }
    if (!update.text.isEmpty())
        m_answer->append(update.text);
    m_gaps->addChunks(update.chunks);
    m_numbers->apply(update);
    showRate(m_numbers->record());
    Q_EMIT updated(m_run->id(), update);
}

void CompareColumn::showRate(const profile::RunRecord &record)
{
    const profile::Numbers numbers = profile::numbersOf(record);
    QStringList parts;
    if (numbers.ttftMs && !numbers.cached)
        parts << tr("%1 to first token").arg(profile::formatMs(*numbers.ttftMs));
    if (numbers.tokensPerS && !numbers.cached)
        parts << (numbers.tokensEstimated ? u"~"_s : QString()) + profile::formatRate(*numbers.tokensPerS);
    m_rate->setText(breakable(parts.join(u" · "_s)));
}

void CompareColumn::finish(const profile::RunRecord &record)
{
    // The handle is the sender of this very signal.
    if (m_run)
        m_run.release()->deleteLater();
    m_record = record;
    setRunning(false);
    const llm::Answer &answer = record.answer;
    m_answer->setMarkdown(answer.text.isEmpty() ? answer.refusal : answer.text);
    m_reasoning->setText(answer.reasoning);
    m_reasoning->setVisible(!answer.reasoning.isEmpty());
    const profile::Metric *thinking = profile::metricById("thinking_ms");
    const auto thoughtMs = thinking ? thinking->compute(record) : std::nullopt;
    m_reasoning->setDone(thoughtMs ? static_cast<qint64>(*thoughtMs) : -1);
    Notice notice = noticeFor(record, false);
    notice.actions = Notice::None;
    m_notice->setNotice(notice);
    m_notice->setVisible(!notice.isEmpty());
    m_checks->setRecord(record);
    m_gaps->setChunks(record.trace.chunks);
    m_gaps->setVisible(!m_gaps->isEmpty());
    m_numbers->setRecord(record);
    showRate(record);
    Q_EMIT ended();
}

void CompareColumn::fail(const base::Error &error)
{
    profile::RunRecord record;
    record.providerId = m_providerId;
    record.model = m_model;
    record.startedWallMs = m_context.clock.wallMs();
    record.answer.error = error;
    finish(record);
}

QString CompareColumn::runId() const
{
    return m_run ? m_run->id() : m_record ? m_record->id : QString();
}

void CompareColumn::restore(const QString &runId)
{
    whenReady(this, m_context.store.run(runId), [this](const base::Result<QList<profile::RunRecord>> &runs) {
        if (!runs || runs->isEmpty() || m_running || m_record)
            return;
        begin();
        finish(runs->first());
    });
}

void CompareColumn::stop()
{
    if (m_run) {
        m_run->cancel();
    } else if (m_running) {
        base::Error error;
        error.kind = base::ErrorKind::Cancelled;
        error.message = tr("Stopped before it began.");
        fail(error);
    }
}

} // namespace talkbench::ui
