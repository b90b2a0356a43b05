#include "core/llm/validation.h"

#include <QJsonArray>
#include <QVariant>

#include <algorithm>
#include <array>
#include <utility>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

using OnFailure = Validation::OnFailure;

constexpr std::array failureNames {
    std::pair { OnFailure::Mark, "mark" },
    std::pair { OnFailure::Retry, "retry" },
    std::pair { OnFailure::FallBack, "fall_back" },
};

QJsonObject toJson(const Validator &validator)
{
    QJsonObject object;
    for (auto it = validator.parameters.cbegin(); it != validator.parameters.cend(); ++it)
        object.insert(it.key(), it.value());
    object.insert("kind"_L1, validator.kind);
    if (!validator.on)
        object.insert("on"_L1, false);
    return object;
}

Validator validatorFromJson(const QJsonObject &object)
{
    Validator validator;
    for (auto it = object.constBegin(); it != object.constEnd(); ++it) {
        if (it.key() == "kind"_L1)
            validator.kind = it.value().toString();
        else if (it.key() == "on"_L1)
            validator.on = it.value().toBool(true);
        else
            validator.parameters.insert(it.key(), it.value().toVariant().toString());
    }
    return validator;
}

} // namespace

Validation activeOf(Validation validation)
{
    validation.validators.removeIf([](const Validator &validator) { return !validator.on; });
    return validation;
}

QJsonObject toJson(const Validation &validation)
{
    if (validation.validators.isEmpty())
        return {};
    QJsonArray validators;
    for (const Validator &validator : validation.validators)
        validators.append(toJson(validator));
    QJsonObject object { { u"validators"_s, validators } };
    for (const auto &[value, name] : failureNames) {
        if (value == validation.onFailure)
            object.insert("on_failure"_L1, QLatin1String(name));
    }
    if (validation.onFailure == OnFailure::Retry)
        object.insert("retries"_L1, validation.retries);
    if (!validation.fallbackModels.isEmpty())
        object.insert("fallback_models"_L1, QJsonArray::fromStringList(validation.fallbackModels));
    return object;
}

Validation validationFromJson(const QJsonObject &object)
{
    Validation validation;
    const QJsonArray validators = object["validators"_L1].toArray();
    for (const auto &validator : validators)
        validation.validators.append(validatorFromJson(validator.toObject()));
    const QString onFailure = object["on_failure"_L1].toString();
    for (const auto &[value, name] : failureNames) {
        if (onFailure == QLatin1String(name))
            validation.onFailure = value;
    }
    validation.retries = std::clamp(object["retries"_L1].toInt(validation.retries), 1, Validation::mostRetries);
    const QJsonArray models = object["fallback_models"_L1].toArray();
    for (const auto &model : models)
        validation.fallbackModels.append(model.toString());
    return validation;
}

QVariantMap toSetting(const Validation &validation)
{
    return toJson(validation).toVariantMap();
}

Validation validationFromSetting(const QVariantMap &setting)
{
    return validationFromJson(QJsonObject::fromVariantMap(setting));
}

} // namespace talkbench::llm
