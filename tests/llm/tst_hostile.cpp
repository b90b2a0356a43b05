#include "decoding.h"

#include <QRandomGenerator>

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

namespace {

/// One valid body a protocol, to be damaged.
QByteArray validBody(const QString &protocol)
{
    if (protocol == "ollama"_L1)
        return js("{`model`:`m`,`message`:{`content`:`a`,`thinking`:`b`,`tool_calls`:[{`function`:{`name`:`f`,`"
                  "arguments`:{`x`:1}}}]},`done`:false}"
                  "\n"
                  "{`message`:{`content`:``},`done`:true,`done_reason`:`stop`,`prompt_eval_count`:3,`eval_count`:4,`"
                  "eval_duration`:5}"
                  "\n");
    if (protocol == "anthropic"_L1)
        return sse(
            { js("{`type`:`message_start`,`message`:{`id`:`i`,`model`:`m`,`content`:[],`usage`:{`input_tokens`:1}}}"),
              js("{`type`:`content_block_start`,`index`:0,`content_block`:{`type`:`tool_use`,`id`:`t`,`name`:`f`,`"
                 "input`:{}}}"),
              js("{`type`:`content_block_delta`,`index`:0,`delta`:{`type`:`input_json_delta`,`partial_json`:`{}`}}"),
              js("{`type`:`message_delta`,`delta`:{`stop_reason`:`tool_use`},`usage`:{`output_tokens`:2}}") });
    if (protocol == "gemini"_L1)
        return sse({ js("{`candidates`:[{`content`:{`parts`:[{`text`:`a`},{`functionCall`:{`name`:`f`,`args`:{}}}]},`"
                        "finishReason`:`STOP`}],`usageMetadata`:{`promptTokenCount`:1}}") });
    if (protocol == "openai-responses"_L1)
        return sse({ js("{`type`:`response.output_item.added`,`output_index`:0,`item`:{`type`:`function_call`,`call_id`"
                        ":`c`,`name`:`f`}}"),
                     js("{`type`:`response.output_text.delta`,`output_index`:1,`content_index`:0,`delta`:`a`}"),
                     js("{`type`:`response.completed`,`response`:{`status`:`completed`,`output`:[],`usage`:{`input_"
                        "tokens`:1}}}") });
    return sse({ js("{`choices`:[{`index`:0,`delta`:{`content`:`a`,`reasoning`:`r`,`tool_calls`:[{`index`:0,`id`:`c`,`"
                    "function`:{`name`:`f`,`arguments`:`{}`}}]}}]}"),
                 js("{`choices`:[{`index`:0,`delta`:{},`finish_reason`:`stop`}],`usage`:{`prompt_tokens`:1,`completion_"
                    "tokens`:2}}"),
                 "[DONE]" });
}

/// An answer either ends well or says what went wrong, and is sound JSON either way.
void check(const Answer &answer)
{
    QVERIFY(answer.finished || answer.error);
    QVERIFY(!answer.error || !answer.error->message.isEmpty());
    QVERIFY(answer.toolCalls.size() <= 1024);
    QCOMPARE(json(answerFromJson(toJson(answer))), json(answer));
}

QByteArray damaged(QByteArray body, QRandomGenerator &random)
{
    static const QList<QByteArray> pieces { "null",
                                            "{}",
                                            "[]",
                                            "\"\"",
                                            "-1",
                                            "1e999",
                                            "99999999999999999999",
                                            "true",
                                            QByteArray(1, '\0'),
                                            "\xFF\xFE",
                                            "\\ud800",
                                            "data: ",
                                            "\n\n",
                                            "\r",
                                            "{\"error\":",
                                            "[DONE]",
                                            "}",
                                            "\"" };
    const int wounds = random.bounded(1, 6);
    for (int i = 0; i < wounds && !body.isEmpty(); ++i) {
        const qsizetype at = random.bounded(static_cast<int>(body.size()));
        switch (random.bounded(4)) {
        case 0:
            body[at] = static_cast<char>(random.bounded(256));
            break;
        case 1:
            body.remove(at, random.bounded(1, 12));
            break;
        case 2:
            body.insert(at, pieces[random.bounded(static_cast<int>(pieces.size()))]);
            break;
        default:
            body.replace(at, random.bounded(1, 12), pieces[random.bounded(static_cast<int>(pieces.size()))]);
        }
    }
    return body;
}

} // namespace

class TestHostile final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyProtocol_data()
    {
        QTest::addColumn<QString>("protocol");
        for (const QString &name : protocolNames())
            QTest::newRow(qPrintable(name)) << name;
    }

    void randomBytes_data() { everyProtocol_data(); }
    void randomBytes()
    {
        QFETCH(QString, protocol);
        QRandomGenerator random(4711);
        for (int i = 0; i < 300; ++i) {
            QByteArray body(random.bounded(400), '\0');
            for (char &c : body)
                c = static_cast<char>(random.bounded(256));
            check(decoded(protocol, body, i % 5 == 0 ? 500 : 200));
            check(decoded(protocol, "data: " + body));
        }
    }

    void damagedBodies_data() { everyProtocol_data(); }
    void damagedBodies()
    {
        QFETCH(QString, protocol);
        QRandomGenerator random(42);
        const QByteArray body = validBody(protocol);
        QVERIFY(!decoded(protocol, body).error);
        for (int i = 0; i < 700; ++i) {
            const QByteArray wounded = damaged(body, random);
            const Answer whole = decoded(protocol, wounded);
            check(whole);
            const qsizetype cut = random.bounded(static_cast<int>(wounded.size() + 1));
            QCOMPARE(json(decoded(protocol, wounded, 200, { cut })), json(whole));
        }
    }

    void cutAnywhere_data() { everyProtocol_data(); }
    void cutAnywhere()
    {
        QFETCH(QString, protocol);
        const QByteArray body = validBody(protocol);
        for (qsizetype size = 0; size < body.size(); ++size)
            check(decoded(protocol, body.first(size)));
    }

    void wrongTypesEverywhere_data() { everyProtocol_data(); }
    void wrongTypesEverywhere()
    {
        QFETCH(QString, protocol);
        const QList<QByteArray> keys { "choices",       "delta",         "message",       "content",
                                       "tool_calls",    "function",      "usage",         "error",
                                       "candidates",    "type",          "response",      "item",
                                       "output",        "parts",         "done",          "index",
                                       "finish_reason", "base_resp",     "detail",        "errors",
                                       "code",          "timings",       "x_groq",        "reasoning_details",
                                       "content_block", "usageMetadata", "promptFeedback" };
        const QList<QByteArray> values { "null",
                                         "7",
                                         "-1.5e300",
                                         "true",
                                         "\"x\"",
                                         "[]",
                                         "[null]",
                                         "[[[]]]",
                                         "{}",
                                         "[{}]",
                                         js("{`index`:1e18}"),
                                         js("[{`index`:-9}]") };
        for (const QByteArray &key : keys) {
            for (const QByteArray &value : values) {
                const QByteArray object = "{\"" + key + "\":" + value + "}";
                check(decoded(protocol, "data: " + object + "\n\n"));
                check(decoded(protocol, object));
                check(decoded(protocol, object, 400));
                check(decoded(protocol, "data: {\"choices\":[" + object + "]}\n\n"));
                check(decoded(protocol, "data: {\"choices\":[{\"delta\":" + object + "}]}\n\n"));
                const auto models = providerFor(protocol)->parseModels("{\"data\":[" + object + "]}");
                QVERIFY(models ? models->size() <= 1 : !models.error().message.isEmpty());
            }
        }
    }

    void deepNesting_data() { everyProtocol_data(); }
    void deepNesting()
    {
        QFETCH(QString, protocol);
        const int depth = 200'000;
        const QByteArray deep = QByteArray(depth, '[') + QByteArray(depth, ']');
        check(decoded(protocol, deep));
        check(decoded(protocol, "data: " + deep + "\n\n"));
        check(decoded(protocol, "{\"error\":" + deep + "}", 500));
        QByteArray objects;
        for (int i = 0; i < depth; ++i)
            objects += "{\"error\":";
        check(decoded(protocol, "data: " + objects + "\n\n"));
    }

    void manyToolCallsCostLittle()
    {
        QByteArray body;
        for (int i = 0; i < 5000; ++i)
            body += "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":" + QByteArray::number(i)
                + ",\"id\":\"c\",\"function\":{\"name\":\"f\"}}]}}]}\n\n";
        check(decoded(u"openai-chat"_s, body));
    }

    void endlessStrayLinesAreBounded()
    {
        QByteArray body;
        for (int i = 0; i < 20'000; ++i)
            body += "stray line " + QByteArray::number(i) + " }\n\n";
        check(decoded(u"openai-chat"_s, body));
        check(decoded(u"ollama"_s, body));
    }

    void nothingCostsMoreThanItsSize_data()
    {
        QTest::addColumn<QString>("protocol");
        QTest::addColumn<QByteArray>("body");
        constexpr int many = 50'000;
        QByteArray usage;
        QByteArray details;
        for (int i = 0; i < many; ++i) {
            const QByteArray key = "\"k" + QByteArray::number(i);
            usage += "data: {\"type\":\"message_delta\",\"usage\":{" + key + "\":1}}\n\n";
            details += "data: {\"choices\":[{\"delta\":{\"reasoning_details\":[{" + key + "\":1}]}}]}\n\n";
        }
        QTest::newRow("white space") << u"openai-chat"_s << QByteArray(8 << 20, ' ');
        QTest::newRow("usage in words of its own") << u"anthropic"_s << usage;
        QTest::newRow("details in words of their own") << u"openai-chat"_s << details;
    }
    void nothingCostsMoreThanItsSize()
    {
        QFETCH(QString, protocol);
        QFETCH(QByteArray, body);
        QList<qsizetype> cuts;
        for (qsizetype cut = 1024; cut < body.size(); cut += 1024)
            cuts.append(cut);
        QElapsedTimer timer;
        timer.start();
        check(decoded(protocol, body, 200, cuts));
        QVERIFY2(timer.elapsed() < 60'000, qPrintable(QString::number(timer.elapsed())));
    }
};

QTEST_GUILESS_MAIN(TestHostile)
#include "tst_hostile.moc"
