#include "core/bench/prompts.h"

#include "core/base/csv.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QStringDecoder>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

namespace {

using Values = QHash<QString, QString>;

const QRegularExpression &placePattern()
{
    static const QRegularExpression pattern(u"\\{\\{\\s*([\\p{L}\\p{N}_.-]+)\\s*\\}\\}"_s,
                                            QRegularExpression::UseUnicodePropertiesOption);
    return pattern;
}

base::Error wrongLine(qsizetype line, const QString &what)
{
    return { base::ErrorKind::Usage, u"Line %1: %2"_s.arg(line).arg(what), {}, 0, std::nullopt };
}

base::Result<QString> decoded(const QByteArray &bytes)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString text = decoder(bytes);
    if (decoder.hasError())
        return base::Error { base::ErrorKind::Usage, u"The prompts are not text in UTF-8."_s, {}, 0, std::nullopt };
    return text;
}

QString asText(const QJsonValue &value)
{
    if (value.isString())
        return value.toString();
    const QByteArray json = value.isObject() ? QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact)
                                             : QJsonDocument(QJsonArray { value }).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(value.isObject() ? json : json.sliced(1, json.size() - 2));
}

base::Result<BatchPrompt> promptFrom(const Values &values, qsizetype line, qsizetype number,
                                     const PromptTemplate &pattern)
{
    const auto text = pattern.filled(values);
    if (!text)
        return wrongLine(line, text.error().message);
    if (text->trimmed().isEmpty())
        return wrongLine(line, u"the prompt is empty."_s);
    return BatchPrompt { values.value(u"id"_s, QString::number(number)), *text, values.value(u"system"_s) };
}

base::Result<Values> valuesOfJson(const QByteArray &line)
{
    QJsonParseError problem;
    // A document is an object or an array: so a string is read as the one member of an array.
    const QJsonDocument document = QJsonDocument::fromJson("[" + line + "]", &problem);
    const QJsonValue value = document.array().at(0);
    if (document.array().size() != 1 || (!value.isString() && !value.isObject()))
        return base::Error { base::ErrorKind::Usage,
                             document.isNull() ? u"that is not JSON: %1."_s.arg(problem.errorString())
                                               : u"a string or an object is wanted."_s,
                             {},
                             0,
                             std::nullopt };
    if (value.isString())
        return Values { { u"prompt"_s, value.toString() } };
    Values values;
    const QJsonObject object = value.toObject();
    for (auto member = object.begin(); member != object.end(); ++member) {
        if (!member.value().isNull()) // there is none
            values.insert(member.key(), asText(member.value()));
    }
    return values;
}

base::Error stopped()
{
    return { base::ErrorKind::Cancelled, u"Stopped."_s, {}, 0, std::nullopt };
}

base::Result<QList<BatchPrompt>> readCsv(const QString &text, const PromptTemplate &pattern,
                                         const std::stop_token &stop)
{
    const auto rows = base::csvRows(text);
    if (!rows)
        return rows.error();
    QList<BatchPrompt> prompts;
    QStringList columns;
    const QStringList header = rows->value(0);
    for (const QString &column : header) {
        if (columns.contains(column.trimmed()))
            return wrongLine(1, u"two columns are called '%1'."_s.arg(column.trimmed()));
        columns.append(column.trimmed());
    }
    for (qsizetype i = 1; i < rows->size(); ++i) {
        if (stop.stop_requested())
            return stopped();
        const QStringList &row = rows->at(i);
        if (row.size() != columns.size())
            return wrongLine(i + 1, u"%1 columns instead of %2."_s.arg(row.size()).arg(columns.size()));
        Values values;
        for (qsizetype column = 0; column < columns.size(); ++column)
            values.insert(columns[column], row[column]);
        const auto prompt = promptFrom(values, i + 1, prompts.size() + 1, pattern);
        if (!prompt)
            return prompt.error();
        prompts.append(*prompt);
    }
    return prompts;
}

} // namespace

PromptFormat promptFormatOf(const QString &path)
{
    if (path.endsWith(u".jsonl"_s, Qt::CaseInsensitive) || path.endsWith(u".ndjson"_s, Qt::CaseInsensitive))
        return PromptFormat::JsonLines;
    return path.endsWith(u".csv"_s, Qt::CaseInsensitive) ? PromptFormat::Csv : PromptFormat::Text;
}

QStringList PromptTemplate::names() const
{
    QStringList names;
    for (auto place = placePattern().globalMatch(m_text); place.hasNext();)
        names << place.next().captured(1);
    names.removeDuplicates();
    return names;
}

base::Result<QString> PromptTemplate::filled(const QHash<QString, QString> &values) const
{
    const QString text = m_text.isEmpty() ? u"{{prompt}}"_s : m_text;
    QString result;
    qsizetype end = 0;
    for (auto places = placePattern().globalMatch(text); places.hasNext();) {
        const QRegularExpressionMatch place = places.next();
        const auto value = values.constFind(place.captured(1));
        if (value == values.cend())
            return base::Error {
                base::ErrorKind::Usage, u"there is no '%1'."_s.arg(place.captured(1)), {}, 0, std::nullopt
            };
        result += QStringView(text).sliced(end, place.capturedStart() - end);
        result += *value;
        end = place.capturedEnd();
    }
    return result + text.sliced(end);
}

base::Result<QList<BatchPrompt>> readPromptLine(const QByteArray &line, qsizetype number, PromptFormat format,
                                                const PromptTemplate &pattern)
{
    if (line.trimmed().isEmpty())
        return QList<BatchPrompt>();
    const auto text = decoded(line);
    if (!text)
        return wrongLine(number, text.error().message);
    const auto values =
        format == PromptFormat::JsonLines ? valuesOfJson(line) : Values { { u"prompt"_s, text->trimmed() } };
    if (!values)
        return wrongLine(number, values.error().message);
    const auto prompt = promptFrom(*values, number, number, pattern);
    if (!prompt)
        return prompt.error();
    return QList<BatchPrompt> { *prompt };
}

base::Result<QList<BatchPrompt>> readPrompts(const QByteArray &file, PromptFormat format, const PromptTemplate &pattern,
                                             const std::stop_token &stop)
{
    const QByteArray body = file.startsWith("\xEF\xBB\xBF") ? file.sliced(3) : file;
    if (format == PromptFormat::Csv) {
        const auto text = decoded(body);
        return text ? readCsv(*text, pattern, stop) : text.error();
    }
    QList<BatchPrompt> prompts;
    const QList<QByteArray> lines = body.split('\n');
    for (qsizetype i = 0; i < lines.size(); ++i) {
        if (stop.stop_requested())
            return stopped();
        const auto read = readPromptLine(lines[i], i + 1, format, pattern);
        if (!read)
            return read.error();
        prompts.append(*read);
    }
    return prompts;
}

} // namespace talkbench::bench
