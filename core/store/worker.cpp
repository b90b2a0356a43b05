#include "core/store/worker.h"

#include <utility>

namespace talkbench::store {

namespace {

constexpr int pageSize = 200; ///< of runs, between which others have their turn
/// A call that has ended by then needs no row.
constexpr std::chrono::milliseconds waitForCompany { 20 };

template <typename T, typename Value>
void finishWith(const Reply<T> &reply, Value &&value)
{
    reply->addResult(base::Result<T>(std::forward<Value>(value)));
    reply->finish();
}

} // namespace

Worker::Worker(const QString &path, std::chrono::milliseconds retryInterval)
    : m_database(path), m_begun(path), m_soon(this), m_retry(this)
{
    m_soon.setSingleShot(true);
    m_soon.setInterval(waitForCompany);
    connect(&m_soon, &QTimer::timeout, this, &Worker::flush);
    m_retry.setSingleShot(true);
    m_retry.setInterval(retryInterval);
    connect(&m_retry, &QTimer::timeout, this, &Worker::flush);
}

void Worker::open(const Reply<Store::Opened> &reply)
{
    if (const auto error = ensureOpen())
        finishWith(reply, *error);
    else
        finishWith(reply, Store::Opened { m_keptAside });
}

std::optional<base::Error> Worker::ensureOpen()
{
    if (m_database.isOpen())
        return std::nullopt;
    const auto opened = m_database.open();
    if (!opened)
        return opened.error();
    m_keptAside = *opened;
    return std::nullopt;
}

void Worker::enqueue(const Change &change, const Reply<void> &reply)
{
    if (const auto *run = std::get_if<profile::RunRecord>(&change))
        m_begun.drop(run->id);
    m_pending.append({ change, reply });
    if (std::exchange(m_flushPosted, true))
        return;
    // Behind everything that waits in this thread's queue by now: those writes share the transaction.
    QMetaObject::invokeMethod(this, &Worker::flush, Qt::QueuedConnection);
}

void Worker::begin(const profile::RunRecord &record)
{
    m_begun.add(record);
    if (!m_soon.isActive())
        m_soon.start();
}

void Worker::flush()
{
    m_flushPosted = false;
    m_soon.stop();
    if (m_pending.isEmpty() && !m_begun.isWaiting())
        return;
    auto error = ensureOpen();
    if (!error)
        error = writePending();
    if (error)
        fail(*error);
    else
        recover();
}

/// All or nothing, but for values that can never be written: those are answered with an error and left out.
std::optional<base::Error> Worker::writePending()
{
    QSqlError error;
    if (!m_database.begin(&error))
        return m_database.describe(error);
    QHash<qsizetype, base::Error> refused;
    for (qsizetype i = 0; i < m_pending.size(); ++i) {
        error = write(m_database.connection(), m_pending.at(i).change);
        if (!error.isValid())
            continue;
        if (!isRefusal(error)) {
            m_database.rollback();
            return m_database.describe(error);
        }
        refused.insert(i, m_database.describe(error));
    }
    error = m_begun.write(m_database.connection());
    if (error.isValid() || !m_database.commit(&error)) {
        m_database.rollback();
        return m_database.describe(error);
    }
    m_begun.written();
    const QList<Write> written = std::exchange(m_pending, {});
    for (qsizetype i = 0; i < written.size(); ++i) {
        const auto &reply = written.at(i).reply;
        if (reply && refused.contains(i))
            finishWith(reply, refused.value(i));
        else if (reply)
            finishWith(reply, base::Result<void>());
        else if (refused.contains(i)) // its caller was told that it is held
            Q_EMIT writeFailed(refused.value(i));
    }
    Q_EMIT committed(int(written.size() - refused.size()));
    return std::nullopt;
}

void Worker::fail(const base::Error &error)
{
    for (Write &write : m_pending) {
        if (const auto reply = std::exchange(write.reply, nullptr))
            finishWith(reply, error);
    }
    m_retry.start();
    if (!std::exchange(m_failure, error))
        Q_EMIT writeFailed(error);
}

void Worker::recover()
{
    m_retry.stop();
    if (std::exchange(m_failure, std::nullopt))
        Q_EMIT writeRecovered();
}

/// A read sees every write asked for before it: what is on disk, with what is still held in memory on top.
template <typename T, typename Read, typename Apply>
void Worker::answer(const Reply<QList<T>> &reply, Read read, Apply apply)
{
    flush();
    QList<T> rows;
    if (const auto error = ensureOpen()) {
        if (m_pending.isEmpty())
            return finishWith(reply, *error);
    } else {
        auto result = read(m_database.connection());
        if (result.error.isValid())
            return finishWith(reply, m_database.describe(result.error));
        rows = std::move(result.rows);
    }
    for (const Write &write : std::as_const(m_pending))
        apply(write.change, &rows);
    finishWith(reply, std::move(rows));
}

void Worker::readConversations(const Reply<QList<Conversation>> &reply)
{
    answer(
        reply, [](QSqlDatabase &database) { return store::readConversations(database); },
        [](const Change &change, QList<Conversation> *rows) {
            apply(change, rows);
            sortNewestFirst(rows);
        });
}

void Worker::readDrafts(const Reply<QList<Draft>> &reply)
{
    answer(
        reply, [](QSqlDatabase &database) { return store::readDrafts(database); },
        [](const Change &change, QList<Draft> *rows) { apply(change, rows); });
}

void Worker::readMessages(const QString &conversationId, const Reply<QList<StoredMessage>> &reply)
{
    answer(
        reply, [&](QSqlDatabase &database) { return store::readMessages(database, conversationId); },
        [&](const Change &change, QList<StoredMessage> *rows) { apply(change, conversationId, rows); });
}

void Worker::readRuns(const RunQuery &query, const Reply<QList<profile::RunRecord>> &reply)
{
    answer(
        reply, [&](QSqlDatabase &database) { return store::readRuns(database, query); },
        [&](const Change &change, QList<profile::RunRecord> *rows) {
            apply(change, query, rows);
            sortNewestFirst(rows);
            if (query.limit > 0 && rows->size() > query.limit)
                rows->resize(query.limit);
        });
}

/// The next page waits in line behind what has been asked meanwhile.
void Worker::rewriteRuns(RunJob job, const Reply<void> &reply)
{
    flush();
    const auto more = rewritePage(job);
    if (more && *more) {
        QMetaObject::invokeMethod(
            this, [this, job, reply] { rewriteRuns(job, reply); }, Qt::QueuedConnection);
        return;
    }
    if (job.hasWritten)
        Q_EMIT runsRewritten();
    finishWith(reply, more ? base::Result<void>() : base::Result<void>(more.error()));
}

/// Reads and writes in one transaction: no other process takes the words out of a run in between. Whether there may be more.
base::Result<bool> Worker::rewritePage(RunJob &job)
{
    if (const auto failure = m_failure ? m_failure : ensureOpen())
        return *failure;
    QSqlError error;
    if (!m_database.begin(&error))
        return m_database.describe(error);
    const auto page = readRunsAfter(m_database.connection(), job.after, pageSize, job.filter);
    error = page.error;
    bool hasWritten = false;
    for (const PlacedRun &row : page.rows) {
        job.after = row.place;
        const auto changed = job.rewrite(row.run);
        if (changed && !error.isValid())
            error = write(m_database.connection(), *changed);
        hasWritten = hasWritten || changed;
    }
    if (error.isValid() || !m_database.commit(&error)) {
        m_database.rollback();
        return m_database.describe(error);
    }
    job.hasWritten = job.hasWritten || hasWritten;
    return page.rows.size() == pageSize;
}

void Worker::visitRuns(const RunFilter &filter, const RunVisit &visit, const RunPlace &after, const Reply<void> &reply)
{
    flush();
    if (const auto error = ensureOpen())
        return finishWith(reply, *error);
    const auto page = readRunsAfter(m_database.connection(), after, pageSize, filter);
    if (page.error.isValid())
        return finishWith(reply, m_database.describe(page.error));
    for (const PlacedRun &row : page.rows)
        visit(row.run);
    if (page.rows.size() < pageSize)
        return finishWith(reply, base::Result<void>());
    QMetaObject::invokeMethod(
        this, [=, this, last = page.rows.constLast().place] { visitRuns(filter, visit, last, reply); },
        Qt::QueuedConnection);
}

void Worker::endInterrupted(const RunEnding &ending, const Reply<void> &reply)
{
    flush();
    if (const auto failure = m_failure ? m_failure : ensureOpen())
        return finishWith(reply, *failure);
    const auto owners = m_begun.others(m_database.connection());
    if (owners.error.isValid())
        return finishWith(reply, m_database.describe(owners.error));
    for (const QString &owner : owners.rows) {
        const auto lock = m_begun.lockOfDead(owner);
        if (!lock)
            continue;
        if (const auto failure = endRunsOf(owner, ending))
            return finishWith(reply, *failure);
    }
    finishWith(reply, base::Result<void>());
}

std::optional<base::Error> Worker::endRunsOf(const QString &owner, const RunEnding &ending)
{
    QSqlError error;
    if (!m_database.begin(&error))
        return m_database.describe(error);
    const auto begun = readBegun(m_database.connection(), owner);
    error = begun.error;
    for (const profile::RunRecord &record : begun.rows) {
        if (!error.isValid())
            error = write(m_database.connection(), ending(record)); // its row goes with it
    }
    if (error.isValid() || !m_database.commit(&error)) {
        m_database.rollback();
        return m_database.describe(error);
    }
    return std::nullopt;
}

void Worker::readSpending(const SpendingQuery &query, const Reply<QList<Spending>> &reply)
{
    answer(
        reply, [&](QSqlDatabase &database) { return store::readSpending(database, query); },
        [&](const Change &change, QList<Spending> *rows) { apply(change, query, rows); });
}

void Worker::readModelLists(const Reply<QList<ModelList>> &reply)
{
    answer(
        reply, [](QSqlDatabase &database) { return store::readModelLists(database); },
        [](const Change &change, QList<ModelList> *rows) { apply(change, rows); });
}

void Worker::finish()
{
    flush();
    m_retry.stop();
    m_database.close();
    if (!m_pending.isEmpty())
        qWarning("Not everything could be saved (%lld values are lost). %s", static_cast<long long>(m_pending.size()),
                 m_failure ? qUtf8Printable(m_failure->message) : "");
}

} // namespace talkbench::store
