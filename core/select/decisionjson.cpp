#include "core/select/selector.h"

#include <QJsonArray>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

QJsonValue orNull(std::optional<double> value)
{
    return value ? QJsonValue(*value) : QJsonValue();
}

std::optional<double> numberOf(const QJsonValue &value)
{
    return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
}

QJsonObject toJson(const DecisionRow &row)
{
    return {
        { u"model"_s, toText(row.ref) },
        { u"excluded"_s, row.excluded },
        { u"predicted_ms"_s, row.predictedMs },
        { u"predicted_ttft_ms"_s, row.predictedTtftMs },
        { u"predicted_usd"_s, orNull(row.predictedUsd) },
        { u"failure_probability"_s, row.failureProbability },
        { u"quality"_s, orNull(row.quality) },
        { u"utility"_s, row.utility },
        { u"preference"_s, row.preference },
        { u"propensity"_s, row.propensity },
        { u"calls"_s, static_cast<qint64>(row.calls) },
        { u"circuit"_s, circuitName(row.circuit) },
    };
}

DecisionRow rowFromJson(const QJsonObject &object)
{
    DecisionRow row;
    row.ref = modelRefFromText(object["model"_L1].toString()).value_or(ModelRef());
    row.excluded = object["excluded"_L1].toString();
    row.predictedMs = object["predicted_ms"_L1].toDouble();
    row.predictedTtftMs = object["predicted_ttft_ms"_L1].toDouble();
    row.predictedUsd = numberOf(object["predicted_usd"_L1]);
    row.failureProbability = object["failure_probability"_L1].toDouble();
    row.quality = numberOf(object["quality"_L1]);
    row.utility = object["utility"_L1].toDouble();
    row.preference = object["preference"_L1].toDouble();
    row.propensity = object["propensity"_L1].toDouble();
    row.calls = object["calls"_L1].toInteger();
    for (const Circuit circuit : { Circuit::Open, Circuit::HalfOpen }) {
        if (object["circuit"_L1].toString() == circuitName(circuit))
            row.circuit = circuit;
    }
    return row;
}

QJsonObject toJson(const Incumbent &incumbent)
{
    return { { u"model"_s, toText(incumbent.ref) },
             { u"cached_tokens"_s, incumbent.cachedTokens },
             { u"used_ms"_s, incumbent.usedMs } };
}

std::optional<Incumbent> incumbentFromJson(const QJsonObject &object)
{
    const auto ref = modelRefFromText(object["model"_L1].toString());
    if (!ref)
        return {};
    return Incumbent { *ref, object["cached_tokens"_L1].toInteger(), object["used_ms"_L1].toInteger() };
}

} // namespace

QJsonObject toJson(const Decision &decision)
{
    QJsonArray rows;
    for (const DecisionRow &row : decision.rows)
        rows.append(toJson(row));
    const Weights &weights = decision.weights;
    QJsonObject object {
        { u"strategy"_s, decision.strategy },
        { u"rule"_s, decision.rule },
        { u"chosen"_s, decision.chosen ? QJsonValue(toText(*decision.chosen)) : QJsonValue() },
        { u"reason"_s, decision.reason },
        { u"input_tokens"_s, decision.inputTokens },
        { u"at_ms"_s, decision.atMs },
        { u"weights"_s,
          QJsonObject { { u"fast"_s, weights.fast }, { u"cheap"_s, weights.cheap }, { u"good"_s, weights.good } } },
        { u"candidates"_s, rows },
    };
    if (!decision.overrules.isEmpty())
        object.insert("overrules"_L1, decision.overrules);
    if (decision.insteadOf)
        object.insert("instead_of"_L1, toText(*decision.insteadOf));
    if (!decision.goesOnFrom.isEmpty())
        object.insert("goes_on_from"_L1, decision.goesOnFrom);
    if (decision.quality)
        object.insert("quality"_L1, qualityName(*decision.quality));
    if (decision.incumbent)
        object.insert("incumbent"_L1, toJson(*decision.incumbent));
    if (decision.fits)
        object.insert("fits"_L1, true);
    return object;
}

Decision decisionFromJson(const QJsonObject &object)
{
    const QJsonObject weights = object["weights"_L1].toObject();
    Decision decision { .strategy = object["strategy"_L1].toString(),
                        .chosen = modelRefFromText(object["chosen"_L1].toString()),
                        .reason = object["reason"_L1].toString(),
                        .inputTokens = object["input_tokens"_L1].toInteger(),
                        .atMs = object["at_ms"_L1].toInteger(),
                        .weights = { weights["fast"_L1].toDouble(), weights["cheap"_L1].toDouble(),
                                     weights["good"_L1].toDouble() },
                        .rows = {},
                        .rule = object["rule"_L1].toString(),
                        .overrules = object["overrules"_L1].toString(),
                        .insteadOf = modelRefFromText(object["instead_of"_L1].toString()),
                        .goesOnFrom = object["goes_on_from"_L1].toString(),
                        .quality = qualityFromName(object["quality"_L1].toString()),
                        .incumbent = incumbentFromJson(object["incumbent"_L1].toObject()),
                        .fits = object["fits"_L1].toBool() };
    const QJsonArray rows = object["candidates"_L1].toArray();
    for (const auto &row : rows)
        decision.rows.append(rowFromJson(row.toObject()));
    return decision;
}

} // namespace talkbench::select
