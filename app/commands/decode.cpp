#include "app/commands/commands.h"
#include "app/resultjson.h"
#include "core/run/bodydecoder.h"

#include <QCommandLineParser>
#include <QFile>
#include <QJsonDocument>

#include <cstdio>

namespace talkbench::app {

using namespace Qt::StringLiterals;

namespace {

constexpr int usageError = 2;

void print(std::FILE *stream, const QString &text)
{
    std::fprintf(stream, "%s\n", qUtf8Printable(text));
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
    constexpr qint64 blockSize = 64 * 1024;
    for (QByteArray block = file.read(blockSize); !block.isEmpty(); block = file.read(blockSize))
        apply(decoder.bytes(block));
    apply(decoder.end());
    if (!record.answer.error)
        record.answer.error = decoder.incomplete();
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
    if (parsed && parser.isSet(help)) {
        print(stdout, parser.helpText());
        return 0;
    }
    const llm::Provider *provider = llm::providerFor(parser.value(protocol));
    bool number = false;
    const int code = parser.value(status).toInt(&number);
    if (!parsed || !provider || !number || parser.positionalArguments().size() != 1) {
        print(stderr, parsed ? parser.helpText() : parser.errorText());
        return usageError;
    }
    QFile file(parser.positionalArguments().constFirst());
    if (!file.open(QIODevice::ReadOnly)) {
        print(stderr, u"%1: %2"_s.arg(file.fileName(), file.errorString()));
        return 1;
    }
    const profile::RunRecord record = decode(*provider, code, file);
    const QByteArray json = QJsonDocument(resultJson(record)).toJson(QJsonDocument::Indented);
    std::fwrite(json.constData(), 1, static_cast<size_t>(json.size()), stdout);
    return record.ok() ? 0 : 1;
}

} // namespace talkbench::app
