#include "core/llm/providers/modellist.h"

#include "core/llm/providers/servererror.h"
#include "core/llm/providers/wire.h"

#include <QSet>

#include <algorithm>
#include <cmath>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

QString firstText(const QJsonObject &object, std::initializer_list<QLatin1StringView> keys)
{
    for (const QLatin1StringView key : keys) {
        if (QString text = object[key].toString(); !text.isEmpty())
            return text;
    }
    return {};
}

/// Whether any list under one of the keys holds one of the words; unset where there is no such list.
std::optional<bool> lists(const QJsonObject &object, std::initializer_list<QLatin1StringView> keys,
                          std::initializer_list<QLatin1StringView> words)
{
    std::optional<bool> found;
    for (const QLatin1StringView key : keys) {
        if (!object[key].isArray())
            continue;
        const QJsonArray array = object[key].toArray();
        found = found.value_or(false)
            || std::any_of(words.begin(), words.end(), [&array](auto word) { return array.contains(word); });
    }
    return found;
}

/// A flag: true, or Anthropic's {"supported": true}.
std::optional<bool> flag(const QJsonObject &object, std::initializer_list<QLatin1StringView> keys)
{
    for (const QLatin1StringView key : keys) {
        const QJsonValue value = object[key].isObject() ? object[key]["supported"_L1] : object[key];
        if (value.isBool())
            return value.toBool();
    }
    return std::nullopt;
}

template <typename T>
void fill(std::optional<T> &field, const std::optional<T> &value)
{
    if (!field)
        field = value;
}

/// As text a price is USD a token (OpenRouter, Groq, Vercel), as a number USD a million tokens (Together, Hugging Face).
std::optional<double> price(const QJsonObject &pricing, std::initializer_list<QLatin1StringView> keys)
{
    for (const QLatin1StringView key : keys) {
        bool number = true;
        const QJsonValue value = pricing[key];
        const double usd = value.isString() ? value.toString().toDouble(&number) * 1e6 : value.toDouble(-1);
        if (number && usd >= 0 && std::isfinite(usd))
            return usd;
    }
    return std::nullopt;
}

void readPrices(const QJsonObject &pricing, ModelInfo &model)
{
    fill(model.inputPrice, price(pricing, { "prompt"_L1, "input"_L1 }));
    fill(model.outputPrice, price(pricing, { "completion"_L1, "output"_L1 }));
    fill(model.cacheReadPrice, price(pricing, { "input_cache_read"_L1, "cached_input"_L1 }));
}

/// The first limit under one of the keys: servers write 0 for one that they don't know.
std::optional<qint64> limit(const QJsonObject &object, std::initializer_list<QLatin1StringView> keys)
{
    for (const QLatin1StringView key : keys) {
        if (const std::optional<qint64> tokens = count(object, { key }); tokens > 0)
            return tokens;
    }
    return std::nullopt;
}

void readCounts(const QJsonObject &object, ModelInfo &model)
{
    fill(model.contextTokens,
         limit(object,
               { "context_length"_L1, "context_window"_L1, "max_context_length"_L1, "max_model_len"_L1,
                 "max_input_tokens"_L1, "inputTokenLimit"_L1, "max_context_window_tokens"_L1, "n_ctx"_L1,
                 "n_ctx_train"_L1 }));
    fill(model.maxOutputTokens,
         limit(object,
               { "max_completion_tokens"_L1, "max_output_tokens"_L1, "max_output_length"_L1, "max_tokens"_L1,
                 "outputTokenLimit"_L1 }));
}

void readAbilities(const QJsonObject &object, ModelInfo &model)
{
    fill(model.imageInput,
         flag(object, { "vision"_L1, "image_input"_L1, "supports_image_input"_L1, "supports_image_in"_L1 }));
    fill(model.tools,
         flag(object, { "function_calling"_L1, "tool_calls"_L1, "supports_tools"_L1, "supports_tool_calling"_L1 }));
    fill(model.reasoning, flag(object, { "reasoning"_L1, "thinking"_L1, "supports_reasoning"_L1 }));
    fill(model.imageInput, lists(object, { "input_modalities"_L1, "supported_input_modalities"_L1 }, { "image"_L1 }));
    fill(model.tools, lists(object, { "supported_parameters"_L1, "supported_features"_L1 }, { "tools"_L1 }));
    fill(model.reasoning, lists(object, { "supported_parameters"_L1, "supported_features"_L1 }, { "reasoning"_L1 }));
    // Ollama's, LM Studio's and GitHub's words
    fill(model.imageInput, lists(object, { "capabilities"_L1 }, { "vision"_L1 }));
    fill(model.tools, lists(object, { "capabilities"_L1 }, { "tools"_L1, "tool_use"_L1, "tool-calling"_L1 }));
    fill(model.reasoning, lists(object, { "capabilities"_L1 }, { "thinking"_L1, "reasoning"_L1 }));
    if (object["type"_L1].toString() == "vlm"_L1)
        model.imageInput = true;
}

/// The best that any of a router's servers offers.
void readServers(const QJsonArray &servers, ModelInfo &model)
{
    for (const auto &value : servers) {
        const QJsonObject server = value.toObject();
        ModelInfo one;
        readCounts(server, one);
        readAbilities(server, one);
        readPrices(server["pricing"_L1].toObject(), one);
        if (one.contextTokens)
            model.contextTokens = std::max(model.contextTokens.value_or(0), *one.contextTokens);
        if (one.tools)
            model.tools = model.tools.value_or(false) || *one.tools;
        // Which server will answer, and so what it costs, is known only where there is one.
        if (servers.size() == 1)
            readPrices(server["pricing"_L1].toObject(), model);
    }
}

bool canChat(const QJsonObject &object)
{
    const QJsonArray methods = object["supportedGenerationMethods"_L1].toArray();
    if (!methods.isEmpty() && !methods.contains("generateContent"_L1))
        return false;
    const QString type = object["type"_L1].toString();
    for (const QLatin1StringView other : { "embedding"_L1, "rerank"_L1, "moderation"_L1, "transcri"_L1 }) {
        if (type.startsWith(other))
            return false;
    }
    if (const std::optional<bool> chats =
            flag(object["capabilities"_L1].toObject(), { "completion_chat"_L1, "chat_completion"_L1 }))
        return *chats;
    if (object["supports_chat"_L1].isBool())
        return object["supports_chat"_L1].toBool();
    for (const QJsonObject &place : { object, object["architecture"_L1].toObject() }) {
        if (!lists(place, { "output_modalities"_L1 }, { "text"_L1 }).value_or(true))
            return false;
    }
    const QJsonValue words = object["capabilities"_L1];
    return !words.isArray() || !words.toArray().contains("embedding"_L1) || words.toArray().contains("completion"_L1);
}

std::optional<ModelInfo> modelFrom(const QJsonObject &object)
{
    ModelInfo model;
    model.id = firstText(object, { "id"_L1, "model"_L1, "name"_L1 });
    if (model.id.startsWith("models/"_L1))
        model.id.remove(0, 7);
    if (model.id.isEmpty() || !canChat(object))
        return std::nullopt;
    model.displayName = firstText(object, { "display_name"_L1, "displayName"_L1, "name"_L1 });
    if (model.displayName.isEmpty() || model.displayName == "models/"_L1 + model.id)
        model.displayName = model.id;
    const QJsonObject capabilities = object["capabilities"_L1].toObject();
    // llama.cpp's "meta", OpenRouter's "top_provider", GitHub's "limits", Copilot's "capabilities"
    for (const QJsonObject &place : { object, object["top_provider"_L1].toObject(), object["meta"_L1].toObject(),
                                      object["limits"_L1].toObject(), capabilities["limits"_L1].toObject() })
        readCounts(place, model);
    for (const QJsonObject &place :
         { object, capabilities, capabilities["supports"_L1].toObject(), object["architecture"_L1].toObject() })
        readAbilities(place, model);
    readPrices(object["pricing"_L1].toObject(), model);
    readServers(object["providers"_L1].toArray(), model);
    return model;
}

QJsonArray rowsOf(const QJsonDocument &document)
{
    QJsonArray rows = document.array();
    for (const QLatin1StringView key : { "data"_L1, "models"_L1 }) {
        if (rows.isEmpty())
            rows = document.object()[key].toArray();
    }
    return rows;
}

} // namespace

base::Result<QList<ModelInfo>> modelList(const QByteArray &body)
{
    const QJsonDocument document = jsonDocument(body);
    if (document.isNull())
        return notJsonError(body);
    const QJsonObject root = document.object();
    if (isServerError(root))
        return serverError(root);
    const QJsonArray rows = rowsOf(document);
    if (rows.isEmpty() && document.isObject() && !root.contains("data"_L1) && !root.contains("models"_L1)) {
        base::Error error;
        error.kind = base::ErrorKind::BadEvent;
        error.message = u"The server's answer is not a list of models."_s;
        error.detail = detailOf(body);
        return error;
    }
    QList<ModelInfo> models;
    QSet<QString> seen;
    for (const auto &row : rows) {
        if (const std::optional<ModelInfo> model = modelFrom(row.toObject()); model && !seen.contains(model->id)) {
            seen.insert(model->id);
            models.append(*model);
        }
    }
    return models;
}

std::optional<std::pair<QString, QString>> nextModelPage(const QByteArray &body)
{
    const QJsonObject root = jsonDocument(body).object();
    if (const QString token = root["nextPageToken"_L1].toString(); !token.isEmpty())
        return std::pair { u"pageToken"_s, token };
    if (const QString last = root["last_id"_L1].toString(); root["has_more"_L1].toBool() && !last.isEmpty())
        return std::pair { u"after_id"_s, last };
    return std::nullopt;
}

} // namespace talkbench::llm
