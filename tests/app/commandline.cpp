#include "tests/app/commandline.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace talkbench::tests {

QString CommandLine::write(const QString &name, const QByteArray &bytes) const
{
    QFile file(filePath(name));
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() ? file.fileName() : QString();
}

void CommandLine::prepare(QProcess &process, const QStringList &arguments, const QString &key) const
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.remove(u"DISPLAY"_s);
    environment.insert(u"QT_QPA_PLATFORM"_s, u"no-such-platform"_s); // the command line needs no display
    environment.insert(u"TALKBENCH_API_KEY"_s, key);
    process.setProcessEnvironment(environment);
    process.setProgram(QStringLiteral(TALKBENCH_EXECUTABLE));
    process.setArguments(QStringList { u"--data-dir"_s, dataDir() } + arguments);
}

Output CommandLine::run(const QStringList &arguments, const QByteArray &input, const QString &key) const
{
    QProcess process;
    prepare(process, arguments, key);
    process.start();
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(60'000))
        return {};
    return { process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
             QString::fromUtf8(process.readAllStandardError()) };
}

QJsonArray CommandLine::runs() const
{
    return run({ u"runs"_s, u"--format"_s, u"json"_s }).rows();
}

simulator::Knobs fastKnobs()
{
    simulator::Knobs knobs;
    knobs.ttft = { simulator::Spread::Shape::Constant, 5, 0 };
    knobs.gap = { simulator::Spread::Shape::Constant, 1, 0 };
    return knobs;
}

} // namespace talkbench::tests
