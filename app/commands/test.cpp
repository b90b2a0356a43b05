#include "app/commands/interrupts.h"
#include "app/commands/session.h"
#include "app/commands/terminal.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

void describe(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Tests the connection to a provider step by step, and says in words what is wrong and what to do. Exit code 0 "
        "only if all is well."_s);
    addTargetOptions(parser);
    parser.addOptions({
        { { u"m"_s, u"model"_s }, u"A model that the server should list."_s, u"M"_s },
        { u"chat"_s, u"Also put a short question to the model, or the first one listed."_s },
        { u"json"_s, u"Print one JSON object: ok, url, steps, models, better_base_url, error."_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
}

void print(const run::Diagnosis &diagnosis, bool json)
{
    if (json) {
        write(stdout, QString::fromUtf8(QJsonDocument(run::toJson(diagnosis)).toJson()));
        return;
    }
    for (const run::DiagnosisStep &step : diagnosis.steps) {
        const QString ms = step.ms ? u"%1 ms"_s.arg(*step.ms, 0, 'f', 1) : QString();
        writeLine(stdout,
                  u"%1 %2 %3  %4"_s.arg(run::stateName(step.state), -8)
                      .arg(step.id, -8)
                      .arg(ms, 10)
                      .arg(step.text.simplified()));
        if (!step.advice.isEmpty())
            writeLine(stdout, u"%1%2"_s.arg(QString(), 30).arg(step.advice));
    }
}

} // namespace

int testCommand(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    describe(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench test"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "test");
    const bool json = arguments.contains(u"--json"_s);
    if (!parsed || !parser.positionalArguments().isEmpty())
        return misused("test", parsed ? u"It takes options only."_s : parser.errorText(), json);
    auto target = readTarget(parser);
    if (!target)
        return failed("test", target.error(), json, 2);
    target->model = parser.value(u"model"_s);
    const Interrupts interrupts;
    Session session(options);
    if (const auto opened = session.open(); !opened)
        return failed("test", opened.error(), json);
    QObject::connect(&interrupts, &Interrupts::received, &session, [] { QCoreApplication::exit(130); });
    const auto onDiagnosis = [json](const run::Diagnosis &diagnosis) {
        print(diagnosis, json);
        QCoreApplication::exit(diagnosis.ok() ? 0 : 1);
    };
    const auto onResolved = [&session, &parser, onDiagnosis, json](const base::Result<Resolved> &resolved) {
        if (!resolved) {
            QCoreApplication::exit(failed("test", resolved.error(), json));
            return;
        }
        run::DiagnosisPlan plan { resolved->endpoint };
        plan.model = parser.isSet(u"model"_s) || parser.isSet(u"chat"_s) ? resolved->model : QString();
        plan.chat = parser.isSet(u"chat"_s);
        session.runs().diagnose(plan).then(&session, onDiagnosis);
    };
    QMetaObject::invokeMethod(
        &session, [&session, target, onResolved] { session.resolve(*target, &session, onResolved); },
        Qt::QueuedConnection);
    return QCoreApplication::exec();
}

} // namespace talkbench::app
