#pragma once

#include "core/simulator/knobs.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>

/// The program as a shell sees it, with a data folder of its own.
namespace talkbench::tests {

struct Output {
    /// -1 where it did not end within a minute.
    int code = -1;
    QString text;
    QString errors;

    QJsonObject json() const { return QJsonDocument::fromJson(text.toUtf8()).object(); }
    QJsonArray rows() const { return QJsonDocument::fromJson(text.toUtf8()).array(); }
};

class CommandLine final {
public:
    QString dataDir() const { return m_dir.path(); }
    QString filePath(const QString &name) const { return m_dir.filePath(name); }
    /// The path of a new file of the data folder, empty where it could not be written.
    QString write(const QString &name, const QByteArray &bytes) const;

    /// Ready to start: without a display, with this key in TALKBENCH_API_KEY.
    void prepare(QProcess &process, const QStringList &arguments, const QString &key = {}) const;
    /// Runs it to its end.
    Output run(const QStringList &arguments, const QByteArray &input = {}, const QString &key = {}) const;
    /// `runs --format json`.
    QJsonArray runs() const;

private:
    QTemporaryDir m_dir;
};

/// Answers at once: 5 ms to the first token, 1 ms between tokens.
simulator::Knobs fastKnobs();

} // namespace talkbench::tests
