#include "core/llm/providers/modellist.h"
#include "core/llm/providers/retryafter.h"
#include "decoding.h"

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

namespace {

ModelInfo only(const char *json)
{
    const auto models = modelList(js(json));
    return models && models->size() == 1 ? models->first() : ModelInfo {};
}

base::HttpHeaders headers(std::initializer_list<std::pair<const char *, const char *>> rows)
{
    base::HttpHeaders made;
    for (const auto &[name, value] : rows)
        made.append(std::pair<QByteArray, QByteArray>(name, value));
    return made;
}

} // namespace

/// Lists of models, and headers of limits, as each vendor writes them.
class TestModelList final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void openRouter()
    {
        const ModelInfo model =
            only("{`data`:[{`id`:`a/b`,`name`:`A: B`,`context_length`:1000,`architecture`:{`input_modalities`:[`text`,"
                 "`image`],`output_modalities`:[`text`]},`pricing`:{`prompt`:`0.00000125`,`completion`:`0.00001`,"
                 "`input_cache_read`:`0.0000005`},`top_provider`:{`context_length`:900,`max_completion_tokens`:64},"
                 "`supported_parameters`:[`tools`,`temperature`]}]}");
        QCOMPARE(model, (ModelInfo { u"a/b"_s, u"A: B"_s, 1000, 64, 1.25, 10.0, 0.5, true, true, false }));
        const ModelInfo router = only("{`data`:[{`id`:`auto`,`pricing`:{`prompt`:`-1`,`completion`:`-1`}}]}");
        QVERIFY(!router.inputPrice && !router.outputPrice);
    }

    void whatNobodyKnowsIsUnset()
    {
        const ModelInfo model = only("{`data`:[{`id`:`m`,`context_length`:0,`max_model_len`:4096,`max_tokens`:0,"
                                     "`pricing`:{`prompt`:`inf`,`completion`:`1e305`}}]}");
        QCOMPARE(model.contextTokens, 4096);
        QVERIFY(!model.maxOutputTokens);
        QVERIFY(!model.inputPrice && !model.outputPrice);
    }

    void anthropic()
    {
        const ModelInfo model = only(
            "{`data`:[{`type`:`model`,`id`:`claude`,`display_name`:`Claude`,`max_input_tokens`:200000,`max_tokens`:"
            "64000,`capabilities`:{`image_input`:{`supported`:true},`thinking`:{`supported`:true,`types`:{}}}}]}");
        QCOMPARE(model, (ModelInfo { u"claude"_s, u"Claude"_s, 200000, 64000, {}, {}, {}, true, {}, true }));
    }

    void gemini()
    {
        const ModelInfo model = only("{`models`:[{`name`:`models/g`,`displayName`:`G`,`inputTokenLimit`:10,"
                                     "`outputTokenLimit`:5,`thinking`:true,`supportedGenerationMethods`:["
                                     "`generateContent`]},{`name`:`models/e`,`supportedGenerationMethods`:["
                                     "`embedContent`]}]}");
        QCOMPARE(model, (ModelInfo { u"g"_s, u"G"_s, 10, 5, {}, {}, {}, {}, {}, true }));
    }

    void mistral()
    {
        const ModelInfo model =
            only("{`data`:[{`id`:`m`,`capabilities`:{`completion_chat`:true,`function_calling`:true,`vision`:false},"
                 "`max_context_length`:32},{`id`:`ocr`,`capabilities`:{`completion_chat`:false}}]}");
        QCOMPARE(model.contextTokens, 32);
        QCOMPARE(model.imageInput, false);
        QCOMPARE(model.tools, true);
    }

    void huggingFaceTakesTheBestOfItsServers()
    {
        const ModelInfo model =
            only("{`data`:[{`id`:`o/m`,`architecture`:{`input_modalities`:[`text`]},`providers`:[{`provider`:`x`,"
                 "`context_length`:8,`pricing`:{`input`:1,`output`:2},`supports_tools`:false},{`provider`:`y`,"
                 "`context_length`:16,`supports_tools`:true}]}]}");
        QCOMPARE(model.contextTokens, 16);
        QCOMPARE(model.tools, true);
        QVERIFY(!model.inputPrice); // which of the two answers isn't known
        const ModelInfo one = only("{`data`:[{`id`:`m`,`providers`:[{`pricing`:{`input`:0.5,`output`:2}}]}]}");
        QCOMPARE(one.inputPrice, 0.5);
        QCOMPARE(one.outputPrice, 2.0);
    }

    void localServers()
    {
        QCOMPARE(only("{`data`:[{`id`:`v`,`max_model_len`:4096}]}").contextTokens, 4096);
        QCOMPARE(only("{`data`:[{`id`:`l`,`meta`:{`n_ctx_train`:131072,`n_ctx`:8192}}]}").contextTokens, 8192);
        const ModelInfo studio = only("{`data`:[{`id`:`s`,`type`:`vlm`,`max_context_length`:32768,`capabilities`:["
                                      "`tool_use`]},{`id`:`e`,`type`:`embeddings`}]}");
        QCOMPARE(studio.imageInput, true);
        QCOMPARE(studio.tools, true);
        QCOMPARE(studio.contextTokens, 32768);
        const ModelInfo ollama = only("{`models`:[{`name`:`q:4b`,`model`:`q:4b`,`capabilities`:[`completion`,`tools`,"
                                      "`thinking`]},{`name`:`e`,`capabilities`:[`embedding`]}]}");
        QCOMPARE(ollama.tools, true);
        QCOMPARE(ollama.reasoning, true);
        QCOMPARE(ollama.imageInput, false);
    }

    void others()
    {
        const ModelInfo groq = only("{`data`:[{`id`:`g`,`context_window`:100,`max_completion_tokens`:10,"
                                    "`supported_features`:[`tools`,`reasoning`],`input_modalities`:[`text`]},{`id`:`"
                                    "whisper`,`output_modalities`:[`transcription`]}]}");
        QCOMPARE(groq, (ModelInfo { u"g"_s, u"g"_s, 100, 10, {}, {}, {}, false, true, true }));
        const ModelInfo github = only("[{`id`:`openai/gpt`,`name`:`GPT`,`limits`:{`max_input_tokens`:7,"
                                      "`max_output_tokens`:3},`supported_input_modalities`:[`text`,`image`],"
                                      "`capabilities`:[`streaming`,`tool-calling`]}]");
        QCOMPARE(github, (ModelInfo { u"openai/gpt"_s, u"GPT"_s, 7, 3, {}, {}, {}, true, true, false }));
        const ModelInfo together =
            only("[{`id`:`t`,`display_name`:`T`,`context_length`:9,`pricing`:{`input`:0.2,`output`:0.6}}]");
        QCOMPARE(together.inputPrice, 0.2);
        QCOMPARE(together.outputPrice, 0.6);
    }

    void hostileListsAreHarmless()
    {
        QVERIFY(modelList(js("{`data`:[{`id`:`x`,`pricing`:7,`capabilities`:`y`,`providers`:{},`architecture`:[],"
                             "`context_length`:-1,`top_provider`:null}]}")));
        QVERIFY(!only("{`data`:[{`id`:`x`,`pricing`:{`prompt`:`free`}}]}").inputPrice);
    }

    void openAiLimits()
    {
        const RateLimits limits = rateLimitsFromHeaders(headers({ { "X-RateLimit-Limit-Requests", "15000" },
                                                                  { "x-ratelimit-remaining-requests", "14999" },
                                                                  { "x-ratelimit-reset-requests", "6m0s" },
                                                                  { "x-ratelimit-limit-tokens", "40000000" },
                                                                  { "x-ratelimit-remaining-tokens", "39999970" },
                                                                  { "x-ratelimit-reset-tokens", "130ms" },
                                                                  { "x-ratelimit-key", "gpt" },
                                                                  { "x-ratelimit-renewalperiod-tokens", "60" } }));
        QCOMPARE(limits.requests, (RateLimits::Limit { 15000, 14999, 360'000 }));
        QCOMPARE(limits.tokens, (RateLimits::Limit { 40000000, 39999970, 130 }));
        QVERIFY(limits.inputTokens.isEmpty());
    }

    void anthropicLimits()
    {
        const RateLimits limits =
            rateLimitsFromHeaders(headers({ { "date", "Sun, 05 Apr 2026 10:23:50 GMT" },
                                            { "anthropic-ratelimit-requests-limit", "4000" },
                                            { "anthropic-ratelimit-requests-remaining", "3999" },
                                            { "anthropic-ratelimit-requests-reset", "2026-04-05T10:23:54Z" },
                                            { "anthropic-ratelimit-input-tokens-limit", "20" },
                                            { "anthropic-ratelimit-output-tokens-remaining", "5" },
                                            { "anthropic-ratelimit-tokens-limit", "25" } }));
        QCOMPARE(limits.requests, (RateLimits::Limit { 4000, 3999, 4000 }));
        QCOMPARE(limits.inputTokens.limit, 20);
        QCOMPARE(limits.outputTokens.remaining, 5);
        QCOMPARE(limits.tokens.limit, 25);
    }

    void otherLimits()
    {
        const RateLimits mistral = rateLimitsFromHeaders(headers({ { "x-ratelimit-limit-tokens-month", "9" },
                                                                   { "x-ratelimit-limit-tokens-minute", "5" },
                                                                   { "x-ratelimit-remaining-req-minute", "3" },
                                                                   { "x-ratelimit-tokens-query-cost", "1" } }));
        QCOMPARE(mistral.tokens.limit, 5);
        QCOMPARE(mistral.requests.remaining, 3);
        const RateLimits old = rateLimitsFromHeaders(headers({ { "ratelimitbysize-limit", "500000" },
                                                               { "ratelimitbysize-remaining", "499" },
                                                               { "ratelimitbysize-reset", "51" } }));
        QCOMPARE(old.tokens, (RateLimits::Limit { 500000, 499, 51'000 }));
        const RateLimits azure = rateLimitsFromHeaders(
            headers({ { "x-ratelimit-reset-tokens", "60" }, { "x-ratelimit-limit", "many" }, { "x-other", "1" } }));
        QCOMPARE(azure.tokens.resetMs, 60'000);
        QVERIFY(azure.requests.isEmpty());
        QVERIFY(rateLimitsFromHeaders({}).isEmpty());
    }

    void limitsComeWithTheAnswer()
    {
        const auto said = headers({ { "x-ratelimit-remaining-requests", "1" } });
        QCOMPARE(decoded(u"openai-chat"_s, js("{`choices`:[{`message`:{`content`:`a`}}]}"), 200, {}, said)
                     .rateLimits.requests.remaining,
                 1);
        const Answer refused = decoded(u"openai-chat"_s, js("{`error`:{`message`:`slow down`}}"), 429, {}, said);
        QCOMPARE(refused.rateLimits.requests.remaining, 1);
        QCOMPARE(rateLimitsFromJson(toJson(refused.rateLimits)), refused.rateLimits);
    }
};

QTEST_GUILESS_MAIN(TestModelList)
#include "tst_modellist.moc"
