#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QMetaType>
#include <QString>

#include <optional>

namespace talkbench::llm {

enum class Role { System, User, Assistant, Tool };

QString roleName(Role role);
Role roleFromName(const QString &name);

struct ContentPart {
    enum class Kind { Text, Image };

    Kind kind = Kind::Text;
    QString text;
    /// Image only: "image/png" and the file's bytes.
    QString mediaType;
    QByteArray data;

    bool operator==(const ContentPart &) const = default;
};

struct ToolCall {
    QString id;
    QString name;
    /// JSON as the model wrote it; may be cut short by a length limit.
    QString arguments;

    bool operator==(const ToolCall &) const = default;
};

/// What a protocol wants back with the next turn, as it came: signed thoughts, encrypted reasoning. Only the codec of
/// `protocol` knows what is in it; another protocol, provider or model has no use for it.
struct Replay {
    QString protocol;
    QJsonObject data;

    bool operator==(const Replay &) const = default;
};

struct Message {
    Role role = Role::User;
    QList<ContentPart> parts;
    QString reasoning;
    QList<ToolCall> toolCalls;
    /// Role::Tool only.
    QString toolCallId;
    /// Role::Assistant only.
    std::optional<Replay> replay;

    /// All text parts joined.
    QString text() const;
    static Message fromText(Role role, const QString &text);

    bool operator==(const Message &) const = default;
};

/// [{"id", "name", "arguments"}]
QJsonArray toJson(const QList<ToolCall> &calls);
QList<ToolCall> toolCallsFromJson(const QJsonArray &array);

/// {"protocol", "data"}
QJsonObject toJson(const Replay &replay);
std::optional<Replay> replayFromJson(const QJsonValue &value);

/// {"role", "parts": [{"type": "text", "text"} | {"type": "image", "media_type", "data"}], and, where there are any,
/// "reasoning", "tool_calls", "tool_call_id", "replay": {"protocol", "data"}}
QJsonObject toJson(const Message &message);
Message messageFromJson(const QJsonObject &object);

} // namespace talkbench::llm
