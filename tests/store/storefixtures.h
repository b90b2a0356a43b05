#pragma once

#include "core/store/store.h"

#include <QFile>

namespace talkbench::store {

inline Conversation conversation(const QString &id, qint64 updatedMs = 1)
{
    return { .id = id,
             .title = QStringLiteral("Title of ") + id,
             .providerId = QStringLiteral("simulator"),
             .model = QStringLiteral("sim-1"),
             .createdMs = 1,
             .updatedMs = updatedMs };
}

inline StoredMessage message(const QString &id, const QString &conversationId, const QString &parentId = {},
                             const QString &text = QStringLiteral("Hello"))
{
    return { .id = id,
             .conversationId = conversationId,
             .parentId = parentId,
             .message = llm::Message::fromText(llm::Role::User, text),
             .providerId = {},
             .model = {},
             .runId = {},
             .createdMs = 5 };
}

inline profile::RunRecord runRecord(const QString &id, const QString &conversationId, qint64 startedMs)
{
    profile::RunRecord record;
    record.id = id;
    record.conversationId = conversationId;
    record.messageId = QStringLiteral("m-") + id;
    record.providerId = QStringLiteral("simulator");
    record.protocol = QStringLiteral("openai-chat");
    record.model = QStringLiteral("sim-1");
    record.startedWallMs = startedMs;
    record.answer.text = QStringLiteral("the answer of ") + id;
    record.answer.finished = true;
    record.answer.finishReason = llm::FinishReason::Stop;
    record.answer.usage =
        llm::Usage { .input = 11, .cacheRead = 2, .output = 7, .reasoning = 3, .reportedCostUsd = {}, .raw = {} };
    record.trace.submittedNs = 1'000'000'000;
    record.trace.dispatchedNs = 1'001'000'000;
    record.trace.firstContentNs = 1'100'000'000;
    record.trace.firstOutputNs = 1'100'000'000;
    record.trace.lastContentNs = 1'900'000'000;
    record.trace.endNs = 2'000'000'000;
    for (qint64 i = 0; i < 5; ++i)
        record.trace.chunks.append(
            { .ns = 1'100'000'000 + i * 200'000'000, .characters = 4, .kind = profile::ChunkKind::Text });
    record.costUsd = 0.125;
    return record;
}

/// The answer of a call to the store; needs no event loop.
template <typename T>
T wait(QFuture<T> future)
{
    future.waitForFinished();
    return future.result();
}

inline QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace talkbench::store
