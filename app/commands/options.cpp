#include "app/commands/options.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;

namespace talkbench::app {

base::Result<QByteArray> contents(const QString &path, qint64 most)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return usage(u"%1: %2"_s.arg(path, file.errorString()));
    QByteArray bytes = file.read(most + 1);
    if (bytes.size() > most)
        return usage(u"%1 is larger than %2 MB, the most that is read."_s.arg(path).arg(most >> 20));
    return bytes;
}

base::Result<QJsonValue> jsonFile(const QString &path)
{
    const auto text = contents(path);
    if (!text)
        return text.error();
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(*text, &problem);
    if (document.isNull())
        return usage(u"%1 is not JSON: %2"_s.arg(path, problem.errorString()));
    return document.isArray() ? QJsonValue(document.array()) : QJsonValue(document.object());
}

} // namespace talkbench::app
