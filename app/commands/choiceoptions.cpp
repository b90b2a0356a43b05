#include "app/commands/choiceoptions.h"

#include "app/choicesetup.h"
#include "app/commands/options.h"
#include "core/llm/images.h"
#include "core/run/record.h"

#include <QCommandLineParser>
#include <QDateTime>
#include <QFile>
#include <QHash>
#include <QJsonArray>
#include <QJsonObject>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

template <typename T>
base::Result<T> waited(QFuture<base::Result<T>> future)
{
    future.waitForFinished();
    return future.result();
}

/// From the first message to the newest.
QList<llm::Message> newestBranch(const QList<store::StoredMessage> &all)
{
    QHash<QString, const store::StoredMessage *> byId;
    for (const store::StoredMessage &message : all)
        byId.insert(message.id, &message);
    QList<llm::Message> branch;
    const store::StoredMessage *message = all.isEmpty() ? nullptr : &all.constLast();
    for (qsizetype steps = 0; message && steps < all.size(); ++steps) {
        branch.prepend(message->message);
        message = byId.value(message->parentId);
    }
    return branch;
}

base::Result<void> readConversation(store::Store &store, const QString &id, StoredChoice &stored)
{
    const auto all = waited(store.conversations());
    const auto messages = waited(store.messages(id));
    if (!all || !messages)
        return all ? messages.error() : all.error();
    const auto found =
        std::find_if(all->begin(), all->end(), [&id](const store::Conversation &c) { return c.id == id; });
    if (found == all->end())
        return usage(u"There is no conversation '%1'."_s.arg(id));
    stored.conversation = *found;
    stored.messages = newestBranch(*messages);
    return {};
}

/// With its bytes where they are in the address (data:image/png;base64,…), even where they are no picture.
llm::ContentPart pictureFrom(const QString &address)
{
    const qsizetype comma = address.indexOf(u',');
    if (address.startsWith("data:"_L1) && address.first(std::max<qsizetype>(comma, 0)).endsWith(";base64"_L1)) {
        const QByteArray bytes = QByteArray::fromBase64(address.sliced(comma + 1).toLatin1());
        return { llm::ContentPart::Kind::Image, {}, llm::imageType(bytes), bytes };
    }
    return { llm::ContentPart::Kind::Image, {}, {}, {} };
}

QList<llm::ContentPart> partsFrom(const QJsonArray &content)
{
    QList<llm::ContentPart> parts;
    for (const auto &value : content) {
        const QString type = value["type"_L1].toString();
        if (type == "text"_L1)
            parts.append({ llm::ContentPart::Kind::Text, value["text"_L1].toString(), {}, {} });
        else if (type == "image_url"_L1 || type == "image"_L1)
            parts.append(pictureFrom(value["image_url"_L1]["url"_L1].toString()));
    }
    return parts;
}

std::optional<llm::Message> messageFrom(const QJsonObject &object)
{
    const QString role = object["role"_L1].toString();
    const QJsonValue content = object["content"_L1];
    const QJsonArray calls = object["tool_calls"_L1].toArray();
    constexpr QLatin1StringView roles[] { "system"_L1, "developer"_L1, "user"_L1, "assistant"_L1, "tool"_L1 };
    const bool known = std::find(std::begin(roles), std::end(roles), role) != std::end(roles);
    if (!known || !(content.isString() || content.isArray() || !calls.isEmpty()))
        return {};
    llm::Message message = llm::Message::fromText(llm::roleFromName(role), content.toString());
    if (!content.isString())
        message.parts = partsFrom(content.toArray());
    for (const auto &call : calls)
        message.toolCalls.append({ call["id"_L1].toString(), call["function"_L1]["name"_L1].toString(),
                                   call["function"_L1]["arguments"_L1].toString() });
    message.toolCallId = object["tool_call_id"_L1].toString();
    return message;
}

} // namespace

void addChoiceOptions(QCommandLineParser &parser)
{
    parser.addOptions({
        { u"quality"_s, u"How good the answer is wanted, for an automatic choice: low, balanced or high."_s,
          u"QUALITY"_s },
        { u"tag"_s, u"A tag that rules of automatic choices may ask for. May be repeated."_s, u"TAG"_s },
    });
}

base::Result<ChoiceOptions> readChoice(const QCommandLineParser &parser)
{
    ChoiceOptions options;
    options.tags = parser.values(u"tag"_s);
    if (!parser.isSet(u"quality"_s))
        return options;
    options.quality = select::qualityFromName(parser.value(u"quality"_s));
    if (!options.quality)
        return usage(u"--quality takes low, balanced or high, not '%1'."_s.arg(parser.value(u"quality"_s)));
    return options;
}

base::Result<StoredChoice> readStored(const QString &dir, const QString &conversationId, qint64 nowMs)
{
    StoredChoice stored;
    if (!QFile::exists(store::Store::databasePath(dir)))
        return conversationId.isEmpty() ? base::Result<StoredChoice>(stored)
                                        : usage(u"There is no conversation '%1'."_s.arg(conversationId));
    store::Store store(dir);
    if (const auto opened = waited(store.open()); !opened)
        return opened.error();
    store.endInterrupted(run::interruptedRecord);
    const cost::PeriodStarts starts = cost::periodStarts(QDateTime::fromMSecsSinceEpoch(nowMs));
    const auto runs = waited(store.runs(measuredRuns));
    const auto lists = waited(store.modelLists());
    const auto spending = waited(store.spending({ conversationId, starts.dayMs, starts.monthMs }));
    if (!runs || !lists || !spending)
        return !runs ? runs.error() : !lists ? lists.error() : spending.error();
    stored.runs = *runs;
    stored.lists = *lists;
    stored.spent = *spending;
    if (conversationId.isEmpty())
        return stored;
    if (const auto read = readConversation(store, conversationId, stored); !read)
        return read.error();
    return stored;
}

base::Result<void> visitStored(const QString &dir, const store::RunVisit &visit)
{
    if (!QFile::exists(store::Store::databasePath(dir)))
        return {};
    store::Store store(dir);
    if (const auto opened = waited(store.open()); !opened)
        return opened.error();
    return waited(store.visitRuns({}, visit));
}

base::Result<QList<llm::Message>> messagesFromFile(const QString &path)
{
    const auto json = jsonFile(path);
    if (!json)
        return json.error();
    const QJsonArray array = json->isArray() ? json->toArray() : json->toObject()["messages"_L1].toArray();
    QList<llm::Message> messages;
    for (const auto &value : array) {
        const auto message = messageFrom(value.toObject());
        if (!message)
            return usage(u"%1: message %2 has no known role or no content."_s.arg(path).arg(messages.size() + 1));
        messages.append(*message);
    }
    if (messages.isEmpty())
        return usage(u"%1 holds no messages."_s.arg(path));
    return messages;
}

} // namespace talkbench::app
