#include "app/choicesetup.h"
#include "app/commands/choiceoptions.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/commands/terminal.h"
#include "app/pricesetup.h"
#include "core/config/datadir.h"
#include "core/config/settings.h"
#include "core/profile/format.h"
#include "core/select/replay.h"
#include "core/select/strategies.h"

#include <QCommandLineParser>
#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

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
        { u"messages"_s, u"The prompt goes on after the messages in this JSON file, as the chat APIs have them."_s,
          u"FILE"_s },
        { u"conversation"_s, u"The prompt goes on in this stored conversation, with its tags and options."_s, u"ID"_s },
        { u"fit"_s, u"A prompt that is longer than every context is made shorter, as chat --fit does."_s },
        { u"replay"_s, u"Compares the strategies over the stored choices."_s },
        { u"strategy"_s, u"Instead of the settings' one."_s, u"S"_s },
        { u"candidates"_s, u"Choose among these instead of by the rules: a/b,c/d."_s, u"LIST"_s },
        { u"weights"_s, u"fast=1,cheap=0.5,good=0: instead of the settings'."_s, u"LIST"_s },
        { u"seed"_s, u"Of the choice's randomness."_s, u"N"_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
    addChoiceOptions(parser);
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

/// What would be sent.
base::Result<llm::ChatRequest> chatOf(const QCommandLineParser &parser, const StoredChoice &stored)
{
    llm::ChatRequest chat;
    if (stored.conversation) {
        chat.options = stored.conversation->options;
        if (!stored.conversation->systemPrompt.isEmpty())
            chat.messages.append(llm::Message::fromText(llm::Role::System, stored.conversation->systemPrompt));
        chat.messages.append(stored.messages);
    }
    if (parser.isSet(u"messages"_s)) {
        const auto before = messagesFromFile(parser.value(u"messages"_s));
        if (!before)
            return before.error();
        chat.messages.append(*before);
    }
    chat.messages.append(llm::Message::fromText(llm::Role::User, parser.value(u"explain"_s)));
    return chat;
}

base::Result<select::Question> questionOf(const QCommandLineParser &parser, const StoredChoice &stored,
                                          const QList<cost::Budget> &budgets, const select::Policy &policy)
{
    const auto seed = number<quint32>(parser, u"seed"_s, 0, 4'294'967'295.0);
    const auto said = readChoice(parser);
    const auto chat = chatOf(parser, stored);
    if (!seed || !said || !chat)
        return !seed ? seed.error() : !said ? said.error() : chat.error();
    const store::Conversation conversation = stored.conversation.value_or(store::Conversation());
    const auto kept = select::qualityFromName(conversation.quality).value_or(select::Quality::Balanced);
    return select::Question { .chat = *chat,
                              .conversationId = conversation.id,
                              .tags = conversation.tags + said->tags,
                              .quality = said->quality.value_or(kept),
                              .budgetLeft = cost::budgetLeft(budgets, stored.spent, policy.providers()),
                              .barred = cost::usedUp(budgets, stored.spent),
                              .fits = parser.isSet(u"fit"_s),
                              .nowMs = QDateTime::currentMSecsSinceEpoch(),
                              .seed = *seed };
}

int explain(const QCommandLineParser &parser, const select::Chooser &chooser, const StoredChoice &stored,
            const QList<cost::Budget> &budgets)
{
    const auto policy = policyOf(parser, chooser.policy());
    if (!policy)
        return complain(policy.error());
    const auto question = questionOf(parser, stored, budgets, *policy);
    if (!question)
        return complain(question.error());
    const select::Pick pick = chooser.choose(*question, *policy);
    QJsonObject object = select::toJson(pick.decision);
    object["language"_L1] = pick.subject.language;
    object["tags"_L1] = QJsonArray::fromStringList(pick.subject.tags);
    object["budget_left_usd"_L1] = pick.subject.budgetLeft ? QJsonValue(*pick.subject.budgetLeft) : QJsonValue();
    object["rules"_L1] = ruleTrialsJson(policy->rules, pick.verdict);
    const int code = printed(write(stdout, QString::fromUtf8(QJsonDocument(object).toJson())), "select");
    return code != 0 || pick.decision.chosen ? code : 1;
}

int replayed(const select::Chooser::CandidateOf &candidate, const QString &dataDir)
{
    QStringList ids;
    for (const select::Strategy &strategy : select::strategies())
        ids.append(QString::fromLatin1(strategy.id));
    select::Replay replay(ids, candidate);
    const auto visited = visitStored(dataDir, [&replay](const profile::RunRecord &record) { replay.add(record); });
    if (!visited)
        return complain(visited.error());
    QString out = u"strategy    decisions  effective  loss (SNIPS)  loss (IPS)\n"_s;
    const QList<select::ReplayRow> rows = replay.rows();
    for (const select::ReplayRow &row : rows)
        out += u"%1 %2 %3 %4 %5\n"_s.arg(row.strategy, -11)
                   .arg(row.decisions, 9)
                   .arg(row.effective, 10, 'f', 1)
                   .arg(row.snips ? QString::number(*row.snips, 'f', 4) : u"-"_s, 13)
                   .arg(row.ips, 11, 'f', 4);
    out += u"Prices and contexts are those of today: what they were then is not kept.\n"_s;
    if (replay.leftOut() > 0)
        out += u"Left out: %1 of an earlier version, which kept neither the wanted quality nor the conversation's "
               "model.\n"_s.arg(replay.leftOut() == 1 ? u"1 choice"_s : u"%1 choices"_s.arg(replay.leftOut()));
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
    const auto stored = readStored(*dataDir, parser.value(u"conversation"_s), QDateTime::currentMSecsSinceEpoch());
    if (!stored)
        return complain(stored.error());
    learnLists(stored->lists, *prices);
    const auto vendorTable = contents(u":/providers.json"_s);
    const base::Result<QList<llm::Vendor>> vendors =
        vendorTable ? llm::vendorsFromJson(*vendorTable) : vendorTable.error();
    if (!vendors)
        return complain(vendors.error());
    const select::Qualities qualities = shippedQualities();
    const bool replaying = parser.isSet(u"replay"_s);
    const auto candidate = [&](const select::ModelRef &ref) {
        const auto list = std::find_if(stored->lists.begin(), stored->lists.end(), [&ref](const store::ModelList &row) {
            return row.providerId == ref.providerId;
        });
        auto found =
            candidateOf(ref, *prices, qualities, list == stored->lists.end() ? QList<llm::ModelInfo>() : list->models,
                        QDateTime::currentMSecsSinceEpoch());
        if (!replaying)
            found.barred = whyBarred(ref.providerId, settings, *vendors);
        return found;
    };
    if (replaying)
        return replayed(candidate, *dataDir);
    select::Chooser chooser(candidate);
    QStringList problems = applySettings(settings, chooser);
    const QList<cost::Budget> budgets = cost::budgetsFromSetting(settings.value("budgets").toMap(), &problems);
    for (const QString &problem : problems)
        writeLine(stderr, u"talkbench select: %1"_s.arg(problem));
    chooser.load(stored->runs);
    return explain(parser, chooser, *stored, budgets);
}

} // namespace talkbench::app
