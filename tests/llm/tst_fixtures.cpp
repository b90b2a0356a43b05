#include "decoding.h"

#include <QDir>
#include <QRandomGenerator>

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

namespace {

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QString protocolOf(const QJsonObject &meta)
{
    const QString api = meta["expected"_L1]["api"_L1].toString();
    if (api.startsWith("openai-responses"_L1))
        return u"openai-responses"_s;
    if (api.startsWith("anthropic"_L1))
        return u"anthropic"_s;
    if (api.startsWith("gemini"_L1))
        return u"gemini"_s;
    if (api.startsWith("ollama"_L1))
        return u"ollama"_s;
    return u"openai-chat"_s;
}

QJsonValue arguments(const QString &text)
{
    const QJsonDocument document = QJsonDocument::fromJson(text.toUtf8());
    if (text.isEmpty() || text == "null"_L1)
        return QJsonObject {};
    return document.isObject() ? QJsonValue(document.object()) : QJsonValue(text);
}

void compareError(const QJsonObject &expected, const Answer &answer)
{
    QVERIFY(answer.error);
    const QString want = expected["error_message"_L1].toString().trimmed().left(60);
    QVERIFY2((answer.error->message + answer.error->detail).contains(want), qPrintable(answer.error->message));
}

void compareUsage(const QJsonObject &expected, const Answer &answer)
{
    const QJsonObject want = expected["usage_normalized"_L1].toObject();
    const qint64 output = want["output_tokens"_L1].toInteger();
    if (want["input_tokens"_L1].toInteger() == 0 && output == 0)
        return;
    QVERIFY(answer.usage);
    if (want["cached_input_tokens"_L1].toInteger() <= want["input_tokens"_L1].toInteger())
        QCOMPARE(answer.usage->inputTotal(), want["input_tokens"_L1].toInteger());
    // Null: the usage object doesn't say. llama.cpp's timings may.
    const QJsonValue cached = want["cached_input_tokens"_L1];
    const QJsonValue timed = answer.serverTimings["cached_tokens"_L1];
    QCOMPARE(answer.usage->cacheRead, (cached.isDouble() ? cached : timed).toInteger());
    const qint64 got = answer.usage->outputTotal();
    QVERIFY2(got == output || got == output + want["reasoning_tokens"_L1].toInteger(),
             qPrintable(QString::number(got)));
}

void compareAnswer(const QJsonObject &expected, const Answer &answer)
{
    QCOMPARE(answer.text, expected["text"_L1].toString());
    QCOMPARE(answer.reasoning, expected["reasoning"_L1].toString());
    QCOMPARE(answer.refusal, expected["refusal"_L1].toString());
    const QJsonArray calls = expected["tool_calls"_L1].toArray();
    QCOMPARE(answer.toolCalls.size(), calls.size());
    for (qsizetype i = 0; i < calls.size(); ++i) {
        QCOMPARE(answer.toolCalls[i].name, calls[i]["name"_L1].toString());
        QCOMPARE(arguments(answer.toolCalls[i].arguments), arguments(calls[i]["arguments"_L1].toString()));
    }
    compareUsage(expected, answer);
    const bool failed = expected["error"_L1].isObject();
    QCOMPARE(answer.error.has_value(), failed);
    QCOMPARE(answer.finished, failed ? answer.finished : true);
}

} // namespace

/// Recorded answers of real services, where the folder with them exists.
class TestFixtures final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recorded_data()
    {
        QTest::addColumn<QString>("meta");
        const QDir folder(QStringLiteral(FIXTURES_DIR));
        for (const QString &name : folder.entryList({ u"*.meta.json"_s }, QDir::Files))
            QTest::newRow(qPrintable(name.chopped(10))) << folder.filePath(name);
        if (folder.isEmpty())
            QTest::newRow("none") << QString();
    }

    void recorded()
    {
        QFETCH(QString, meta);
        if (meta.isEmpty())
            QSKIP("The recorded answers are not here.");
        const QJsonObject object = QJsonDocument::fromJson(contents(meta)).object();
        const QJsonObject expected = object["expected"_L1].toObject();
        const QString api = expected["api"_L1].toString();
        const QByteArray body = contents(QFileInfo(meta).dir().filePath(object["file"_L1].toString()));
        if (api == "models"_L1) {
            const auto models = providerFor(u"openai-chat"_s)->parseModels(body);
            QVERIFY(models && !models->isEmpty());
            return;
        }
        if (api.isEmpty() || api == "raw"_L1)
            return;
        const int status = object["http_status"_L1].toInt(200);
        const QString protocol = protocolOf(object);
        const Answer answer = decoded(protocol, body, status);
        if (api == "error"_L1)
            compareError(expected, answer);
        else
            compareAnswer(expected, answer);
        compareSplits(protocol, body, status, json(answer));
    }

private:
    static void compareSplits(const QString &protocol, const QByteArray &body, int status, const QByteArray &whole)
    {
        QRandomGenerator random(7);
        QList<qsizetype> cuts;
        for (qsizetype cut = 1; cut < body.size() && body.size() <= 1500; ++cut)
            cuts.append(cut);
        for (int i = 0; i < 6 && body.size() > 1500; ++i)
            cuts.append(random.bounded(static_cast<int>(body.size())));
        for (const qsizetype cut : std::as_const(cuts))
            QCOMPARE(json(decoded(protocol, body, status, { cut })), whole);
        QList<qsizetype> sevens;
        for (qsizetype cut = 7; cut < body.size(); cut += 7)
            sevens.append(cut);
        QCOMPARE(json(decoded(protocol, body, status, sevens)), whole);
    }
};

QTEST_GUILESS_MAIN(TestFixtures)
#include "tst_fixtures.moc"
