#include "app/commands/commands.h"
#include "app/commands/terminal.h"
#include "app/tokensetup.h"
#include "core/config/datadir.h"
#include "core/config/settings.h"
#include "core/cost/tokencounter.h"

#include <QCommandLineParser>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>

#include <cstdio>

namespace talkbench::app {

using namespace Qt::StringLiterals;

namespace {

void describe(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Counts the tokens of a text: exactly where the model's vocabulary is published, else "
        "about, with '~' and the range."_s);
    parser.addOptions({
        { u"model"_s, u"The model whose tokens to count."_s, u"id"_s },
        { { u"p"_s, u"provider"_s },
          u"Who serves it: what its answers have taught counts. The settings' one if it is not given."_s,
          u"ID"_s },
        { u"encoding"_s, u"Or its encoding: %1 (the default is the first)."_s.arg(cost::encodingNames().join(u", "_s)),
          u"name"_s },
        { u"ids"_s, u"Print the tokens' ids too; of an exact count only."_s },
        { u"json"_s, u"Print a JSON object: tokens, low, high, exact, why, characters, and with --ids ids."_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
    parser.addPositionalArgument(u"file"_s, u"The text, UTF-8; standard input if it is '-' or not given."_s,
                                 u"[FILE|-]"_s);
}

base::Error error(base::ErrorKind kind, const QString &message)
{
    return { kind, message, {}, 0, std::nullopt };
}

struct Text {
    QString text;
    bool isWhole = true; ///< else bytes that are no UTF-8 were replaced
};

base::Result<Text> readText(const QString &name)
{
    QFile file(name);
    const bool opened =
        name.isEmpty() || name == u"-"_s ? file.open(stdin, QIODevice::ReadOnly) : file.open(QIODevice::ReadOnly);
    QByteArray bytes = opened ? file.readAll() : QByteArray();
    if (file.error() != QFileDevice::NoError)
        return error(base::ErrorKind::Storage, u"%1: %2"_s.arg(name, file.errorString()));
    const QString text = QString::fromUtf8(bytes);
    if (bytes.startsWith("\xef\xbb\xbf"))
        bytes.remove(0, 3); // a mark of the encoding, no text
    return Text { text, text.toUtf8() == bytes };
}

/// With what the calls of that data folder have taught.
cost::TokenCount countOf(cost::TokenCounter counter, const QCommandLineParser &parser, const QString &text,
                         const GlobalOptions &options)
{
    const QString dataDir = options.dataDir.isEmpty() ? config::defaultDataDir() : options.dataDir;
    counter.setLearned(learnedCounts(dataDir));
    QString provider = parser.value(u"provider"_s);
    if (provider.isEmpty()) {
        config::Settings settings(dataDir);
        if (const auto loaded = settings.load(); !loaded)
            writeLine(stderr, u"talkbench tokens: %1"_s.arg(loaded.error().message));
        provider = settings.value("default/provider").toString();
    }
    return counter.countText(provider, parser.value(u"model"_s), text);
}

/// What is wrong with the arguments; empty if nothing is.
QString mistake(const QCommandLineParser &parser)
{
    const QString name = parser.value(u"encoding"_s);
    if (parser.positionalArguments().size() > 1)
        return u"It takes one file."_s;
    if (parser.isSet(u"model"_s) && parser.isSet(u"encoding"_s))
        return u"It takes --model or --encoding, not both."_s;
    if (parser.isSet(u"encoding"_s) && !cost::encodingFromName(name))
        return u"--encoding takes one of %1, not '%2'."_s.arg(cost::encodingNames().join(u", "_s), name);
    return {};
}

QString line(const cost::TokenCount &count)
{
    const QLocale english = QLocale::c();
    const QString tokens = english.toString(count.tokens);
    if (count.exact)
        return u"%1 tokens (%2)\n"_s.arg(tokens, count.why);
    return u"~%1 tokens, %2 to %3 (%4)\n"_s.arg(tokens, english.toString(count.low), english.toString(count.high),
                                                count.why);
}

QJsonObject object(const cost::TokenCount &count, const QString &text)
{
    return { { u"tokens"_s, count.tokens }, { u"low"_s, count.low }, { u"high"_s, count.high },
             { u"exact"_s, count.exact },   { u"why"_s, count.why }, { u"characters"_s, text.size() } };
}

QString idsLine(const QJsonArray &ids)
{
    QStringList words;
    for (const auto &id : ids)
        words.append(QString::number(id.toInt()));
    return words.join(u' ') + u'\n';
}

} // namespace

int tokensCommand(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    describe(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench tokens"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "tokens");
    const bool json = arguments.contains(u"--json"_s);
    if (const QString wrong = parsed ? mistake(parser) : parser.errorText(); !wrong.isEmpty())
        return misused("tokens", wrong, json);
    const auto tokenizers = std::make_shared<cost::Tokenizers>();
    const auto counter = shippedTokenCounter(tokenizers);
    if (!counter)
        return failed("tokens", counter.error(), json);
    const auto read = readText(parser.positionalArguments().value(0));
    if (!read)
        return failed("tokens", read.error(), json);
    const QString &text = read->text;
    if (!read->isWhole)
        writeLine(stderr, u"talkbench tokens: the text is not UTF-8: bytes that are none are counted as '\ufffd'"_s);
    const auto encoding = cost::encodingFromName(parser.value(u"encoding"_s)).value_or(cost::Encoding::O200k);
    cost::TokenCount count;
    if (parser.isSet(u"model"_s)) {
        count = countOf(*counter, parser, text, options);
    } else {
        const qint64 tokens = tokenizers->get(encoding).count(text);
        count = { tokens, tokens, tokens, true, true, 0, cost::encodingName(encoding), tokens };
    }
    QJsonArray ids;
    if (parser.isSet(u"ids"_s)) {
        if (!count.exact)
            return misused(
                "tokens",
                u"The tokens of '%1' aren't known, only about how many there are."_s.arg(parser.value(u"model"_s)),
                json);
        const QList<quint32> tokens = tokenizers->get(*cost::encodingFromName(count.why)).encode(text);
        for (const quint32 id : tokens)
            ids.append(static_cast<int>(id));
    }
    count.exact = count.exact && read->isWhole;
    QJsonObject result = object(count, text);
    if (parser.isSet(u"ids"_s))
        result.insert(u"ids"_s, ids);
    const QString shown = json ? QString::fromUtf8(QJsonDocument(result).toJson())
                               : line(count) + (parser.isSet(u"ids"_s) ? idsLine(ids) : QString());
    return printed(write(stdout, shown), "tokens");
}

} // namespace talkbench::app
