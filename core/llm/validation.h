#pragma once

#include <QJsonObject>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>
#include <QVariantMap>

namespace talkbench::llm {

/// A condition on an answer. Its kind is a row of validate::validatorTable(), which says what the parameters mean; each is
/// kept as a person writes it.
struct Validator {
    QString kind;
    QMap<QString, QString> parameters;
    /// Switched off it is kept, and asked nothing.
    bool on = true;

    bool operator==(const Validator &) const = default;
};

/// What an answer has to be, and what is done about one that isn't. Not sent to the server.
struct Validation {
    enum class OnFailure {
        Mark, ///< the answer stays, with what is wrong with it
        Retry, ///< the model is told what is wrong and asked again
        FallBack, ///< other models are asked, in this order
    };

    /// Each retry is paid for.
    static constexpr int mostRetries = 10;

    QList<Validator> validators;
    OnFailure onFailure = OnFailure::Mark;
    /// Retry only: how often at most.
    int retries = 2;
    /// FallBack only: models of the same provider; empty: those that are asked where the model itself fails.
    QStringList fallbackModels;

    bool operator==(const Validation &) const = default;
};

/// Without those that are switched off: what a call carries.
Validation activeOf(Validation validation);

/// {"validators": [{"kind", …parameters, "on": false where it is off}], "on_failure": "mark" | "retry" | "fall_back", "retries", "fallback_models"};
/// empty without validators.
QJsonObject toJson(const Validation &validation);
/// What is missing or of another type keeps its default.
Validation validationFromJson(const QJsonObject &object);
/// The same as the settings keep it.
QVariantMap toSetting(const Validation &validation);
Validation validationFromSetting(const QVariantMap &setting);

} // namespace talkbench::llm
