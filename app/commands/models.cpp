#include "app/commands/interrupts.h"
#include "app/commands/session.h"
#include "app/commands/terminal.h"
#include "core/config/endpoints.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

void describe(QCommandLineParser &parser)
{
    parser.setApplicationDescription(u"Lists the models that a provider serves, one a line, and keeps the list with "
                                     u"their contexts and prices for the "
                                     "other commands and the window."_s);
    addTargetOptions(parser);
    parser.addOptions({
        { u"local"_s,
          u"List the servers that run on this machine, and on hosts of the settings, instead: Ollama, LM Studio, llama.cpp and others."_s },
        { u"json"_s,
          u"Print a JSON array: id, name and what else the server tells, such as context_tokens and "
          u"input_usd_per_million; "
          "with --local: vendor, name, protocol, base_url, models, needs_key."_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
}

/// Gives the exit code.
int print(const QList<llm::ModelInfo> &models, bool json)
{
    QString lines;
    QJsonArray rows;
    for (const llm::ModelInfo &model : models) {
        rows.append(llm::toJson(model));
        lines += printable(model.id) + u'\n';
    }
    return printed(write(stdout, json ? QString::fromUtf8(QJsonDocument(rows).toJson()) : lines), "models");
}

void printLocal(const QList<run::LocalServer> &servers, bool json)
{
    QJsonArray rows;
    for (const run::LocalServer &server : servers) {
        rows.append(QJsonObject {
            { u"vendor"_s, server.vendorId.isEmpty() ? QJsonValue() : QJsonValue(server.vendorId) },
            { u"name"_s, server.name },
            { u"protocol"_s, server.protocol },
            { u"base_url"_s, server.baseUrl.toString() },
            { u"models"_s, server.models.size() },
            { u"needs_key"_s, server.needsKey },
        });
        if (!json) {
            const QString models = server.needsKey ? u"wants a key"_s : u"%1 models"_s.arg(server.models.size());
            writeLine(stdout, u"%1  %2  %3"_s.arg(server.name, -24).arg(server.baseUrl.toString(), -32).arg(models));
        }
    }
    if (json)
        write(stdout, QString::fromUtf8(QJsonDocument(rows).toJson()));
    else if (servers.isEmpty())
        writeLine(stderr, u"talkbench models: no server of this machine answers"_s);
}

} // namespace

int modelsCommand(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    describe(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench models"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "models");
    const bool json = arguments.contains(u"--json"_s);
    if (!parsed || !parser.positionalArguments().isEmpty())
        return misused("models", parsed ? u"It takes options only."_s : parser.errorText(), json);
    const auto target = readTarget(parser);
    if (!target)
        return failed("models", target.error(), json, 2);
    const Interrupts interrupts;
    Session session(options);
    if (const auto opened = session.open(); !opened)
        return failed("models", opened.error(), json);
    QObject::connect(&interrupts, &Interrupts::received, &session, [] { QCoreApplication::exit(130); });
    if (parser.isSet(u"local"_s)) {
        const auto onFound = [json](const QList<run::LocalServer> &found) {
            printLocal(found, json);
            QCoreApplication::exit(0);
        };
        session.runs()
            .findLocalServers(session.vendors(), config::localHosts(session.settings()))
            .then(&session, onFound);
        return QCoreApplication::exec();
    }
    const bool elsewhere = !target->provider.isEmpty() && !target->baseUrl.isEmpty();
    const auto onModels = [&session, json](const QString &keepFor, const run::ModelResult &models) {
        const int code = models ? print(*models, json) : failed("models", models.error(), json);
        if (!models || keepFor.isEmpty())
            return QCoreApplication::exit(code);
        session.store()
            .saveModelList({ keepFor, session.clock().wallMs(), *models })
            .then(&session, [code](const base::Result<void> &) { QCoreApplication::exit(code); });
    };
    const auto onResolved = [&session, onModels, json, elsewhere](const base::Result<Resolved> &resolved) {
        if (!resolved)
            return QCoreApplication::exit(failed("models", resolved.error(), json));
        // Another server's list is not the provider's.
        const QString keepFor = elsewhere ? QString() : resolved->endpoint.providerId;
        session.runs()
            .listModels(resolved->endpoint)
            .then(&session, [onModels, keepFor](const run::ModelResult &models) { onModels(keepFor, models); });
    };
    QMetaObject::invokeMethod(
        &session, [&session, target = *target, onResolved] { session.resolve(target, &session, onResolved); },
        Qt::QueuedConnection);
    return QCoreApplication::exec();
}

} // namespace talkbench::app
