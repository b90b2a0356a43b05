#include "ui/batch/batchworker.h"

#include "core/bench/batchexport.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <algorithm>
#include <utility>

namespace talkbench::ui {

namespace {

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

base::Result<QList<bench::BatchPrompt>> BatchWorker::prompts(const BatchTask &task, const std::stop_token &stop) const
{
    const bench::PromptTemplate pattern(task.pattern);
    if (task.file.isEmpty())
        return bench::readPrompts(task.text.toUtf8(), bench::PromptFormat::Text, pattern, stop);
    QFile file(task.file);
    if (!file.open(QIODevice::ReadOnly))
        return base::Error { base::ErrorKind::Usage, tr("%1: %2").arg(task.file, file.errorString()), {}, 0, {} };
    return bench::readPrompts(file.readAll(), bench::promptFormatOf(task.file), pattern, stop);
}

/// The worker's own where it is that; else not held: another process may go on with it.
base::Result<std::shared_ptr<const bench::BatchJournal>> BatchWorker::journalOf(const QString &path) const
{
    if (m_ready && m_ready->journal.path() == path)
        return std::shared_ptr<const bench::BatchJournal>(m_ready, &m_ready->journal);
    if (!QFileInfo::exists(path))
        return base::Error { base::ErrorKind::Storage, tr("%1 is not there any more.").arg(path), {}, 0, {} };
    auto journal = std::make_shared<bench::BatchJournal>();
    if (const auto opened = journal->look(path); !opened)
        return opened.error();
    return std::shared_ptr<const bench::BatchJournal>(journal);
}

QList<bench::BatchItem> BatchWorker::find(const BatchTask &task, const QList<bench::BatchPrompt> &prompts,
                                          const bench::BatchJournal &journal, BatchLook &look) const
{
    bench::BatchItems items(task.plan);
    const QList<bench::BatchItem> pending = items.pending(prompts, journal, look.before, look.stop);
    look.prompts = prompts.size();
    look.calls = pending.size();
    look.places = items.places();
    look.rows = lastRows(items.kept(), journal);
    look.costs = bench::estimateBatch(pending, task.plan, task.prices, QDateTime::fromMSecsSinceEpoch(m_clock.wallMs()),
                                      look.stop);
    return pending;
}

void BatchWorker::look(const BatchTask &task, const std::stop_token &stop)
{
    auto look = std::make_shared<BatchLook>();
    look->stop = stop;
    const auto read = stop.stop_requested() ? QList<bench::BatchPrompt>() : prompts(task, stop);
    if (read && !read->isEmpty()) {
        const auto journal = journalOf(task.out); // one that can't be read: Start says why
        const bench::BatchJournal none;
        find(task, *read, journal ? **journal : none, *look);
    }
    if (stop.stop_requested())
        return;
    m_places = look->places;
    Q_EMIT looked(look);
}

void BatchWorker::prepare(const BatchTask &task)
{
    m_batch.reset();
    m_ready.reset(); // the file of results may be the same again
    m_task = task;
    const auto read = prompts(task, m_stop);
    if (!read || read->isEmpty()) {
        Q_EMIT failed(read ? tr("There is no prompt yet.") : read.error().message, BatchPart::Prompts);
        return;
    }
    auto ready = std::make_shared<BatchReady>();
    ready->stop = m_stop;
    if (const auto opened = ready->journal.open(task.out); !opened) {
        Q_EMIT failed(opened.error().message, BatchPart::Results);
        return;
    }
    if (ready->journal.hasOpenSubmission() && task.plan.way == bench::BatchWay::Calls) {
        Q_EMIT failed(
            tr("A batch of this file is still open at its provider. Go on with it as the provider's batch, and "
               "cancel it there if it is not wanted: else its prompts would be paid twice."),
            BatchPart::Way);
        return;
    }
    ready->items = find(task, *read, ready->journal, *ready);
    if (m_stop.stop_requested())
        return;
    m_ready = ready;
    m_places = ready->places;
    Q_EMIT prepared(ready);
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

void BatchWorker::exportTo(const QString &path, const BatchTask &task)
{
    if (const auto apart = bench::checkExport(path, task.file, task.out); !apart) {
        Q_EMIT exported(path, apart.error().message);
        return;
    }
    const auto journal = journalOf(task.out);
    if (!journal) {
        Q_EMIT exported(path, journal.error().message);
        return;
    }
    QSaveFile file(path);
    const bool written =
        file.open(QIODevice::WriteOnly) && file.write(bench::batchCsv(**journal, m_places)) >= 0 && file.commit();
    Q_EMIT exported(path, written ? QString() : file.errorString());
}

void BatchWorker::detail(const BatchTask &task, const QString &key)
{
    BatchDetail detail;
    if (const auto journal = journalOf(task.out); !journal)
        detail.problem = journal.error().message;
    else if (const auto entry = (*journal)->entries().constFind(key); entry != (*journal)->entries().cend())
        detail.result = bench::detailOf((*journal)->row(*entry));
    else
        detail.problem = tr("The result is not in %1 any more.").arg(task.out);
    findPrompt(task, key, detail);
    if (!m_stop.stop_requested())
        Q_EMIT detailed(detail);
}

/// Results name their prompts by what was asked of whom.
void BatchWorker::findPrompt(const BatchTask &task, const QString &key, BatchDetail &detail) const
{
    const auto read = prompts(task, m_stop);
    bench::BatchProgress all;
    const QList<bench::BatchItem> items = read
        ? bench::BatchItems(task.plan).pending(*read, bench::BatchJournal(), all, m_stop)
        : QList<bench::BatchItem>();
    const auto item = std::find_if(items.begin(), items.end(), [&key](const auto &one) { return one.key == key; });
    if (item == items.end()) {
        if (detail.problem.isEmpty() && detail.result.prompt.isEmpty())
            detail.problem = read ? tr("The prompt is not in its file any more.") : read.error().message;
        return;
    }
    detail.result.prompt = item->prompt.text;
    detail.system = item->prompt.system.isEmpty() ? task.plan.system : item->prompt.system;
}

} // namespace talkbench::ui
