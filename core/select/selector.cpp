#include "core/select/selector.h"

#include "core/profile/format.h"
#include "core/select/strategies.h"

#include <algorithm>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

constexpr QLatin1StringView failedWords("it failed");
constexpr QLatin1StringView refusedWords("its provider refused the key");

/// A preference below it is none to speak of.
constexpr double leastSaid = 0.005;

bool isTooShort(const Candidate &candidate, const Choice &choice)
{
    return candidate.contextTokens && choice.subject.tokens > *candidate.contextTokens;
}

QString whyExcluded(const Candidate &candidate, const Choice &choice, const Measurements &measurements)
{
    if (!candidate.barred.isEmpty())
        return candidate.barred;
    if (isTooShort(candidate, choice))
        return u"its context of %1 tokens is too short"_s.arg(*candidate.contextTokens);
    const Circuit circuit = measurements.circuit(candidate.ref, choice.nowMs);
    const QLatin1StringView why = measurements.isKeyRefused(candidate.ref) ? refusedWords : failedWords;
    if (circuit == Circuit::Open)
        return why
            + u", and is left alone for %1"_s.arg(
                profile::formatMs(static_cast<double>(measurements.openUntilMs(candidate.ref) - choice.nowMs)));
    if (circuit == Circuit::HalfOpen && measurements.probing(candidate.ref, choice.nowMs))
        return why + u", and one call is finding out whether it is back"_s;
    return {};
}

/// Where only circuits are in the way, the one that closes first may be asked: waiting would be no better.
void openSomething(QList<DecisionRow> &rows, const Measurements &measurements)
{
    if (std::any_of(rows.cbegin(), rows.cend(), [](const DecisionRow &row) { return row.excluded.isEmpty(); }))
        return;
    DecisionRow *soonest = nullptr;
    for (DecisionRow &row : rows) {
        const bool waits = row.excluded.startsWith(failedWords) || row.excluded.startsWith(refusedWords);
        if (waits && (!soonest || measurements.openUntilMs(row.ref) < measurements.openUntilMs(soonest->ref)))
            soonest = &row;
    }
    if (soonest)
        soonest->excluded.clear();
}

/// Where no context is long enough and the prompt can be made shorter, the longest of those that can be asked will do.
QList<Candidate> withRoom(const Choice &choice, const Measurements &measurements)
{
    QList<Candidate> candidates = choice.candidates;
    qint64 longest = 0;
    for (Candidate &candidate : candidates) {
        const std::optional<qint64> context = candidate.contextTokens;
        const bool tooShort = isTooShort(candidate, choice);
        if (tooShort)
            candidate.contextTokens.reset();
        if (whyExcluded(candidate, choice, measurements).isEmpty()) {
            if (!tooShort)
                return choice.candidates;
            longest = std::max(longest, *context);
        }
        candidate.contextTokens = context;
    }
    for (Candidate &candidate : candidates) {
        if (candidate.contextTokens == longest)
            candidate.contextTokens.reset();
    }
    return candidates;
}

qsizetype drawn(const QList<double> &shares, QRandomGenerator &random)
{
    double at = random.generateDouble();
    qsizetype last = 0;
    for (qsizetype i = 0; i < shares.size(); ++i) {
        if (shares[i] <= 0)
            continue;
        last = i;
        at -= shares[i];
        if (at < 0)
            break;
    }
    return last;
}

QString reasonOf(const DecisionRow &row, const Strategy &strategy, const Shares &shares, const Weights &weights,
                 qsizetype among)
{
    QStringList parts { u"%1 of %2 by '%3'"_s.arg(row.ref.model).arg(among).arg(QLatin1StringView(strategy.id)) };
    parts.append(u"about %1"_s.arg(profile::formatMs(row.predictedMs)));
    const QString usd = row.predictedUsd ? profile::formatUsd(*row.predictedUsd) : u"price not known"_s;
    parts.append(usd.startsWith(u'$') ? u"about "_s + usd : usd);
    parts.append(u"%1 % fail"_s.arg(row.failureProbability * 100, 0, 'f', 0));
    if (weights.good > 0)
        parts.append(row.quality ? u"quality %1 of 1"_s.arg(*row.quality) : u"quality not known, taken for balanced"_s);
    if (row.preference >= leastSaid)
        parts.append(u"you prefer it"_s);
    if (!shares.why.isEmpty())
        parts.append(shares.why);
    else if (row.propensity < 0.05)
        parts.append(u"to learn how it does now"_s);
    return parts.join(u" · "_s);
}

} // namespace

Decision decide(const Choice &choice, const Measurements &measurements)
{
    Decision decision { .strategy = choice.strategy,
                        .chosen = {},
                        .reason = {},
                        .inputTokens = choice.subject.tokens,
                        .atMs = choice.nowMs,
                        .weights = choice.weights,
                        .rows = {},
                        .quality = choice.subject.quality,
                        .incumbent = choice.incumbent,
                        .fits = choice.fits };
    const Strategy *strategy = strategyById(choice.strategy);
    const QList<Candidate> candidates = choice.fits ? withRoom(choice, measurements) : choice.candidates;
    for (const Candidate &candidate : candidates) {
        decision.rows.append(predict(candidate, choice, measurements));
        decision.rows.last().excluded = whyExcluded(candidate, choice, measurements);
    }
    weigh(decision.rows, choice);
    openSomething(decision.rows, measurements);
    Field field { choice, measurements, {}, {} };
    QList<qsizetype> places;
    for (qsizetype i = 0; i < decision.rows.size(); ++i) {
        if (!decision.rows.at(i).excluded.isEmpty())
            continue;
        field.candidates.append(choice.candidates.at(i));
        field.rows.append(decision.rows.at(i));
        places.append(i);
    }
    if (!strategy || places.isEmpty()) {
        decision.reason = !strategy   ? u"There is no strategy '%1'."_s.arg(choice.strategy)
            : decision.rows.isEmpty() ? u"There is no model to choose from."_s
                                      : u"No model can be asked: %1, %2."_s.arg(decision.rows.constFirst().ref.model,
                                                                                decision.rows.constFirst().excluded);
        return decision;
    }
    decision.strategy = QString::fromLatin1(strategy->id);
    QRandomGenerator random(choice.seed);
    const Shares shares = strategy->share(field, random);
    for (qsizetype i = 0; i < places.size(); ++i)
        decision.rows[places[i]].propensity = shares.shares[i];
    const DecisionRow &row = decision.rows.at(places[drawn(shares.shares, random)]);
    decision.chosen = row.ref;
    decision.reason = reasonOf(row, *strategy, shares, choice.weights, places.size());
    return decision;
}

} // namespace talkbench::select
