#include "core/simulator/routes.h"

#include "core/simulator/batchdesk.h"

#include <array>

namespace talkbench::simulator {

namespace {

using WireMember = const std::unique_ptr<Wire> Wires::*;

struct Route {
    const char *method;
    const char *path; ///< {} stands for a name
    WireMember wire;
    Told (*tell)(const Wire &, const Asked &);
    const char *header = nullptr; ///< which the request must have
    DeskAction desk = nullptr; ///< null as `tell` is: a chat
};

constexpr Route batchRoute(const char *method, const char *path, WireMember wire, DeskAction action)
{
    return { method, path, wire, nullptr, nullptr, action };
}

constexpr auto anthropicVersion = "anthropic-version"; ///< tells whose /v1/models are meant

/// The first row that fits wins.
constexpr std::array table {
    Route { "POST", "/v1/chat/completions", &Wires::openAi, nullptr },
    Route { "POST", "/v1/responses", &Wires::responses, nullptr },
    Route { "POST", "/openai/deployments/{}/chat/completions", &Wires::azure, nullptr },
    Route { "POST", "/openai/v1/chat/completions", &Wires::openAi, nullptr },
    Route { "POST", "/openai/v1/responses", &Wires::responses, nullptr },
    Route { "GET", "/openai/v1/models", &Wires::openAi, openAiModels },
    Route { "GET", "/openai/models", &Wires::azure, openAiModels },
    Route { "POST", "/v1/messages", &Wires::anthropic, nullptr },
    Route { "POST", "/v1/messages/count_tokens", &Wires::anthropic, anthropicTokens },
    batchRoute("POST", "/v1/files", &Wires::openAi, &BatchDesk::takeFile),
    batchRoute("GET", "/v1/files/{}/content", &Wires::openAi, &BatchDesk::fileContent),
    batchRoute("DELETE", "/v1/files/{}", &Wires::openAi, &BatchDesk::deleteFile),
    batchRoute("POST", "/v1/batches", &Wires::openAi, &BatchDesk::createOpenAi),
    batchRoute("GET", "/v1/batches", &Wires::openAi, &BatchDesk::listOpenAi),
    batchRoute("GET", "/v1/batches/{}", &Wires::openAi, &BatchDesk::state),
    batchRoute("POST", "/v1/batches/{}/cancel", &Wires::openAi, &BatchDesk::cancel),
    batchRoute("POST", "/v1/messages/batches", &Wires::anthropic, &BatchDesk::createAnthropic),
    batchRoute("GET", "/v1/messages/batches", &Wires::anthropic, &BatchDesk::listAnthropic),
    batchRoute("GET", "/v1/messages/batches/{}", &Wires::anthropic, &BatchDesk::state),
    batchRoute("GET", "/v1/messages/batches/{}/results", &Wires::anthropic, &BatchDesk::results),
    batchRoute("POST", "/v1/messages/batches/{}/cancel", &Wires::anthropic, &BatchDesk::cancel),
    Route { "GET", "/v1/models", &Wires::anthropic, anthropicModels, anthropicVersion },
    Route { "GET", "/v1/models/{}", &Wires::anthropic, anthropicModel, anthropicVersion },
    Route { "GET", "/v1/models", &Wires::openAi, openAiModels },
    Route { "GET", "/v1/models/{}", &Wires::openAi, openAiModel },
    Route { "POST", "/v1beta/models/{}:generateContent", &Wires::gemini, nullptr },
    Route { "POST", "/v1beta/models/{}:streamGenerateContent", &Wires::gemini, nullptr },
    Route { "POST", "/v1beta/models/{}:countTokens", &Wires::gemini, geminiTokens },
    Route { "GET", "/v1beta/models", &Wires::gemini, geminiModels },
    Route { "GET", "/v1beta/models/{}", &Wires::gemini, geminiModel },
    Route { "POST", "/api/chat", &Wires::ollama, nullptr },
    Route { "GET", "/api/tags", &Wires::ollama, ollamaTags },
    Route { "POST", "/api/show", &Wires::ollama, ollamaShow },
    Route { "GET", "/api/version", &Wires::ollama, ollamaVersion },
};

/// The name in a path of this pattern, empty if the pattern has none; nothing if the path is another.
std::optional<QByteArray> nameIn(const QByteArray &path, QByteArrayView pattern)
{
    const qsizetype place = pattern.indexOf("{}");
    if (place < 0)
        return path == pattern ? std::optional(QByteArray()) : std::nullopt;
    const QByteArrayView before = pattern.first(place);
    const QByteArrayView after = pattern.sliced(place + 2);
    if (path.size() <= before.size() + after.size() || !path.startsWith(before) || !path.endsWith(after))
        return std::nullopt;
    const QByteArray name = path.mid(before.size(), path.size() - before.size() - after.size());
    return name.contains('/') ? std::nullopt : std::optional(name);
}

bool hasHeader(const HttpIn &in, const char *name)
{
    return !name || !base::headerValue(in.headers, name).isEmpty();
}

const Wire &wireByPrefix(const HttpIn &in, const Wires &wires)
{
    if (in.path.startsWith("/api/"))
        return *wires.ollama;
    if (in.path.startsWith("/v1beta/"))
        return *wires.gemini;
    if (in.path.startsWith("/openai/"))
        return *wires.azure;
    return hasHeader(in, anthropicVersion) ? *wires.anthropic : *wires.openAi;
}

} // namespace

Place placeOf(const HttpIn &in, const Wires &wires)
{
    const QByteArray method = in.method == "HEAD" ? QByteArray("GET") : in.method;
    const Route *otherMethod = nullptr;
    for (const Route &route : table) {
        const auto name = hasHeader(in, route.header) ? nameIn(in.path, route.path) : std::nullopt;
        if (name && method == route.method)
            return { *(wires.*route.wire), route.tell, route.desk, *name, 0 };
        if (name)
            otherMethod = &route;
    }
    if (otherMethod)
        return { *(wires.*otherMethod->wire), nullptr, nullptr, {}, 405 };
    return { wireByPrefix(in, wires), nullptr, nullptr, {}, 404 };
}

} // namespace talkbench::simulator
