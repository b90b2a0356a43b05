#include "app/commands/commands.h"
#include "app/commands/terminal.h"
#include "app/resultjson.h"
#include "core/llm/secrets.h"
#include "core/run/bodydecoder.h"

#include <QCommandLineParser>
#include <QFile>
#include <QJsonDocument>

namespace talkbench::app {

using namespace Qt::StringLiterals;

namespace {

int complain(int exitCode, const QString &message)
{
    writeLine(stderr, u"talkbench decode: %1"_s.arg(message));
    return exitCode;
}

/// What is wrong with the arguments; empty if nothing is.
QString mistake(const QCommandLineParser &parser, const llm::Provider *provider, int status)
{
    if (!provider)
        return u"--protocol takes one of %1, not '%2'."_s.arg(llm::protocolNames().join(u", "_s),
                                                              parser.value(u"protocol"_s));
    if (status < 100 || status > 999)
        return u"--status takes an HTTP status, not '%1'."_s.arg(parser.value(u"status"_s));
    if (parser.positionalArguments().size() != 1)
        return u"It takes one file."_s;
    return {};
}

profile::RunRecord decode(const llm::Provider &provider, int status, QFile &file)
{
    profile::RunRecord record;
    record.providerId = record.protocol = provider.protocol();
    run::BodyDecoder decoder(provider, true);
    decoder.head({ status, {} });
    const auto apply = [&record](const llm::StreamEvents &events) {
        for (const llm::StreamEvent &event : events)
            record.answer.apply(event);
    };
    constexpr qint64 blockSize = 65'536;
    for (QByteArray block = file.read(blockSize); !block.isEmpty(); block = file.read(blockSize))
        apply(decoder.bytes(block));
    apply(decoder.end());
    if (!record.answer.error)
        record.answer.error = decoder.incomplete();
    record.answer = llm::withoutSecrets(record.answer, {});
    return record;
}

} // namespace

int decodeCommand(const QStringList &arguments, const GlobalOptions &)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Decodes a recorded response body as the client would and prints the result as JSON."_s);
    const QCommandLineOption protocol(u"protocol"_s,
                                      u"The wire protocol: %1."_s.arg(llm::protocolNames().join(u", "_s)), u"name"_s);
    const QCommandLineOption status(u"status"_s, u"The HTTP status the body came with."_s, u"code"_s, u"200"_s);
    const QCommandLineOption help({ u"h"_s, u"help"_s }, u"Shows this."_s);
    parser.addOptions({ protocol, status, help });
    parser.addPositionalArgument(u"file"_s, u"The body: SSE, NDJSON or JSON."_s, u"FILE"_s);
    const bool parsed = parser.parse(QStringList { u"talkbench decode"_s } + arguments);
    if (parsed && parser.isSet(help))
        return printHelp(parser, "decode");
    if (!parsed)
        return complain(2, parser.errorText());
    const llm::Provider *provider = llm::providerFor(parser.value(protocol));
    const int code = parser.value(status).toInt();
    if (const QString wrong = mistake(parser, provider, code); !wrong.isEmpty())
        return complain(2, wrong);
    QFile file(parser.positionalArguments().constFirst());
    if (!file.open(QIODevice::ReadOnly))
        return complain(1, u"%1: %2"_s.arg(file.fileName(), file.errorString()));
    const profile::RunRecord record = decode(*provider, code, file);
    if (file.error() != QFileDevice::NoError)
        return complain(1, u"%1: %2"_s.arg(file.fileName(), file.errorString()));
    const int exitCode =
        printed(write(stdout, QString::fromUtf8(QJsonDocument(resultJson(record)).toJson())), "decode");
    return record.ok() ? exitCode : 1;
}

} // namespace talkbench::app
