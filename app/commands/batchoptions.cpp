#include "app/commands/batchoptions.h"

#include "app/commands/checks.h"
#include "app/commands/choiceoptions.h"
#include "app/commands/options.h"
#include "app/commands/sampling.h"
#include "core/bench/batchexport.h"
#include "core/validate/validators.h"

#include <QCommandLineParser>
#include <QFileInfo>

#include <algorithm>
#include <array>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

base::Result<bench::PromptFormat> readFormat(const QCommandLineParser &parser, const QString &path)
{
    constexpr std::array formats { std::pair("text", bench::PromptFormat::Text),
                                   std::pair("jsonl", bench::PromptFormat::JsonLines),
                                   std::pair("csv", bench::PromptFormat::Csv) };
    const QString wanted = parser.value(u"format"_s);
    if (wanted.isEmpty())
        return bench::promptFormatOf(path);
    for (const auto &[name, format] : formats) {
        if (wanted == QLatin1StringView(name))
            return format;
    }
    return usage(u"--format takes text, jsonl or csv, not '%1'."_s.arg(wanted));
}

QString resultsBeside(const QString &prompts)
{
    const QFileInfo file(prompts);
    return file.path() + u'/' + file.completeBaseName() + u".results.jsonl"_s;
}

base::Result<void> readFiles(const QCommandLineParser &parser, BatchOptions &options)
{
    const QStringList files = parser.positionalArguments();
    if (files.size() != 1)
        return usage(files.isEmpty() ? u"There is no file of prompts; - reads standard input."_s
                                     : u"There is more than one file of prompts."_s);
    options.prompts = files.first();
    options.out = parser.value(u"out"_s);
    options.exportTo = parser.value(u"export"_s);
    const bool input = options.prompts == u"-"_s;
    if (input && options.out.isEmpty())
        return usage(u"Prompts from standard input need --out for their results."_s);
    if (options.out.isEmpty())
        options.out = resultsBeside(options.prompts);
    // Of files that don't exist QFileInfo knows no difference.
    if (!input && QFileInfo::exists(options.out) && QFileInfo(options.out) == QFileInfo(options.prompts))
        return usage(u"The results can't be written over the prompts."_s);
    if (const auto apart = bench::checkExport(options.exportTo, options.prompts, options.out); !apart)
        return usage(apart.error().message);
    const auto format = readFormat(parser, options.prompts);
    if (!format)
        return format.error();
    if (input && *format == bench::PromptFormat::Csv)
        return usage(u"Standard input is read line by line: text or jsonl."_s);
    options.format = *format;
    options.pattern = bench::PromptTemplate(parser.value(u"template"_s));
    return {};
}

base::Result<void> readWay(const QCommandLineParser &parser, BatchOptions &options)
{
    const QString way = parser.isSet(u"via"_s) ? parser.value(u"via"_s) : u"calls"_s;
    if (way != u"calls"_s && way != u"provider"_s)
        return usage(u"--via takes calls or provider, not '%1'."_s.arg(way));
    options.plan.way = way == u"provider"_s ? bench::BatchWay::Provider : bench::BatchWay::Calls;
    options.cancel = parser.isSet(u"cancel"_s);
    const auto poll = number<double>(parser, u"poll"_s, 0.01, 86'400);
    if (!poll)
        return poll.error();
    options.pollGiven = poll->has_value();
    if (*poll)
        options.plan.pollMs = qRound(**poll * 1000);
    const bool provider = options.plan.way == bench::BatchWay::Provider;
    if (!provider && (options.cancel || options.pollGiven))
        return usage(u"--cancel and --poll go with --via provider."_s);
    if (provider && options.prompts == u"-"_s)
        return usage(u"A batch of the provider's own needs a file of prompts."_s);
    return {};
}

/// An answer that comes in a batch can be checked, but not asked for again.
base::Result<void> readValidation(const QCommandLineParser &parser, BatchOptions &options)
{
    const auto validation = readChecks(parser);
    if (!validation)
        return validation.error();
    options.plan.validation = *validation;
    const auto &rows = validation->validators;
    const bool judged = std::any_of(rows.begin(), rows.end(), [](const llm::Validator &row) {
        return row.kind == QLatin1String(validate::judgeId);
    });
    const bool asks = judged || validation->onFailure != llm::Validation::OnFailure::Mark;
    if (asks && options.plan.way == bench::BatchWay::Provider)
        return usage(u"With --via provider answers are only checked: there is no judge, and nothing is asked again."_s);
    return {};
}

} // namespace

void describeBatch(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Puts each prompt of a file to each model and writes a JSON line for every result. Started again with the "
        "same file it goes on where it was: what is in the results is not asked for again. Ctrl+C lets the calls in "
        "flight come to their end. With --via provider the prompts go as a batch of the provider's own (OpenAI, "
        "Anthropic and who speaks as they do): at half the price as a rule, within a day; Ctrl+C leaves it there, and "
        "the same command collects it. Exit code 0 only if every call succeeded, 3 if an answer fails a check of "
        "--validate, or could not be checked."_s);
    addTargetOptions(parser);
    parser.addOptions({
        { { u"m"_s, u"models"_s, u"model"_s },
          u"Models, separated by commas; 'provider/model' for one of another provider, auto for one chosen for each "
          "prompt by the settings' rules and by what was measured."_s,
          u"M,M"_s },
        { { u"o"_s, u"out"_s }, u"The results; else beside the prompts, ending in .results.jsonl."_s, u"FILE"_s },
        { u"export"_s, u"Write the results of these prompts to this CSV file, too, at the end."_s, u"FILE"_s },
        { u"via"_s, u"calls: one by one (the default); provider: as the provider's batch."_s, u"WAY"_s },
        { u"poll"_s, u"With --via provider: ask how far it is at least every so many seconds (the settings': 60)."_s,
          u"S"_s },
        { u"cancel"_s, u"With --via provider: cancel what is open, and collect what was answered by then."_s },
        { u"concurrency"_s, u"Calls at once (8)."_s, u"N"_s },
        { u"size"_s, u"From standard input: collect so many prompts, then send them together (1)."_s, u"N"_s },
        { u"flush-ms"_s, u"From standard input: send after so long what has been collected (50)."_s, u"T"_s },
        { u"format"_s, u"text (a prompt a line), jsonl or csv, where the file's ending doesn't tell."_s, u"FORMAT"_s },
        { u"template"_s, u"The prompt, with {{names}} for values of each line: columns, or members."_s, u"TEXT"_s },
        { u"retry-failed"_s, u"Ask again what had failed, or fails a check of --validate."_s },
        { u"yes"_s, u"Go on even where a budget says to ask first."_s },
        { u"quiet"_s, u"Don't show the progress."_s },
        { u"json"_s,
          u"Print the sums as a JSON object: total, ok, failed, failures, invalid, not_checked, from_before, cost_usd, "
          u"cost_before_usd, "
          u"unpriced, "
          "unanswered, warning, seconds, out."_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
    addSamplingOptions(parser);
    addCheckOptions(parser);
    addChoiceOptions(parser);
    parser.addPositionalArgument(u"prompts"_s, u"The file of prompts; - reads them from standard input."_s,
                                 u"PROMPTS"_s);
}

base::Result<BatchOptions> readBatchOptions(const QCommandLineParser &parser)
{
    BatchOptions options;
    const auto target = readTarget(parser);
    const auto files = readFiles(parser, options);
    const auto way = readWay(parser, options);
    const auto validation = readValidation(parser, options);
    const auto sampling = readSampling(parser);
    const auto choice = readChoice(parser);
    const auto concurrency = number<int>(parser, u"concurrency"_s, 1, 4096);
    const auto size = number<int>(parser, u"size"_s, 1, 100'000);
    const auto flush = number<int>(parser, u"flush-ms"_s, 0, 3'600'000);
    for (const base::Error *error :
         { target ? nullptr : &target.error(), files ? nullptr : &files.error(), way ? nullptr : &way.error(),
           validation ? nullptr : &validation.error(), sampling ? nullptr : &sampling.error(),
           choice ? nullptr : &choice.error(), concurrency ? nullptr : &concurrency.error(),
           size ? nullptr : &size.error(), flush ? nullptr : &flush.error() }) {
        if (error)
            return *error;
    }
    options.target = *target;
    options.models = parser.value(u"models"_s).split(u',', Qt::SkipEmptyParts);
    options.plan.choice.tags = choice->tags;
    options.plan.choice.quality = choice->quality.value_or(options.plan.choice.quality);
    options.plan.concurrency = concurrency->value_or(options.plan.concurrency);
    options.concurrencyGiven = concurrency->has_value();
    options.plan.system = sampling->system;
    options.plan.options = sampling->options;
    options.plan.limits.totalMs = sampling->timeoutMs;
    options.plan.retryFailed = parser.isSet(u"retry-failed"_s);
    options.size = size->value_or(1);
    options.flushMs = flush->value_or(options.flushMs);
    options.yes = parser.isSet(u"yes"_s);
    options.json = parser.isSet(u"json"_s);
    options.quiet = parser.isSet(u"quiet"_s);
    return options;
}

} // namespace talkbench::app
