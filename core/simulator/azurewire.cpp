#include "core/simulator/openaiwire.h"

#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

QJsonObject filterResults(bool violent)
{
    const auto category = [](bool filtered) {
        return QJsonObject { { u"filtered"_s, filtered }, { u"severity"_s, filtered ? u"high"_s : u"safe"_s } };
    };
    return { { u"hate"_s, category(false) },
             { u"self_harm"_s, category(false) },
             { u"sexual"_s, category(false) },
             { u"violence"_s, category(violent) } };
}

/// OpenAI's chunks with the filter's findings.
class AzureFramer final : public OpenAiFramer {
public:
    using OpenAiFramer::OpenAiFramer;

    QByteArray opening() override
    {
        const QByteArray results = toBytes(promptResults());
        return event(R"({"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[)" + results
                     + "]}")
            + OpenAiFramer::opening();
    }

    QByteArray ending(const ServerTimes &times) override
    {
        m_ending = true;
        return OpenAiFramer::ending(times);
    }

private:
    static QJsonObject promptResults()
    {
        return { { u"prompt_index"_s, 0 }, { u"content_filter_results"_s, filterResults(false) } };
    }

    bool violent() const { return m_ending && m_script.ending == Ending::Filter; }

    QByteArray beside() const override { return R"(,"content_filter_results":)" + toBytes(filterResults(violent())); }

    QJsonObject choice() const override
    {
        QJsonObject choice = OpenAiFramer::choice();
        choice[u"content_filter_results"_s] = filterResults(m_script.ending == Ending::Filter);
        return choice;
    }

    QJsonObject completion() const override
    {
        QJsonObject answer = OpenAiFramer::completion();
        answer[u"prompt_filter_results"_s] = QJsonArray { promptResults() };
        return answer;
    }

    bool m_ending = false;
};

/// Chat completions under a deployment's URL.
class AzureWire final : public OpenAiWire {
public:
    std::variant<ChatInput, ApiError> parse(const Asked &asked) const override
    {
        if (queryValue(asked.http, "api-version").isEmpty())
            return ApiError { 404, u"Resource not found: the api-version is missing."_s, {}, u"404"_s, {} };
        return parseChat(*this, asked.http.body, QString::fromUtf8(asked.name));
    }

    std::unique_ptr<Framer> framer(const Reply &reply, const ChatInput &input, const Script &script) const override
    {
        return std::make_unique<AzureFramer>(reply, input, script);
    }

    base::HttpHeaders headers(const QByteArray &id, const std::optional<RateLimit> &limit) const override
    {
        base::HttpHeaders headers = OpenAiWire::headers(id, limit);
        for (auto &[name, value] : headers) {
            if (name.startsWith("x-ratelimit-reset")) // whole seconds here
                value = QByteArray::number(std::ceil(limit->resetS), 'f', 0);
        }
        headers.append({ { "apim-request-id", id }, { "x-ms-region", "Loopback" } });
        return headers;
    }

    QByteArray errorBody(const ApiError &error) const override
    {
        QJsonObject body { { u"code"_s, error.code.isEmpty() ? codeOf(error.status) : error.code },
                           { u"message"_s, error.message } };
        if (error.code == u"content_filter") {
            QJsonObject results = filterResults(true);
            results[u"jailbreak"_s] = QJsonObject { { u"filtered"_s, false }, { u"detected"_s, false } };
            body[u"param"_s] = error.param;
            body[u"status"_s] = error.status;
            body[u"innererror"_s] = QJsonObject { { u"code"_s, u"ResponsibleAIPolicyViolation"_s },
                                                  { u"content_filter_result"_s, results } };
        } else if (!error.param.isEmpty()) {
            body[u"param"_s] = error.param;
            body[u"type"_s] = u"invalid_request_error"_s;
        }
        return toBytes({ { u"error"_s, body } });
    }

    ApiError badKey() const override
    {
        return { 401,
                 u"Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid "
                 "key for an active subscription."_s,
                 {},
                 u"401"_s,
                 {} };
    }

    ApiError noModel(const QString &name) const override
    {
        return { 404,
                 u"The API deployment '%1' for this resource does not exist."_s.arg(name),
                 {},
                 u"DeploymentNotFound"_s,
                 {} };
    }

private:
    static QString codeOf(int status) { return status == 429 ? u"RateLimitReached"_s : QString::number(status); }
};

} // namespace

std::unique_ptr<Wire> azureWire()
{
    return std::make_unique<AzureWire>();
}

} // namespace talkbench::simulator
