#include "core/llm/message.h"

#include <QJsonArray>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

QString roleName(Role role)
{
    switch (role) {
    case Role::System:
        return u"system"_s;
    case Role::User:
        return u"user"_s;
    case Role::Assistant:
        return u"assistant"_s;
    case Role::Tool:
        return u"tool"_s;
    }
    return {};
}

Role roleFromName(const QString &name)
{
    if (name == "system"_L1 || name == "developer"_L1)
        return Role::System;
    if (name == "assistant"_L1 || name == "model"_L1)
        return Role::Assistant;
    if (name == "tool"_L1)
        return Role::Tool;
    return Role::User;
}

QString Message::text() const
{
    QString joined;
    for (const ContentPart &part : parts) {
        if (part.kind == ContentPart::Kind::Text)
            joined += part.text;
    }
    return joined;
}

Message Message::fromText(Role role, const QString &text)
{
    Message message;
    message.role = role;
    message.parts.append(ContentPart { ContentPart::Kind::Text, text, {}, {} });
    return message;
}

QJsonArray toJson(const QList<ToolCall> &calls)
{
    QJsonArray array;
    for (const ToolCall &call : calls)
        array.append(
            QJsonObject { { u"id"_s, call.id }, { u"name"_s, call.name }, { u"arguments"_s, call.arguments } });
    return array;
}

QList<ToolCall> toolCallsFromJson(const QJsonArray &array)
{
    QList<ToolCall> calls;
    for (const auto &value : array) {
        calls.append(
            ToolCall { value["id"_L1].toString(), value["name"_L1].toString(), value["arguments"_L1].toString() });
    }
    return calls;
}

QJsonObject toJson(const Replay &replay)
{
    return { { u"protocol"_s, replay.protocol }, { u"data"_s, replay.data } };
}

std::optional<Replay> replayFromJson(const QJsonValue &value)
{
    if (!value.isObject())
        return std::nullopt;
    return Replay { value["protocol"_L1].toString(), value["data"_L1].toObject() };
}

QJsonObject toJson(const Message &message)
{
    QJsonArray parts;
    for (const ContentPart &part : message.parts) {
        if (part.kind == ContentPart::Kind::Text) {
            parts.append(QJsonObject { { u"type"_s, u"text"_s }, { u"text"_s, part.text } });
        } else {
            parts.append(QJsonObject { { u"type"_s, u"image"_s },
                                       { u"media_type"_s, part.mediaType },
                                       { u"data"_s, QString::fromLatin1(part.data.toBase64()) } });
        }
    }
    QJsonObject object { { u"role"_s, roleName(message.role) }, { u"parts"_s, parts } };
    if (!message.reasoning.isEmpty())
        object.insert("reasoning"_L1, message.reasoning);
    if (!message.toolCalls.isEmpty())
        object.insert("tool_calls"_L1, toJson(message.toolCalls));
    if (!message.toolCallId.isEmpty())
        object.insert("tool_call_id"_L1, message.toolCallId);
    if (message.replay)
        object.insert("replay"_L1, toJson(*message.replay));
    return object;
}

Message messageFromJson(const QJsonObject &object)
{
    Message message;
    message.role = roleFromName(object["role"_L1].toString());
    const QJsonArray parts = object["parts"_L1].toArray();
    for (const auto &value : parts) {
        ContentPart part;
        if (value["type"_L1].toString() == "image"_L1) {
            part.kind = ContentPart::Kind::Image;
            part.mediaType = value["media_type"_L1].toString();
            part.data = QByteArray::fromBase64(value["data"_L1].toString().toLatin1());
        } else {
            part.text = value["text"_L1].toString();
        }
        message.parts.append(part);
    }
    message.reasoning = object["reasoning"_L1].toString();
    message.toolCalls = toolCallsFromJson(object["tool_calls"_L1].toArray());
    message.toolCallId = object["tool_call_id"_L1].toString();
    message.replay = replayFromJson(object["replay"_L1]);
    return message;
}

} // namespace talkbench::llm
