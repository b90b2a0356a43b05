#pragma once

#include "core/base/frame.h"
#include "core/base/http.h"
#include "core/base/result.h"
#include "core/llm/chatrequest.h"
#include "core/llm/modelinfo.h"
#include "core/llm/streamevent.h"

#include <memory>

namespace talkbench::llm {

/// A server and how to reach it: what the user configured, joined with its vendor's row.
struct Endpoint {
    QString providerId;
    /// Name of the wire protocol: "openai-chat", "ollama", …
    QString protocol;
    /// With the path prefix, without the method's path: "https://api.openai.com/v1", "http://127.0.0.1:11434".
    QUrl baseUrl;
    /// Never stored, logged or exported.
    QString apiKey;
    base::HttpHeaders headers;
    /// The vendor's deviations, from its row; see Vendor::quirks.
    QJsonObject quirks;
    base::Route route = {};
};

/// Turns the frames of one response into events. Pure, stateful, never throws on any bytes.
class Decoder {
public:
    virtual ~Decoder() = default;
    /// One frame of a streamed body.
    virtual StreamEvents frame(const base::Frame &frame) = 0;
    /// A whole body: an answer that was not streamed, or an error's body.
    virtual StreamEvents document(const base::HttpHead &head, const QByteArray &body) = 0;
    /// The body has ended: what was held back comes out. Says nothing of success.
    virtual StreamEvents end() = 0;
    /// Frames so far that the protocol has no place for.
    virtual int badFrames() const { return 0; }
};

/// An option the user set that a request does not carry.
struct Unsent {
    /// Its name in ChatOptions' JSON: "temperature".
    QString option;
    /// For a person: "gpt-5 refuses it".
    QString reason;

    bool operator==(const Unsent &) const = default;
};

struct EncodedRequest {
    base::HttpRequest http;
    QList<Unsent> unsent;
};

/// A wire protocol: requests to bytes and bytes to events. Pure, stateless, no I/O.
class Provider {
public:
    virtual ~Provider() = default;
    virtual QString protocol() const = 0;
    virtual base::Framing framing() const = 0;
    /// Everything the request holds is in the body or in `unsent`.
    virtual base::Result<EncodedRequest> encode(const ChatRequest &request, const Endpoint &endpoint) const = 0;
    virtual std::unique_ptr<Decoder> decoder() const = 0;
    virtual base::HttpRequest modelsRequest(const Endpoint &endpoint) const = 0;
    virtual base::Result<QList<ModelInfo>> parseModels(const QByteArray &body) const = 0;
};

/// The provider that speaks a protocol; null for an unknown name. The table of protocols is in provider.cpp.
const Provider *providerFor(const QString &protocol);
QStringList protocolNames();

} // namespace talkbench::llm
