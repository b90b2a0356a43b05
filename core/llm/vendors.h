#pragma once

#include "core/base/result.h"

#include <QJsonObject>
#include <QList>
#include <QString>
#include <QUrl>

namespace talkbench::llm {

/// A row of resources/providers.json: a service or server whose protocol is known. Adding one is adding a row.
struct Vendor {
    QString id;
    QString name;
    QString protocol;
    QUrl baseUrl;
    /// Where a person gets a key, and the environment variable that usually holds it; empty where none is needed.
    QUrl keyUrl;
    QString keyEnv;
    /// A server of the user's own machine.
    bool local = false;
    /// What the codecs look at, each optional:
    /// "auth": "bearer", "none" or the header that carries the key (the row's `auth`);
    /// "hosts": domains of the vendor's in which each customer has a host of their own, which may have the key (the row's
    /// `hosts`);
    /// "models_path": where the models are listed, below the base URL (the row's `modelsPath`);
    /// "headers": {name: value}, sent with every request;
    /// "body": members added to every chat's body;
    /// "max_tokens", "seed": the names these options have;
    /// "refuses": options that this vendor's servers don't take, by their names in ChatOptions' JSON;
    /// "reasoning": how reasoning is asked for: "effort" (reasoning_effort), "object" (OpenRouter's), or a switch named
    /// "enable_thinking", "thinking" or "template" (chat_template_kwargs); "reasoning_budget": a budget's name beside a switch;
    /// "efforts": the efforts that go along with the switch, others become the nearest;
    /// "ranges": {option: {"least", or "above" for more than that, "most"}} of "temperature", "max_tokens", "reasoning_budget" and
    /// the count of "stop", by their names in ChatOptions' JSON;
    /// "response_format": "json_object" or "json_schema" where it takes this one only;
    /// "tool_required": the word for a call that must come;
    /// "without": {name: another name or ""}: members of the body that this server has refused;
    /// "stream_options": false where the server refuses them;
    /// "api_version": Azure's.
    QJsonObject quirks;
    /// How an answer of a local server is known to be this one's, each optional: "owned_by" of its models, the start of its
    /// "server" header, a "path" that only it answers with 200.
    QJsonObject marks = {};

    bool operator==(const Vendor &) const = default;
};

/// The rows, in their order. A row that lacks an id, a known protocol or an http address is an error that names it.
base::Result<QList<Vendor>> vendorsFromJson(const QByteArray &json);

} // namespace talkbench::llm
