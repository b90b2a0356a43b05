#include "core/llm/modelinfo.h"

#include <array>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array counts {
    std::pair { "context_tokens", &ModelInfo::contextTokens },
    std::pair { "max_output_tokens", &ModelInfo::maxOutputTokens },
};
constexpr std::array prices {
    std::pair { "input_usd_per_million", &ModelInfo::inputPrice },
    std::pair { "output_usd_per_million", &ModelInfo::outputPrice },
    std::pair { "cache_read_usd_per_million", &ModelInfo::cacheReadPrice },
};
constexpr std::array abilities {
    std::pair { "image_input", &ModelInfo::imageInput },
    std::pair { "tools", &ModelInfo::tools },
    std::pair { "reasoning", &ModelInfo::reasoning },
};

} // namespace

QJsonObject toJson(const ModelInfo &model)
{
    QJsonObject object { { u"id"_s, model.id },
                         { u"name"_s, model.displayName.isEmpty() ? model.id : model.displayName } };
    const auto put = [&object, &model](const auto &table) {
        for (const auto &[name, field] : table) {
            if (model.*field)
                object.insert(QLatin1String(name), *(model.*field));
        }
    };
    put(counts);
    put(prices);
    put(abilities);
    return object;
}

ModelInfo modelInfoFromJson(const QJsonObject &object)
{
    ModelInfo model { object["id"_L1].toString(), object["name"_L1].toString() };
    for (const auto &[name, field] : counts) {
        if (const QJsonValue value = object[QLatin1String(name)]; value.isDouble())
            model.*field = value.toInteger();
    }
    for (const auto &[name, field] : prices) {
        if (const QJsonValue value = object[QLatin1String(name)]; value.isDouble())
            model.*field = value.toDouble();
    }
    for (const auto &[name, field] : abilities) {
        if (const QJsonValue value = object[QLatin1String(name)]; value.isBool())
            model.*field = value.toBool();
    }
    return model;
}

} // namespace talkbench::llm
