#include "core/run/diagnosis.h"

#include <QJsonArray>

namespace talkbench::run {

using namespace Qt::StringLiterals;

QString stateName(DiagnosisStep::State state)
{
    using enum DiagnosisStep::State;
    switch (state) {
    case Ok:
        return u"ok"_s;
    case Warning:
        return u"warning"_s;
    case Failed:
        return u"failed"_s;
    case Skipped:
        return u"skipped"_s;
    }
    return {};
}

QJsonObject toJson(const Diagnosis &diagnosis)
{
    const auto orNull = [](const QString &text) { return text.isEmpty() ? QJsonValue() : QJsonValue(text); };
    QJsonArray steps;
    for (const DiagnosisStep &step : diagnosis.steps) {
        steps.append(QJsonObject {
            { u"id"_s, step.id },
            { u"state"_s, stateName(step.state) },
            { u"ms"_s, step.ms ? QJsonValue(*step.ms) : QJsonValue() },
            { u"text"_s, step.text },
            { u"advice"_s, orNull(step.advice) },
        });
    }
    QJsonValue error;
    if (diagnosis.error) {
        error = QJsonObject { { u"kind"_s, base::errorKindName(diagnosis.error->kind) },
                              { u"message"_s, diagnosis.error->message } };
    }
    return {
        { u"ok"_s, diagnosis.ok() },
        { u"url"_s, diagnosis.url.toString() },
        { u"steps"_s, steps },
        { u"models"_s, diagnosis.models.size() },
        { u"better_base_url"_s, orNull(diagnosis.betterBaseUrl.toString()) },
        { u"better_protocol"_s, orNull(diagnosis.betterProtocol) },
        { u"error"_s, error },
    };
}

} // namespace talkbench::run
