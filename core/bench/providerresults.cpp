/// ProviderBatch: from a batch's results to the journal.

#include "core/base/whenready.h"
#include "core/bench/providerbatch.h"

#include <algorithm>
#include <utility>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

namespace {

/// Results between two turns of the event loop.
constexpr int linesAtOnce = 100;

} // namespace

/// What a person has cancelled is not missed.
void ProviderBatch::countUnanswered(const BatchJob &job)
{
    if (job.linesUnread > 0)
        warn(
            u"%1 of the results of the batch %2 can't be read, and what they answer counts as unanswered. The last of them: %3"_s
                .arg(job.linesUnread == 1 ? u"1 line"_s : u"%1 lines"_s.arg(job.linesUnread), job.remote.id,
                     job.unreadable->detail.left(200).simplified()));
    const QStringList keys = m_cancelled ? QStringList() : job.submission.prompts.keys();
    m_progress.unanswered +=
        std::count_if(keys.begin(), keys.end(), [&](const QString &key) { return !isKept(job, key); });
}

/// A slice at a time: there may be many. Their runs are on disk before the journal has them: whoever comes after a crash collects
/// what the journal lacks, and nothing of what it cost is lost.
void ProviderBatch::read(BatchJob &job, const QByteArray &lines, qsizetype offset, qsizetype request)
{
    QList<Collected> collected;
    for (int i = 0; i < linesAtOnce && offset < lines.size(); ++i) {
        const qsizetype end = lines.indexOf('\n', offset);
        const QByteArray line = lines.mid(offset, end < 0 ? -1 : end - offset);
        offset = end < 0 ? lines.size() : end + 1;
        if (line.trimmed().isEmpty())
            continue;
        const auto outcome = job.api->parseOutcome(line);
        if (!outcome) {
            job.unreadable = outcome.error();
            ++job.linesUnread;
            continue;
        }
        job.hasRead = true;
        if (!isOurs(job, outcome->customId))
            return next();
        if (m_finished)
            return;
        take(job, *outcome, collected);
    }
    for (const Collected &row : std::as_const(collected))
        m_services.runs.record(row.record);
    base::whenReady(this, m_services.settled(), [=, this, &job](const base::Result<void> &settled) {
        if (!settled)
            return finish(settled.error());
        if (!keep(job, collected) || m_finished)
            return;
        report();
        if (offset >= lines.size())
            collect(job, request + 1);
        else
            read(job, lines, offset, request);
    });
}

/// A guess shows by its first result.
bool ProviderBatch::isOurs(BatchJob &job, const QString &customId)
{
    if (!job.guessed)
        return true;
    job.guessed = false;
    if (job.submission.prompts.contains(customId)) {
        job.submission.remote = job.remote.id;
        write(job, Submission::State::Sent);
        return true;
    }
    job.notOurs.insert(job.remote.id);
    job.remote = {};
    job.unreadable.reset();
    job.linesUnread = 0;
    job.hasRead = false;
    return false;
}

/// What the journal lacks.
void ProviderBatch::take(const BatchJob &job, const llm::BatchOutcome &outcome, QList<Collected> &collected)
{
    const QString &key = outcome.customId;
    const bool none = outcome.kind == llm::BatchOutcome::Kind::Cancelled;
    const bool twice =
        std::any_of(collected.begin(), collected.end(), [&key](const auto &row) { return row.key == key; });
    if (!none && !twice && job.submission.prompts.contains(key) && !isKept(job, key))
        collected.append({ key, recordOf(job, outcome, m_plan, m_services.prices) });
}

/// False if the journal could not be written.
bool ProviderBatch::keep(const BatchJob &job, const QList<Collected> &collected)
{
    QList<BatchResult> results;
    base::Result<void> kept;
    for (const Collected &row : collected) {
        const auto item = m_items.constFind(row.key); // the file may not have it any more
        const BatchPrompt prompt =
            item == m_items.cend() ? BatchPrompt { job.submission.prompts.value(row.key), {} } : item->prompt;
        QJsonObject line = rowOf(row.key, prompt, row.record);
        line.insert("batch"_L1, job.remote.id);
        kept = m_journal.append(line);
        if (!kept)
            break;
        results.append(resultOf(row.key, prompt.id, row.record, m_plan));
        count(row, results.constLast());
    }
    if (!results.isEmpty())
        Q_EMIT resulted(results);
    if (!kept)
        finish(kept.error());
    return bool(kept);
}

void ProviderBatch::count(const Collected &row, const BatchResult &result)
{
    m_progress.countCost(row.record.costUsd, row.record.isUnpriced());
    if (m_items.contains(row.key))
        m_progress.count(result);
}

/// By whoever was here before a crash. What failed in an earlier batch is another matter.
bool ProviderBatch::isKept(const BatchJob &job, const QString &key) const
{
    const auto entry = m_journal.entries().constFind(key);
    return entry != m_journal.entries().cend()
        && (entry->ok || m_journal.row(*entry)["batch"_L1].toString() == job.remote.id);
}

void ProviderBatch::warn(const QString &what)
{
    m_progress.warning += (m_progress.warning.isEmpty() ? QString() : u" "_s) + what;
}

} // namespace talkbench::bench
