#include "core/llm/providers/modelrules.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

struct Row {
    QRegularExpression match;
    QJsonObject rule;
};

base::Result<QList<Row>> rowsFrom(const QByteArray &json)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(json, &problem);
    if (!document.isObject())
        return base::Error {
            base::ErrorKind::Config, u"The table of models can't be read."_s, problem.errorString(), 0, {}
        };
    QList<Row> rows;
    const QJsonArray models = document["models"_L1].toArray();
    for (const auto &value : models) {
        Row row { QRegularExpression(value["match"_L1].toString()), value.toObject() };
        if (!row.match.isValid() || row.match.pattern().isEmpty())
            return base::Error { base::ErrorKind::Config,
                                 u"The table of models has an unusable row."_s,
                                 row.match.pattern() + u": "_s + row.match.errorString(),
                                 0,
                                 {} };
        rows.append(row);
    }
    return rows;
}

/// Read once: it is a part of the program.
const QList<Row> &rows()
{
    static const QList<Row> table = [] {
        QFile file(u":/models.json"_s);
        const auto read = file.open(QIODevice::ReadOnly) ? rowsFrom(file.readAll()) : QList<Row>();
        return read ? *read : QList<Row>();
    }();
    return table;
}

QString bareName(const QString &model)
{
    QString name = model.toLower().section(u'/', -1).section(u':', 0, 0);
    // Bedrock's "eu.anthropic.claude-…" and "anthropic.claude-…"
    if (const qsizetype vendor = name.indexOf("anthropic."_L1); vendor >= 0)
        name.remove(0, vendor + 10);
    return name;
}

} // namespace

QJsonObject modelRule(const QString &model, const QString &protocol)
{
    const QString name = bareName(model);
    for (const Row &row : rows()) {
        const QJsonArray protocols = row.rule["protocols"_L1].toArray();
        if ((protocols.isEmpty() || protocols.contains(protocol)) && row.match.match(name).hasMatch())
            return row.rule;
    }
    return {};
}

base::Result<void> checkModelRules(const QByteArray &json)
{
    const auto read = rowsFrom(json);
    return read ? base::Result<void>() : base::Result<void>(read.error());
}

} // namespace talkbench::llm
