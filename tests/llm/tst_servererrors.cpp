#include "core/llm/providers/refusedparameter.h"
#include "core/llm/providers/retryafter.h"
#include "core/llm/providers/servererror.h"
#include "core/llm/secrets.h"
#include "decoding.h"

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

class TestServerErrors final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void compressedAnyway()
    {
        // gzip of "data: {}\n\n"
        const auto body = QByteArray::fromHex("1f8b08000000000002034b492c49b452a8aee5e20200655748eb0a000000");
        const llm::Answer answer = decodedAnyhow(u"openai-chat"_s, body);
        QCOMPARE(answer.error->kind, base::ErrorKind::NotJson);
        QVERIFY2(answer.error->message.contains(u"compressed"_s), qPrintable(answer.error->message));
    }

    void saysThatNoKeyWasSent()
    {
        const base::Error refused = httpError({ 401, {} }, js("{`error`:{`message`:`You need one`}}"));
        QCOMPARE(withoutKey(refused).message, u"The server wants a key, and none was sent (HTTP 401): You need one"_s);
        const base::Error other = httpError({ 404, {} }, {});
        QCOMPARE(withoutKey(other).message, other.message);
    }

    void kinds_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("words");
        const auto row = [](const char *name, int status, const QByteArray &body, const char *kind, const char *words) {
            QTest::newRow(name) << status << body << QString::fromLatin1(kind) << QString::fromUtf8(words);
        };
        row("openai key", 401,
            js("{`error`:{`message`:`Incorrect API key "
               "provided`,`type`:`invalid_request_error`,`code`:`invalid_api_key`}}"),
            "auth", "Incorrect API key provided");
        row("xai key", 400, js("{`code`:`invalid-argument`,`error`:`Incorrect API key provided.`}"), "auth",
            "Incorrect API key provided.");
        row("gemini key", 400,
            js("{`error`:{`code`:400,`message`:`Bad "
               "key`,`status`:`INVALID_ARGUMENT`,`details`:[{`reason`:`API_KEY_INVALID`}]}}"),
            "auth", "Bad key");
        row("azure key", 401, js("{`error`:{`code`:`401`,`message`:`Access denied`}}"), "auth", "Access denied");
        row("mistral key", 401, js("{`detail`:`Unauthorized`}"), "auth", "Unauthorized");
        row("forbidden", 403, js("{`error`:{`message`:`Not in your region`,`type`:`permission_error`}}"), "forbidden",
            "Not in your region");
        row("openai model", 404, js("{`error`:{`message`:`The model 'x' does not exist`,`code`:`model_not_found`}}"),
            "not_found", "does not exist");
        row("responses model", 400,
            js("{`error`:{`message`:`The requested model 'x' does not exist.`,`code`:`model_not_found`}}"), "not_found",
            "'x'");
        row("mistral model", 400,
            js("{`object`:`error`,`message`:`Invalid model: "
               "x`,`type`:`invalid_model`,`code`:`1500`,`raw_status_code`:400}"),
            "not_found", "Invalid model: x");
        row("xai model", 400, js("{`code`:`invalid-argument`,`error`:`Model not found: x`}"), "not_found",
            "Model not found: x");
        row("deepseek model", 400,
            js("{`error`:{`message`:`The supported API model names are a or b, but you passed "
               "x.`,`type`:`invalid_request_error`}}"),
            "not_found", "you passed x");
        row("ollama model", 404, js("{`error`:`model 'x' not found`}"), "not_found", "model 'x' not found");
        row("not found page", 404, "404 page not found", "not_found", "404 page not found");
        row("openai context", 400,
            js("{`error`:{`message`:`This model's maximum context length is 8192 "
               "tokens.`,`code`:`context_length_exceeded`}}"),
            "context_too_long", "8192");
        row("anthropic context", 400,
            js("{`type`:`error`,`error`:{`type`:`invalid_request_error`,`message`:`prompt is too long: 3333404 tokens "
               "> 200000 maximum`}}"),
            "context_too_long", "3333404");
        row("llama.cpp context", 400,
            js("{`error`:{`code`:400,`message`:`the request exceeds the available context "
               "size`,`type`:`exceed_context_size_error`,`n_ctx`:4096}}"),
            "context_too_long", "context size");
        row("gemini context", 400,
            js("{`error`:{`code`:400,`message`:`The input token count (9) exceeds the maximum number of tokens allowed "
               "(8).`,`status`:`INVALID_ARGUMENT`}}"),
            "context_too_long", "(9)");
        row("too large", 413,
            js("{`type`:`error`,`error`:{`type`:`request_too_large`,`message`:`Request exceeds the maximum size`}}"),
            "context_too_long", "maximum size");
        row("openai rate", 429,
            js("{`error`:{`message`:`Rate limit reached for tokens per min (TPM): Limit 10. Reduce the length of the "
               "messages.`,`type`:`tokens`,`code`:`rate_limit_exceeded`}}"),
            "rate_limited", "TPM");
        row("openai quota", 429,
            js("{`error`:{`message`:`You exceeded your current "
               "quota`,`type`:`insufficient_quota`,`code`:`insufficient_quota`}}"),
            "quota", "current quota");
        row("gemini rate", 429,
            js("{`error`:{`code`:429,`message`:`You exceeded your current "
               "quota`,`status`:`RESOURCE_EXHAUSTED`,`details`:[{`retryDelay`:`38s`}]}}"),
            "rate_limited", "current quota");
        row("deepseek quota", 402, js("{`error`:{`message`:`Insufficient Balance`}}"), "quota", "Insufficient Balance");
        row("anthropic credit", 400,
            js("{`type`:`error`,`error`:{`type`:`invalid_request_error`,`message`:`Your credit balance is too low to "
               "access the API`}}"),
            "quota", "credit balance");
        row("anthropic billing", 402, js("{`type`:`error`,`error`:{`type`:`billing_error`,`message`:`Pay`}}"), "quota",
            "Pay");
        row("anthropic overload", 529,
            js("{`type`:`error`,`error`:{`type`:`overloaded_error`,`message`:`Overloaded`}}"), "overloaded",
            "Overloaded");
        row("loading", 503, js("{`error`:{`code`:503,`message`:`Loading model`,`type`:`unavailable_error`}}"),
            "overloaded", "Loading model");
        row("server", 500, js("{`error`:{`message`:`The server had an error`,`type`:`server_error`}}"), "server",
            "had an error");
        row("server quoting a model", 500, js("{`error`:{`message`:`model runner: file not found`}}"), "server",
            "model runner");
        row("timeout", 504, js("{`error`:{`type`:`timeout_error`,`message`:`slow`}}"), "server", "slow");
        row("azure filter", 400,
            js("{`error`:{`message`:`The response was "
               "filtered`,`code`:`content_filter`,`innererror`:{`code`:`ResponsibleAIPolicyViolation`}}}"),
            "filtered", "was filtered");
        row("parameter", 400,
            js("{`error`:{`message`:`Unsupported parameter: "
               "'max_tokens'`,`type`:`invalid_request_error`,`code`:`unsupported_parameter`}}"),
            "invalid_request", "max_tokens");
        row("fastapi", 422, js("{`detail`:[{`loc`:[`body`,`temperature`],`msg`:`Input should be a number`}]}"),
            "invalid_request", "body.temperature: Input should be a number");
        row("cloudflare", 400, js("{`success`:false,`errors`:[{`code`:7000,`message`:`No route`}]}"), "invalid_request",
            "No route");
        row("openrouter raw", 429,
            js("{`error`:{`code`:429,`message`:`Provider returned "
               "error`,`metadata`:{`provider_name`:`G`,`raw`:`limited upstream`}}}"),
            "rate_limited", "limited upstream");
        row("gateway page", 502, "<html><head><title>502 Bad Gateway</title></head></html>", "server",
            "502 Bad Gateway");
        row("challenge page", 403, "<!DOCTYPE html><title>Just a moment...</title>", "forbidden", "Just a moment");
        row("nothing", 500, "", "server", "HTTP 500");
        row("redirect", 302, "", "redirect", "HTTP 302");
        row("framed as a stream", 400,
            js("event: error\ndata: {`error`:{`message`:`Not \\`this\\` way`,`code`:`invalid_api_key`}}\n\n"), "auth",
            "HTTP 400): Not \"this\" way");
        row("half JSON", 500, js("{`error`:{`message`:`cut"), "server", "cut");
    }

    void kindsOfManyServers_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("words");
        const auto row = [](const char *name, int status, const QByteArray &body, const char *kind, const char *words) {
            QTest::newRow(name) << status << body << QString::fromLatin1(kind) << QString::fromUtf8(words);
        };
        row("xai credits", 403, js("{`code`:`denied`,`error`:`Your team doesn't have any credits yet.`}"), "quota",
            "any credits");
        row("xai safety", 403, js("{`code`:`denied`,`error`:`Content violates usage guidelines.`}"), "filtered",
            "guidelines");
        row("groq too large", 413,
            js("{`error`:{`message`:`Request too large on tokens per minute (TPM): Limit 6000, Requested "
               "9124`,`code`:`rate_limit_exceeded`}}"),
            "context_too_long", "9124");
        row("groq capacity", 498, js("{`error`:{`message`:`Flex tier is full`,`code`:`capacity_exceeded`}}"),
            "overloaded", "Flex");
        row("groq gone", 400, js("{`error`:{`message`:`The model x is no more`,`code`:`model_decommissioned`}}"),
            "not_found", "no more");
        row("mistral fields", 422,
            js("{`object`:`error`,`message`:{`detail`:[{`loc`:[`body`,`messages`],`msg`:`Field "
               "required`}]},`raw_status_code`:422}"),
            "invalid_request", "body.messages: Field required");
        row("mistral tier", 429,
            js("{`message`:`Capacity exceeded`,`code`:`3505`,`type`:`service_tier_capacity_exceeded`}"), "rate_limited",
            "Capacity");
        row("deepseek risk", 400, js("{`error`:{`message`:`Content Exists Risk`,`code`:`invalid_request_error`}}"),
            "filtered", "Risk");
        row("dashscope length", 400,
            js("{`error`:{`message`:`Range of input length should be [1, 30720]`,`code`:`invalid_parameter_error`}}"),
            "context_too_long", "30720");
        row("dashscope debt", 400, js("{`error`:{`message`:`Access denied`,`code`:`Arrearage`}}"), "quota",
            "Access denied");
        row("dashscope filter", 400, js("{`code`:`DataInspectionFailed`,`message`:`Output data may be inappropriate`}"),
            "filtered", "Output data");
        row("dashscope tokens a minute", 429,
            js("{`error`:{`message`:`Allocated quota exceeded, please increase your quota "
               "limit.`,`code`:`insufficient_quota`}}"),
            "rate_limited", "Allocated");
        row("dashscope free tier", 403,
            js("{`error`:{`message`:`Free allocated quota exceeded.`,`code`:`AllocationQuota.FreeTierOnly`}}"), "quota",
            "Free");
        row("siliconflow balance", 403, js("{`code`:30001,`message`:`Sorry, your account balance is insufficient`}"),
            "quota", "balance");
        row("siliconflow length", 400,
            js("{`code`:20015,`message`:`length of prompt_tokens (40000) must be less than max_seq_len (32768).`}"),
            "context_too_long", "32768");
        row("zhipu debt", 429, js("{`error`:{`code`:`1113`,`message`:`您的账户已欠费，请充值后重试。`}}"), "quota",
            "欠费");
        row("zhipu model", 400, js("{`error`:{`code`:`1211`,`message`:`模型不存在，请检查模型代码。`}}"), "not_found",
            "模型不存在");
        row("zhipu length", 400, js("{`error`:{`code`:`1261`,`message`:`Prompt exceeds max length`}}"),
            "context_too_long", "max length");
        row("zhipu filter", 400, js("{`error`:{`code`:`1301`,`message`:`输入或生成内容可能包含不安全或敏感内容`}}"),
            "filtered", "敏感");
        row("zai filter", 400,
            js("{`error`:{`code`:`1301`,`message`:`System detected potentially unsafe or sensitive content in "
               "input`}}"),
            "filtered", "unsafe");
        row("moonshot length", 400,
            js("{`error`:{`message`:`Invalid request: Your request exceeded model token limit: "
               "8192`,`type`:`invalid_request_error`}}"),
            "context_too_long", "8192");
        row("moonshot quota", 429,
            js("{`error`:{`message`:`Your account is suspended`,`type`:`exceeded_current_quota_error`}}"), "quota",
            "suspended");
        row("doubao debt", 403,
            js("{`error`:{`code`:`AccountOverdueError`,`message`:`Your account has an overdue balance.`}}"), "quota",
            "overdue");
        row("doubao filter", 400, js("{`error`:{`code`:`SensitiveContentDetected`,`message`:`Refused.`}}"), "filtered",
            "Refused");
        row("doubao pause", 429, js("{`error`:{`code`:`SetLimitExceeded`,`message`:`The limit you set is reached`}}"),
            "quota", "you set");
        row("tgi length", 422,
            js("{`error`:`Input validation error: 'inputs' tokens + 'max_new_tokens' must be <= 4096. Given: 5000`}"),
            "context_too_long", "5000");
        row("lm studio length", 400,
            js("{`error`:`Loaded with context length of only 4096 tokens. Try to load it with a larger context "
               "length`}"),
            "context_too_long", "4096");
        row("lm studio empty", 400, js("{`error`:{`message`:`No models loaded. Please load a model`}}"), "not_found",
            "No models");
        row("copilot model", 400,
            js("{`error`:{`message`:`The requested model is not supported.`,`code`:`model_not_supported`}}"),
            "not_found", "not supported");
        row("a feature is no model", 400, js("{`error`:{`message`:`Image input for this model is not supported.`}}"),
            "invalid_request", "Image input");
        row("databricks key", 403, js("{`error_code`:403,`message`:`Invalid access token.`}"), "auth", "access token");
        row("litellm budget", 400,
            js("{`error`:{`message`:`Budget has been exceeded!`,`type`:`budget_exceeded`,`code`:`400`}}"), "quota",
            "Budget");
        row("openai billing", 429, js("{`error`:{`message`:`Your account is not active`,`code`:`billing_not_active`}}"),
            "quota", "not active");
        row("openai flag", 400,
            js("{`error`:{`message`:`Invalid prompt: your prompt was flagged as potentially violating our usage "
               "policy.`}}"),
            "filtered", "flagged");
        row("anthropic limits", 400,
            js("{`type`:`error`,`error`:{`type`:`invalid_request_error`,`message`:`You have reached your specified API "
               "usage limits.`}}"),
            "quota", "usage limits");
        row("anthropic filter", 400,
            js("{`type`:`error`,`error`:{`type`:`invalid_request_error`,`message`:`Output blocked by content filtering "
               "policy`}}"),
            "filtered", "Output blocked");
        row("gemini no key", 403,
            js("{`error`:{`code`:403,`message`:`Method doesn't allow unregistered "
               "callers`,`status`:`PERMISSION_DENIED`}}"),
            "auth", "unregistered");
        row("gemini place", 400,
            js("{`error`:{`code`:400,`message`:`User location is not supported for the API "
               "use.`,`status`:`FAILED_PRECONDITION`}}"),
            "forbidden", "location");
        row("gemini prepaid", 429,
            js("{`error`:{`code`:429,`message`:`Your prepayment credits are "
               "depleted.`,`status`:`RESOURCE_EXHAUSTED`}}"),
            "quota", "depleted");
    }

    void kindsOfManyServers() { kinds(); }

    void kinds()
    {
        QFETCH(int, status);
        QFETCH(QByteArray, body);
        QFETCH(QString, kind);
        QFETCH(QString, words);
        for (const QString &protocol : protocolNames()) {
            const Answer answer =
                decoded(protocol, body, status, body.size() > 3 ? QList<qsizetype> { 3 } : QList<qsizetype> {});
            QVERIFY(answer.error);
            QCOMPARE(base::errorKindName(answer.error->kind), kind);
            QVERIFY2(answer.error->message.contains(words), qPrintable(answer.error->message));
            QCOMPARE(answer.error->httpStatus, status);
            QVERIFY(!answer.finished);
        }
    }

    void minimaxFailsWithStatus200()
    {
        const Answer answer =
            decodedAnyhow(u"openai-chat"_s, js("{`base_resp`:{`status_code`:1004,`status_msg`:`login fail`}}"));
        QCOMPARE(kindOf(answer), base::ErrorKind::Auth);
        QVERIFY(answer.error->message.contains(u"login fail"_s));
        const auto kind = [](const QByteArray &code, const QByteArray &words) {
            return kindOf(decoded(u"openai-chat"_s,
                                  js("{`base_resp`:{`status_code`:") + code + js(",`status_msg`:`") + words + "\"}}"));
        };
        QCOMPARE(kind("1039", "token limit"), base::ErrorKind::RateLimited);
        QCOMPARE(kind("2045", "rate growth limit"), base::ErrorKind::RateLimited);
        QCOMPARE(kind("1042", "invisible character ratio limit"), base::ErrorKind::InvalidRequest);
        QCOMPARE(kind("2013", "invalid params, context window exceeds limit"), base::ErrorKind::ContextTooLong);
    }

    void durations_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<qint64>("ms");
        for (const auto &[text, ms] : std::initializer_list<std::pair<const char *, qint64>> { { "6ms", 6 },
                                                                                               { "130ms", 130 },
                                                                                               { "6s", 6000 },
                                                                                               { "6m0s", 360'000 },
                                                                                               { "1h2m3s", 3'723'000 },
                                                                                               { "38.5s", 38'500 },
                                                                                               { "7", 7000 },
                                                                                               { "0.5", 500 },
                                                                                               { "6 seconds", 6000 },
                                                                                               { "", -1 },
                                                                                               { "soon", -1 },
                                                                                               { "-5", 0 },
                                                                                               { "-5x", -1 },
                                                                                               { "1e300", 604'800'000 },
                                                                                               { "nan", -1 } })
            QTest::newRow(*text ? text : "empty") << QByteArray(text) << ms;
    }

    void durations()
    {
        QFETCH(QByteArray, text);
        QFETCH(qint64, ms);
        QCOMPARE(durationMs(text).value_or(-1), ms);
    }

    void waits_data()
    {
        QTest::addColumn<base::HttpHeaders>("headers");
        QTest::addColumn<qint64>("ms");
        const QByteArray date = "Fri, 22 Nov 2024 13:44:10 GMT";
        using Headers = base::HttpHeaders;
        QTest::newRow("none") << Headers {} << qint64(-1);
        QTest::newRow("milliseconds first")
            << Headers { { "retry-after", "9" }, { "Retry-After-Ms", "150.4" } } << qint64(150);
        QTest::newRow("no milliseconds") << Headers { { "retry-after", "1" }, { "retry-after-ms", "0" } }
                                         << qint64(1000);
        QTest::newRow("fraction") << Headers { { "Retry-After", "1.5" } } << qint64(1500);
        QTest::newRow("date") << Headers { { "date", date }, { "retry-after", "Fri, 22 Nov 2024 13:44:40 GMT" } }
                              << qint64(30'000);
        QTest::newRow("past date") << Headers { { "date", date }, { "retry-after", "Fri, 22 Nov 2024 13:00:00 GMT" } }
                                   << qint64(0);
        QTest::newRow("exhausted only") << Headers { { "x-ratelimit-remaining-requests", "0" },
                                                     { "x-ratelimit-reset-requests", "6m0s" },
                                                     { "x-ratelimit-remaining-tokens", "900" },
                                                     { "x-ratelimit-reset-tokens", "2h" } }
                                        << qint64(360'000);
        QTest::newRow("RFC 3339") << Headers { { "date", date },
                                               { "anthropic-ratelimit-tokens-remaining", "0" },
                                               { "anthropic-ratelimit-tokens-reset", "2024-11-22T13:44:20Z" } }
                                  << qint64(10'000);
        QTest::newRow("unix ms") << Headers { { "date", date }, { "X-RateLimit-Reset", "1732283055000" } }
                                 << qint64(5000);
        QTest::newRow("unix s") << Headers { { "date", date }, { "X-RateLimit-Reset", "1732283055" } } << qint64(5000);
        QTest::newRow("garbage") << Headers { { "retry-after", "never" }, { "x-ratelimit-reset", "\xff" } }
                                 << qint64(-1);
    }

    void waits()
    {
        QFETCH(base::HttpHeaders, headers);
        QFETCH(qint64, ms);
        QCOMPARE(retryAfterMs(headers).value_or(-1), ms);
    }

    void aWaitReachesTheError()
    {
        const Answer header =
            decoded(u"openai-chat"_s, R"({"error":{"message":"slow"}})", 429, {}, { { "retry-after", "2" } });
        QCOMPARE(header.error->retryAfterMs, 2000);
        const Answer body = decoded(
            u"gemini"_s,
            R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"q","details":[{"retryDelay":"38s"}]}})",
            429);
        QCOMPARE(body.error->retryAfterMs, 38'000);
        const Answer words = decoded(
            u"openai-chat"_s,
            js("{`error`:{`message`:`Rate limit. Please try again in 1m2.5s. Visit`,`code`:`rate_limit_exceeded`}}"),
            429);
        QCOMPARE(words.error->retryAfterMs, 62'500);
        for (const char *said : { "Please wait 42 seconds before retrying.", "please try again after 42 seconds" })
            QCOMPARE(httpError({ 429, {} }, "{\"message\":\"" + QByteArray(said) + "\"}").retryAfterMs, 42'000);
        const Answer none =
            decoded(u"openai-chat"_s, R"({"error":{"message":"bad"}})", 400, {}, { { "retry-after", "2" } });
        QVERIFY(!none.error->retryAfterMs);
    }

    void refusedParameters_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("instead");
        const auto row = [](const char *title, int status, const QByteArray &body, const char *name = "",
                            const char *instead = "") {
            QTest::newRow(title) << status << body << QString::fromLatin1(name) << QString::fromLatin1(instead);
        };
        row("max_tokens", 400,
            js("{`error`:{`message`:`Unsupported parameter: 'max_tokens' is not supported with this model. Use "
               "'max_completion_tokens' instead.`,`type`:`invalid_request_error`,`param`:`max_tokens`,"
               "`code`:`unsupported_parameter`}}"),
            "max_tokens", "max_completion_tokens");
        row("max_completion_tokens", 400,
            js("{`error`:{`message`:`Unknown parameter: 'max_completion_tokens'.`,`param`:`max_completion_tokens`}}"),
            "max_completion_tokens", "max_tokens");
        row("temperature", 400,
            js("{`error`:{`message`:`Unsupported value: 'temperature' does not support 0.2 with this "
               "model.`,`param`:`temperature`,`code`:`unsupported_value`}}"),
            "temperature");
        row("no param", 400, js("{`error`:{`message`:`Unrecognized request argument supplied: stream_options`}}"),
            "stream_options");
        row("list", 422,
            js("{`detail`:[{`type`:`extra_forbidden`,`loc`:[`body`,`seed`],`msg`:`Extra inputs are not permitted`}]}"),
            "seed");
        row("a wrong value", 400,
            js("{`error`:{`message`:`Invalid 'temperature': 5 is above the maximum.`,`param`:`temperature`,"
               "`code`:`decimal_above_max_value`}}"));
        row("another effort", 400,
            js("{`error`:{`message`:`Unsupported value: 'reasoning_effort' does not support 'minimal'.`,"
               "`param`:`reasoning_effort`,`code`:`unsupported_value`}}"));
        row("messages", 400,
            js("{`error`:{`message`:`Unsupported parameter: messages, with temperature`,`param`:`messages`,"
               "`code`:`unsupported_parameter`}}"));
        row("tools", 400, js("{`error`:{`message`:`tools are not supported`,`param`:`tools`}}"));
        row("not the request", 500, js("{`error`:{`message`:`seed is not supported`,`param`:`seed`}}"));
        row("nothing said", 400, "{}");
    }

    void refusedParameters()
    {
        QFETCH(int, status);
        QFETCH(QByteArray, body);
        const auto refused = refusedParameter(httpError({ status, {} }, body));
        QTEST(refused ? refused->name : QString(), "name");
        QTEST(refused ? refused->instead : QString(), "instead");
    }

    void keysDoNotTravel()
    {
        const Answer answer = decoded(
            u"openai-chat"_s,
            R"({"error":{"message":"Bad key sk-proj-abcdefghij0123456789ABCDEFG","code":"invalid_api_key"}})", 401);
        const base::Error clean = withoutSecrets(*answer.error, {});
        QVERIFY(!(clean.message + clean.detail).contains(u"abcdefghij"_s));
        QVERIFY(clean.message.contains(u"Bad key sk-•••"_s));
    }

    void aKeyIsKnownHoweverItIsWritten()
    {
        Endpoint endpoint;
        endpoint.apiKey = u"sk-abcdefghij.k/l+m"_s; // the start of which has the form of a key
        for (const QString &quoted : { endpoint.apiKey, u"sk-abcdefghij.k\\/l+m"_s,
                                       u"sk-abcdefghij.k\\u002fl\\u002Bm"_s, u"sk-abcdefghij.k%2Fl%2bm"_s }) {
            const base::Error error { base::ErrorKind::Auth, u"not '"_s + quoted + u"'"_s, quoted, 401, {} };
            QCOMPARE(withoutSecrets(error, endpoint).message, u"not '•••'"_s);
            QCOMPARE(withoutSecrets(error, endpoint).detail, u"•••"_s);
        }
    }

    void headersMayBeSecrets()
    {
        Endpoint endpoint;
        endpoint.headers = { { "api-key", "k-1234" }, { "X-Sig", "abcdefgh" }, { "X-Short", "short" } };
        const base::Error error { base::ErrorKind::Auth, u"not k-1234, abcdefgh, short"_s, {}, 401, {} };
        QCOMPARE(withoutSecrets(error, endpoint).message, u"not •••, •••, short"_s);
    }

    void anAnswerTellsNoKey()
    {
        Endpoint endpoint;
        endpoint.apiKey = u"my-own-key"_s;
        Answer answer;
        answer.text = u"your key is my-own-key"_s; // what the model says is what it said
        answer.responseId = answer.servedModel = answer.finishReasonRaw = endpoint.apiKey;
        answer.serverTimings = { { u"raw"_s, QJsonObject { { endpoint.apiKey, QJsonArray { 7, endpoint.apiKey } } } } };
        answer.usage = Usage {};
        answer.usage->raw = { { u"prompt_tokens"_s, 3 }, { u"note"_s, endpoint.apiKey } };
        const Answer clean = withoutSecrets(answer, endpoint);
        QCOMPARE(clean.text, answer.text);
        QCOMPARE(clean.usage->raw["prompt_tokens"_L1].toInt(), 3);
        answer = clean;
        answer.text.clear();
        QVERIFY2(!json(answer).contains("my-own-key"), json(answer).constData());
        QCOMPARE(json(withoutSecrets(answer, {})), json(answer));
    }

    void detailIsBounded()
    {
        const Answer answer = decoded(u"openai-chat"_s, QByteArray(1'000'000, 'x'), 500);
        QVERIFY(answer.error->detail.size() < 100'000);
        const base::Error shown = withoutSecrets(*answer.error, {});
        QCOMPARE(shown.detail.size(), 8192);
        QVERIFY(shown.message.size() > 500 && shown.message.size() < 4096);
    }

    void aWordThatIsCutIsLeftOut()
    {
        const Answer answer = decoded(u"openai-chat"_s, QByteArray(65'530, ' ') + "secret-key-of-mine", 500);
        QVERIFY2(!answer.error->detail.contains(u"secret"_s), qPrintable(answer.error->message));
    }

    void bytesThatAreNoTextAreCounted()
    {
        QByteArray deflated = qCompress(QByteArray("{\"error\":{\"message\":\"Incorrect API key provided\"}}")).mid(4);
        const QString count = u"%1 bytes that are not text (compressed?)"_s.arg(deflated.size());
        const Answer refused = decoded(u"openai-chat"_s, deflated, 401);
        QCOMPARE(refused.error->message, u"The server refused the key (HTTP 401): "_s + count);
        QCOMPARE(refused.error->detail, count);
        QCOMPARE(notJsonError(deflated).message, u"The server answered with "_s + count + u'.');
        const QByteArray gbk = QByteArray::fromHex("c3dcd4bfb4edcef3"); // no control characters in it
        QVERIFY(httpError({ 401, {} }, gbk).message.endsWith(u"8 bytes that are not text (compressed?)"_s));
        QVERIFY(httpError({ 401, {} }, "Schl\xfcssel falsch").message.contains(u"ssel falsch"_s));
    }

    void aLineOfItsOwnMayBeAnError()
    {
        const Answer answer =
            decodedAnyhow(u"openai-chat"_s, js("error: {`code`:500,`message`:`boom`,`type`:`server_error`}\n\n"));
        QCOMPARE(kindOf(answer), base::ErrorKind::Server);
        QVERIFY(answer.error->message.contains(u"boom"_s));
    }
};

QTEST_GUILESS_MAIN(TestServerErrors)
#include "tst_servererrors.moc"
