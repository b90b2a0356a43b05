#include "core/llm/providers/usagefold.h"
#include "decoding.h"

#include <QJsonDocument>
#include <QtTest>

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

namespace {

QJsonObject object(const QByteArray &json)
{
    return QJsonDocument::fromJson(json).object();
}

} // namespace

class TestUsageFold final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void openAi_data()
    {
        QTest::addColumn<QByteArray>("raw");
        QTest::addColumn<QList<qint64>>("classes"); // input, cache read, cache write, output, reasoning
        QTest::addColumn<bool>("derived");
        const auto row = [](const char *name, const QByteArray &raw, const QList<qint64> &classes,
                            bool derived = false) { QTest::newRow(name) << raw << classes << derived; };
        row("plain", js("{`prompt_tokens`:10,`completion_tokens`:4,`total_tokens`:14}"), { 10, 0, 0, 4, 0 });
        row("cached and reasoning inside",
            js("{`prompt_tokens`:1420,`completion_tokens`:100,`total_tokens`:1520,`prompt_tokens_details`:{`cached_"
               "tokens`:1280},`completion_tokens_details`:{`reasoning_tokens`:64}}"),
            { 140, 1280, 0, 36, 64 });
        row("cache write inside",
            js("{`prompt_tokens`:158,`completion_tokens`:3,`prompt_tokens_details`:{`cached_tokens`:8,`cache_write_"
               "tokens`:43}}"),
            { 107, 8, 43, 3, 0 });
        row("deepseek",
            js("{`prompt_tokens`:491,`completion_tokens`:129,`prompt_cache_hit_tokens`:448,`prompt_cache_miss_tokens`:"
               "43}"),
            { 43, 448, 0, 129, 0 });
        row("mistral", js("{`prompt_tokens`:100,`completion_tokens`:5,`num_cached_tokens`:64}"), { 36, 64, 0, 5, 0 });
        row("dashscope",
            js("{`prompt_tokens`:2000,`completion_tokens`:5,`prompt_tokens_details`:{`cached_tokens`:0,`cache_creation_"
               "input_tokens`:1500}}"),
            { 500, 0, 1500, 5, 0 });
        row("together", js("{`prompt_tokens`:20,`completion_tokens`:1,`cached_tokens`:5}"), { 15, 5, 0, 1, 0 });
        row("xai: reasoning outside",
            js("{`prompt_tokens`:213,`completion_tokens`:2,`total_tokens`:413,`prompt_tokens_details`:{`cached_tokens`:"
               "192},`completion_tokens_details`:{`reasoning_tokens`:198}}"),
            { 21, 192, 0, 2, 198 });
        row("gateway: even the total leaves it out",
            js("{`prompt_tokens`:28,`completion_tokens`:9,`total_tokens`:37,`completion_tokens_details`:{`reasoning_"
               "tokens`:61}}"),
            { 28, 0, 0, 9, 61 }, true);
        row("miscount of one",
            js("{`prompt_tokens`:5,`completion_tokens`:10,`total_tokens`:15,`completion_tokens_details`:{`reasoning_"
               "tokens`:11}}"),
            { 5, 0, 0, 0, 10 });
        row("more cached than sent",
            js("{`prompt_tokens`:7,`completion_tokens`:1,`prompt_tokens_details`:{`cached_tokens`:161}}"),
            { 0, 161, 0, 1, 0 });
        row("responses",
            js("{`input_tokens`:9,`input_tokens_details`:{`cached_tokens`:4},`output_tokens`:7,`output_tokens_details`:"
               "{`reasoning_tokens`:2},`total_tokens`:16}"),
            { 5, 4, 0, 5, 2 });
        row("nothing", "{}", { 0, 0, 0, 0, 0 });
        row("hostile",
            js("{`prompt_tokens`:`9`,`completion_tokens`:-5,`total_tokens`:1e300,`prompt_tokens_details`:7}"),
            { 0, 0, 0, 0, 0 });
    }

    void openAi()
    {
        QFETCH(QByteArray, raw);
        QFETCH(QList<qint64>, classes);
        QFETCH(bool, derived);
        const Usage usage = usageFromOpenAi(object(raw));
        QCOMPARE((QList<qint64> { usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning }),
                 classes);
        QCOMPARE(usage.derived, derived);
        QCOMPARE(usage.raw, object(raw));
        QCOMPARE(usage.source, UsageSource::Server);
    }

    void llamaCppCountsInItsTimings()
    {
        const QJsonObject timings = object(js("{`cache_n`:90,`prompt_n`:10,`predicted_n`:4}"));
        const auto classes = [](const Usage &usage) { return QList { usage.input, usage.cacheRead, usage.output }; };
        QCOMPARE(classes(usageFromOpenAi(object(js("{`prompt_tokens`:100,`completion_tokens`:5}")), timings)),
                 (QList<qint64> { 10, 90, 5 }));
        const char *said = "{`prompt_tokens`:100,`completion_tokens`:5,`prompt_tokens_details`:{`cached_tokens`:0}}";
        QCOMPARE(classes(usageFromOpenAi(object(js(said)), timings)), (QList<qint64> { 100, 0, 5 }));
        const Usage alone = usageFromOpenAi({}, timings);
        QCOMPARE(classes(alone), (QList<qint64> { 10, 90, 4 }));
        QCOMPARE(alone.raw, timings);
    }

    void picturesArePartOfTheInput()
    {
        const auto openAi = [](const char *images) { return usageFromOpenAi(object(js(images))); };
        QCOMPARE(openAi("{`prompt_tokens`:100,`prompt_tokens_details`:{`image_tokens`:60}}").image, 60);
        QCOMPARE(openAi("{`prompt_tokens`:50,`prompt_tokens_details`:{`image_tokens`:60}}").image, 50);
        const llm::Usage gemini = usageFromGemini(object(js("{`promptTokenCount`:300,`promptTokensDetails`:["
                                                            "{`modality`:`TEXT`,`tokenCount`:42},"
                                                            "{`modality`:`IMAGE`,`tokenCount`:258}]}")));
        QCOMPARE(gemini.image, 258);
        QCOMPARE(gemini.inputTotal(), 300);
    }

    void costs()
    {
        QCOMPARE(*usageFromOpenAi(object(js("{`cost`:0.00085}"))).reportedCostUsd, 0.00085);
        QCOMPARE(*usageFromOpenAi(object(js("{`cost`:{`total_cost`:0.005}}"))).reportedCostUsd, 0.005);
        QCOMPARE(*usageFromOpenAi(object(js("{`cost_in_usd_ticks`:969250}"))).reportedCostUsd, 96.925e-6);
        const auto owed = [](const char *byok) {
            return *usageFromOpenAi(
                        object(QByteArray(byok) + js(",`cost`:0.25,`cost_details`:{`upstream_inference_cost`:2}}")))
                        .reportedCostUsd;
        };
        QCOMPARE(owed("{\"is_byok\":true"), 2.25);
        QCOMPARE(owed("{\"is_byok\":false"), 0.25);
        for (const char *none : { "{`cost`:null}", "{`cost`:-1}", "{`cost`:1e305}", "{`cost_in_usd_ticks`:-5}" })
            QVERIFY(!usageFromOpenAi(object(js(none))).reportedCostUsd);
        QVERIFY(!usageFromAnthropic(object(js("{`cost`:1e305}"))).reportedCostUsd);
    }

    void anthropicCachesComeOnTop()
    {
        const Usage usage = usageFromAnthropic(object(js(
            "{`input_tokens`:11,`cache_read_input_tokens`:1031,`cache_creation_input_tokens`:7,`output_tokens`:100}")));
        QCOMPARE(usage.input, 11);
        QCOMPARE(usage.inputTotal(), 1049);
        const Usage parts =
            usageFromAnthropic(object(js("{`input_tokens`:1,`cache_creation`:{`ephemeral_5m_input_tokens`:40,"
                                         "`ephemeral_1h_input_tokens`:60}}")));
        QCOMPARE(parts.cacheWrite, 100);
        QCOMPARE(parts.cacheWrite1h, 60);
        QCOMPARE(usage.outputTotal(), 100);
    }

    void geminiThoughtsComeOnTop()
    {
        const Usage usage = usageFromGemini(object(
            js("{`promptTokenCount`:8,`candidatesTokenCount`:437,`thoughtsTokenCount`:2027,`totalTokenCount`:2472}")));
        QCOMPARE(usage.output, 437);
        QCOMPARE(usage.outputTotal(), 2464);
        QCOMPARE(usage.inputTotal(), 8);
    }

    void ollamaMaySayNothing()
    {
        QVERIFY(!usageFromOllama(object(js("{`done`:true}"))));
        const auto usage = usageFromOllama(object(js("{`eval_count`:16,`done`:true}")));
        QVERIFY(usage);
        QCOMPARE(usage->output, 16);
        QCOMPARE(usage->raw, object(js("{`eval_count`:16}")));
    }
};

QTEST_GUILESS_MAIN(TestUsageFold)
#include "tst_usagefold.moc"
