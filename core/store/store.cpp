#include "core/store/store.h"

#include "core/store/worker.h"

namespace talkbench::store {

namespace {

template <typename T, typename Call>
QFuture<base::Result<T>> post(Worker *worker, Call call)
{
    auto reply = std::make_shared<QPromise<base::Result<T>>>();
    reply->start();
    auto future = reply->future();
    QMetaObject::invokeMethod(
        worker, [call = std::move(call), reply] { call(reply); }, Qt::QueuedConnection);
    return future;
}

} // namespace

Store::Store(const QString &dir, QObject *parent) : Store(dir, Options(), parent)
{
}

Store::Store(const QString &dir, const Options &options, QObject *parent)
    : QObject(parent),
      m_worker(QStringLiteral("db"), std::make_unique<Worker>(databasePath(dir), options.retryInterval))
{
    connect(m_worker.get(), &Worker::runsRewritten, this, &Store::runsRewritten);
    connect(m_worker.get(), &Worker::committed, this, &Store::committed);
    connect(m_worker.get(), &Worker::writeFailed, this, &Store::writeFailed);
    connect(m_worker.get(), &Worker::writeRecovered, this, &Store::writeRecovered);
}

Store::~Store() = default;

QString Store::databasePath(const QString &dir)
{
    return dir + QStringLiteral("/talkbench.db");
}

QFuture<base::Result<Store::Opened>> Store::open()
{
    return post<Opened>(m_worker.get(), [worker = m_worker.get()](const auto &reply) { worker->open(reply); });
}

QFuture<base::Result<QList<Conversation>>> Store::conversations()
{
    return post<QList<Conversation>>(
        m_worker.get(), [worker = m_worker.get()](const auto &reply) { worker->readConversations(reply); });
}

QFuture<base::Result<void>> Store::saveConversation(const Conversation &conversation)
{
    return post<void>(m_worker.get(), [worker = m_worker.get(), conversation](const auto &reply) {
        worker->enqueue(conversation, reply);
    });
}

QFuture<base::Result<void>> Store::removeConversation(const QString &id)
{
    return post<void>(m_worker.get(),
                      [worker = m_worker.get(), id](const auto &reply) { worker->enqueue(Removal { id }, reply); });
}

QFuture<base::Result<QList<Draft>>> Store::drafts()
{
    return post<QList<Draft>>(m_worker.get(),
                              [worker = m_worker.get()](const auto &reply) { worker->readDrafts(reply); });
}

QFuture<base::Result<void>> Store::saveDraft(const Draft &draft)
{
    return post<void>(m_worker.get(),
                      [worker = m_worker.get(), draft](const auto &reply) { worker->enqueue(draft, reply); });
}

QFuture<base::Result<QList<StoredMessage>>> Store::messages(const QString &conversationId)
{
    return post<QList<StoredMessage>>(m_worker.get(), [worker = m_worker.get(), conversationId](const auto &reply) {
        worker->readMessages(conversationId, reply);
    });
}

QFuture<base::Result<void>> Store::saveMessage(const StoredMessage &message)
{
    return post<void>(m_worker.get(),
                      [worker = m_worker.get(), message](const auto &reply) { worker->enqueue(message, reply); });
}

QFuture<base::Result<void>> Store::saveRun(const profile::RunRecord &record)
{
    return post<void>(m_worker.get(),
                      [worker = m_worker.get(), record](const auto &reply) { worker->enqueue(record, reply); });
}

QFuture<base::Result<void>> Store::settled()
{
    auto reply = std::make_shared<QPromise<base::Result<void>>>();
    reply->start();
    const auto future = reply->future();
    const auto enqueue = [worker = m_worker.get(), reply] { worker->enqueue(Barrier(), reply); };
    QMetaObject::invokeMethod(
        this, [worker = m_worker.get(), enqueue] { QMetaObject::invokeMethod(worker, enqueue, Qt::QueuedConnection); });
    return future;
}

void Store::saveBegun(const profile::RunRecord &record)
{
    QMetaObject::invokeMethod(
        m_worker.get(), [worker = m_worker.get(), record] { worker->begin(record); }, Qt::QueuedConnection);
}

QFuture<base::Result<void>> Store::endInterrupted(const RunEnding &ending)
{
    return post<void>(m_worker.get(),
                      [worker = m_worker.get(), ending](const auto &reply) { worker->endInterrupted(ending, reply); });
}

QFuture<base::Result<QList<profile::RunRecord>>> Store::runs(int limit, const QString &conversationId, qint64 sinceMs)
{
    const RunQuery query { limit, conversationId, sinceMs };
    return post<QList<profile::RunRecord>>(
        m_worker.get(), [worker = m_worker.get(), query](const auto &reply) { worker->readRuns(query, reply); });
}

QFuture<base::Result<QList<profile::RunRecord>>> Store::run(const QString &id)
{
    const RunQuery query { .limit = 1, .id = id };
    return post<QList<profile::RunRecord>>(
        m_worker.get(), [worker = m_worker.get(), query](const auto &reply) { worker->readRuns(query, reply); });
}

QFuture<base::Result<void>> Store::visitRuns(const RunFilter &filter, const RunVisit &visit)
{
    return post<void>(m_worker.get(), [worker = m_worker.get(), filter, visit](const auto &reply) {
        worker->visitRuns(filter, visit, {}, reply);
    });
}

QFuture<base::Result<void>> Store::rewriteRuns(const RunFilter &filter, const RunRewrite &rewrite)
{
    return post<void>(m_worker.get(), [worker = m_worker.get(), filter, rewrite](const auto &reply) {
        worker->rewriteRuns({ filter, rewrite }, reply);
    });
}

QFuture<base::Result<QList<Spending>>> Store::spending(const SpendingQuery &query)
{
    return post<QList<Spending>>(
        m_worker.get(), [worker = m_worker.get(), query](const auto &reply) { worker->readSpending(query, reply); });
}

QFuture<base::Result<QList<ModelList>>> Store::modelLists()
{
    return post<QList<ModelList>>(m_worker.get(),
                                  [worker = m_worker.get()](const auto &reply) { worker->readModelLists(reply); });
}

QFuture<base::Result<void>> Store::saveModelList(const ModelList &list)
{
    return post<void>(m_worker.get(),
                      [worker = m_worker.get(), list](const auto &reply) { worker->enqueue(list, reply); });
}

} // namespace talkbench::store
