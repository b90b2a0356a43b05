#include "app/choicesetup.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/commands/terminal.h"
#include "app/pricesetup.h"
#include "core/config/datadir.h"
#include "core/config/settings.h"
#include "core/profile/format.h"
#include "core/select/replay.h"
#include "core/select/strategies.h"
#include "core/store/store.h"

#include <QCommandLineParser>
#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

int complain(const base::Error &error)
{
    writeLine(stderr, u"talkbench select: %1"_s.arg(error.message));
    return error.kind == base::ErrorKind::Usage ? 2 : 1;
}

void describe(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Says which model would be chosen and why, from the rules of the settings and the kept runs; asks no model."_s);
    parser.addOptions({
        { u"explain"_s, u"The choice for this prompt, with the numbers of each candidate."_s, u"PROMPT"_s },
        { u"replay"_s, u"Compares the strategies over the stored choices."_s },
        { u"strategy"_s, u"Instead of the settings' one."_s, u"S"_s },
        { u"candidates"_s, u"Choose among these instead of by the rules: a/b,c/d."_s, u"LIST"_s },
        { u"weights"_s, u"fast=1,cheap=0.5,good=0: instead of the settings'."_s, u"LIST"_s },
        { u"seed"_s, u"Of the choice's randomness."_s, u"N"_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
}

base::Result<QList<profile::RunRecord>> storedRuns(const QString &dir)
{
    if (!QFile::exists(store::Store::databasePath(dir)))
        return QList<profile::RunRecord>();
    store::Store store(dir);
    auto opened = store.open();
    opened.waitForFinished();
    if (!opened.result())
        return opened.result().error();
    auto records = store.runs(0);
    records.waitForFinished();
    return records.result();
}

QJsonArray ruleTrialsJson(const QList<select::Rule> &rules, const select::RuleVerdict &verdict)
{
    QJsonArray rows;
    for (qsizetype i = 0; i < rules.size(); ++i) {
        QStringList conditions;
        for (const select::ConditionTrial &trial : verdict.trials.at(i).conditions)
            conditions.append((trial.holds ? u"✓ "_s : u"✗ "_s) + trial.text);
        rows.append(QJsonObject { { u"rule"_s, rules.at(i).name },
                                  { u"matches"_s, verdict.trials.at(i).matches },
                                  { u"conditions"_s, QJsonArray::fromStringList(conditions) } });
    }
    return rows;
}

/// The settings' policy with what the command line says instead.
base::Result<select::Policy> policyOf(const QCommandLineParser &parser, const select::Policy &settings)
{
    select::Policy policy = settings;
    if (parser.isSet(u"weights"_s)) {
        const auto weights = select::weightsFromText(parser.value(u"weights"_s));
        if (!weights)
            return weights.error();
        policy.weights = *weights;
    }
    if (parser.isSet(u"candidates"_s)) {
        const auto refs = select::modelRefsFromText(parser.value(u"candidates"_s));
        if (!refs)
            return refs.error();
        policy.candidates = *refs;
        policy.rules.clear();
    }
    if (parser.isSet(u"strategy"_s))
        policy.strategy = parser.value(u"strategy"_s);
    if (!select::strategyById(policy.strategy))
        return usage(u"There is no strategy '%1'."_s.arg(policy.strategy));
    return policy;
}

int explain(const QCommandLineParser &parser, const select::Chooser &chooser)
{
    const auto policy = policyOf(parser, chooser.policy());
    const auto seed = number<quint32>(parser, u"seed"_s, 0, 4'294'967'295.0);
    if (!policy || !seed)
        return complain(policy ? seed.error() : policy.error());
    select::Question question;
    question.chat.messages = { llm::Message::fromText(llm::Role::User, parser.value(u"explain"_s)) };
    question.nowMs = QDateTime::currentMSecsSinceEpoch();
    question.seed = *seed;
    const select::Pick pick = chooser.choose(question, *policy);
    QJsonObject object = select::toJson(pick.decision);
    object["language"_L1] = pick.subject.language;
    object["rules"_L1] = ruleTrialsJson(policy->rules, pick.verdict);
    const int code = printed(write(stdout, QString::fromUtf8(QJsonDocument(object).toJson())), "select");
    return code != 0 || pick.decision.chosen ? code : 1;
}

int replayed(const select::Chooser::CandidateOf &candidate, const QList<profile::RunRecord> &records)
{
    QStringList ids;
    for (const select::Strategy &strategy : select::strategies())
        ids.append(QString::fromLatin1(strategy.id));
    const auto rows = select::replay(records, ids, candidate);
    QString out = u"strategy    decisions  effective  loss (SNIPS)  loss (IPS)\n"_s;
    for (const select::ReplayRow &row : rows)
        out += u"%1 %2 %3 %4 %5\n"_s.arg(row.strategy, -11)
                   .arg(row.decisions, 9)
                   .arg(row.effective, 10, 'f', 1)
                   .arg(row.snips ? QString::number(*row.snips, 'f', 4) : u"-"_s, 13)
                   .arg(row.ips, 11, 'f', 4);
    return printed(write(stdout, out), "select");
}

} // namespace

int selectCommand(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    describe(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench select"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "select");
    if (!parsed || !parser.positionalArguments().isEmpty())
        return complain(usage(parsed ? u"'%1' is not an option."_s.arg(parser.positionalArguments().constFirst())
                                     : parser.errorText()));
    if (parser.isSet(u"explain"_s) == parser.isSet(u"replay"_s))
        return complain(usage(u"One of --explain PROMPT and --replay is needed."_s));
    const auto dataDir = config::prepareDataDir(options.dataDir);
    if (!dataDir)
        return complain(dataDir.error());
    config::Settings settings(*dataDir);
    if (const auto loaded = settings.load(); !loaded)
        complain(loaded.error());
    auto prices = shippedPrices();
    if (!prices)
        return complain(prices.error());
    applySettings(settings, *prices);
    const auto records = storedRuns(*dataDir);
    if (!records)
        return complain(records.error());
    const auto candidate = [&prices](const select::ModelRef &ref) {
        return candidateOf(ref, *prices, {}, QDateTime::currentMSecsSinceEpoch());
    };
    if (parser.isSet(u"replay"_s))
        return replayed(candidate, *records);
    select::Chooser chooser(candidate);
    const QStringList problems = applySettings(settings, chooser);
    for (const QString &problem : problems)
        writeLine(stderr, u"talkbench select: %1"_s.arg(problem));
    chooser.load(*records);
    return explain(parser, chooser);
}

} // namespace talkbench::app
