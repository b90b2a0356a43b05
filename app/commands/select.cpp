#include "app/commands/commands.h"
#include "app/commands/terminal.h"
#include "core/config/datadir.h"
#include "core/config/settings.h"
#include "core/profile/format.h"
#include "core/select/replay.h"
#include "core/select/rules.h"
#include "core/select/strategies.h"
#include "core/store/store.h"

#include <QCommandLineParser>
#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRandomGenerator>

#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

using select::ModelRef;

base::Error usage(const QString &message)
{
    return { base::ErrorKind::Usage, message, {}, 0, std::nullopt };
}

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

base::Result<select::Weights> weightsFrom(const QString &text)
{
    select::Weights weights { 0, 0, 0 };
    const QStringList parts = text.split(u',', Qt::SkipEmptyParts);
    for (const QString &part : parts) {
        const QString name = part.section(u'=', 0, 0).trimmed();
        bool isNumber = false;
        const double value = part.section(u'=', 1).toDouble(&isNumber);
        double *weight = name == u"fast"_s ? &weights.fast
            : name == u"cheap"_s           ? &weights.cheap
            : name == u"good"_s            ? &weights.good
                                           : nullptr;
        if (!weight || !isNumber || !std::isfinite(value) || value < 0)
            return usage(u"Weights are fast=…,cheap=…,good=… with numbers from 0, not '%1'."_s.arg(part));
        *weight = value;
    }
    return weights;
}

base::Result<QList<ModelRef>> refsFrom(const QString &text)
{
    QList<ModelRef> refs;
    const QStringList parts = text.split(u',', Qt::SkipEmptyParts);
    for (const QString &part : parts) {
        const auto ref = select::modelRefFromText(part);
        if (!ref)
            return usage(u"A candidate is 'provider/model', not '%1'."_s.arg(part));
        refs.append(*ref);
    }
    return refs;
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

base::Result<cost::PriceBook> shippedPrices()
{
    QFile file(u":/prices.json"_s);
    return cost::PriceBook::fromJson(file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray());
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

int explain(const QCommandLineParser &parser, const config::Settings &settings, const cost::PriceBook &prices,
            const QList<profile::RunRecord> &records)
{
    const auto weights = weightsFrom(parser.isSet(u"weights"_s) ? parser.value(u"weights"_s)
                                                                : settings.value("select/weights").toString());
    auto refs = refsFrom(parser.isSet(u"candidates"_s) ? parser.value(u"candidates"_s)
                                                       : settings.value("select/candidates").toString());
    const auto rules =
        select::rulesFromJson(QJsonDocument::fromJson(settings.value("select/rules").toString().toUtf8()).array());
    for (const base::Error *error :
         { weights ? nullptr : &weights.error(), refs ? nullptr : &refs.error(), rules ? nullptr : &rules.error() }) {
        if (error)
            return complain(*error);
    }
    llm::ChatRequest request;
    request.messages = { llm::Message::fromText(llm::Role::User, parser.value(u"explain"_s)) };
    select::Choice choice;
    choice.subject = select::subjectOf(request);
    choice.subject.localTime = QTime::currentTime();
    choice.weights = *weights;
    choice.strategy =
        parser.isSet(u"strategy"_s) ? parser.value(u"strategy"_s) : settings.value("select/strategy").toString();
    if (!select::strategyById(choice.strategy))
        return complain(usage(u"There is no strategy '%1'."_s.arg(choice.strategy)));
    choice.nowMs = QDateTime::currentMSecsSinceEpoch();
    choice.seed = parser.isSet(u"seed"_s) ? parser.value(u"seed"_s).toUInt() : QRandomGenerator::global()->generate();
    const select::RuleVerdict verdict = select::firstMatch(*rules, choice.subject);
    if (verdict.index >= 0 && !parser.isSet(u"candidates"_s))
        refs = rules->at(verdict.index).models;
    for (const ModelRef &ref : std::as_const(*refs))
        choice.candidates.append({ .ref = ref, .price = prices.find(ref.providerId, ref.model) });
    const select::Decision decision = select::decide(choice, select::Measurements::of(records));
    QJsonObject object = select::toJson(decision);
    object["language"_L1] = choice.subject.language;
    object["rules"_L1] = ruleTrialsJson(*rules, verdict);
    return printed(write(stdout, QString::fromUtf8(QJsonDocument(object).toJson())), "select") != 0 ? 1
        : decision.chosen                                                                           ? 0
                                                                                                    : 1;
}

int replayed(const cost::PriceBook &prices, const QList<profile::RunRecord> &records)
{
    QStringList ids;
    for (const select::Strategy &strategy : select::strategies())
        ids.append(QString::fromLatin1(strategy.id));
    const auto rows = select::replay(records, ids, [&prices](const ModelRef &ref) {
        return select::Candidate { .ref = ref, .price = prices.find(ref.providerId, ref.model) };
    });
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
    const auto prices = shippedPrices();
    if (!prices)
        return complain(prices.error());
    const auto records = storedRuns(*dataDir);
    if (!records)
        return complain(records.error());
    return parser.isSet(u"replay"_s) ? replayed(*prices, *records) : explain(parser, settings, *prices, *records);
}

} // namespace talkbench::app
