#include "ui/batch/batchworker.h"

#include "core/bench/batchexport.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <algorithm>
#include <utility>

namespace talkbench::ui {

namespace {

constexpr qsizetype toldCharacters = 2000;

QList<bench::BatchResult> lastRows(QList<bench::BatchJournal::Entry> entries, const bench::BatchJournal &journal)
{
    std::sort(entries.begin(), entries.end(), [](const auto &a, const auto &b) { return a.offset < b.offset; });
    QList<bench::BatchResult> rows;
    const qsizetype first = std::max<qsizetype>(0, entries.size() - BatchWorker::mostRows);
    for (qsizetype i = first; i < entries.size(); ++i)
        rows.append(bench::resultOf(entries.at(i), journal));
    return rows;
}

} // namespace

BatchWorker::BatchWorker(run::RunService &runs, store::Store &store, const base::Clock &clock, std::stop_token stop)
    : m_runs(runs), m_store(store), m_clock(clock), m_stop(std::move(stop))
{
}

base::Result<QList<bench::BatchPrompt>> BatchWorker::prompts(const BatchTask &task) const
{
    const bench::PromptTemplate pattern(task.pattern);
    if (task.file.isEmpty())
        return bench::readPrompts(task.text.toUtf8(), bench::PromptFormat::Text, pattern, m_stop);
    QFile file(task.file);
    if (!file.open(QIODevice::ReadOnly))
        return base::Error { base::ErrorKind::Usage, tr("%1: %2").arg(task.file, file.errorString()), {}, 0, {} };
    return bench::readPrompts(file.readAll(), bench::promptFormatOf(task.file), pattern, m_stop);
}

void BatchWorker::look(const BatchTask &task)
{
    if (!QFileInfo::exists(task.out))
        return;
    const auto read = prompts(task);
    auto ready = std::make_shared<BatchReady>();
    if (!read || !ready->journal.look(task.out))
        return; // Start says why
    bench::BatchItems items(task.plan);
    items.pending(*read, ready->journal, ready->before, m_stop);
    if (m_stop.stop_requested())
        return;
    m_ready = ready;
    Q_EMIT looked(ready->before, lastRows(items.kept(), ready->journal));
}

void BatchWorker::prepare(const BatchTask &task)
{
    m_batch.reset();
    m_ready.reset(); // the file of results may be the same again
    m_task = task;
    const auto read = prompts(task);
    if (!read || read->isEmpty()) {
        Q_EMIT failed(read ? tr("There is no prompt yet.") : read.error().message);
        return;
    }
    auto ready = std::make_shared<BatchReady>();
    if (const auto opened = ready->journal.open(task.out); !opened) {
        Q_EMIT failed(opened.error().message);
        return;
    }
    if (ready->journal.hasOpenSubmission() && task.plan.way == bench::BatchWay::Calls) {
        Q_EMIT failed(
            tr("A batch of this file is still open at its provider. Go on with it as the provider's batch, and "
               "cancel it there if it is not wanted: else its prompts would be paid twice."));
        return;
    }
    bench::BatchItems items(task.plan);
    ready->items = items.pending(*read, ready->journal, ready->before, m_stop);
    ready->places = items.places();
    ready->rows = lastRows(items.kept(), ready->journal);
    ready->costs =
        bench::estimateBatch(ready->items, task.plan, task.prices, QDateTime::fromMSecsSinceEpoch(m_clock.wallMs()));
    if (m_stop.stop_requested())
        return;
    m_ready = ready;
    Q_EMIT prepared(ready);
}

void BatchWorker::tell(const QString &key)
{
    if (!m_ready)
        return;
    const auto entry = m_ready->journal.entries().constFind(key);
    if (entry == m_ready->journal.entries().cend())
        return;
    const QString text = bench::resultOf(*entry, m_ready->journal).text;
    Q_EMIT told(key, text.first(std::min(text.size(), toldCharacters)));
}

base::Result<void> BatchWorker::keep(const bench::BatchItem &item, const profile::RunRecord &record)
{
    return m_ready->journal.append(bench::rowOf(item.key, item.prompt, record));
}

void BatchWorker::send()
{
    using bench::ProviderBatch;
    const ProviderBatch::Services services { m_runs, m_clock, m_scheduler, m_task.prices,
                                             [this] { return m_store.settled(); } };
    m_batch = std::make_unique<ProviderBatch>(services, m_ready->journal, m_task.plan);
    connect(m_batch.get(), &ProviderBatch::resulted, this, &BatchWorker::resulted);
    connect(m_batch.get(), &ProviderBatch::progressed, this, &BatchWorker::progressed);
    connect(m_batch.get(), &ProviderBatch::finished, this, &BatchWorker::finished);
    m_batch->start(std::exchange(m_ready->items, {}), m_ready->before);
}

void BatchWorker::leave()
{
    if (m_batch)
        m_batch->stop();
}

void BatchWorker::cancel()
{
    if (m_batch)
        m_batch->cancel();
}

void BatchWorker::exportTo(const QString &path)
{
    QSaveFile file(path);
    const bool written = file.open(QIODevice::WriteOnly)
        && file.write(bench::batchCsv(m_ready->journal, m_ready->places)) >= 0 && file.commit();
    Q_EMIT exported(path, written ? QString() : file.errorString());
}

} // namespace talkbench::ui
