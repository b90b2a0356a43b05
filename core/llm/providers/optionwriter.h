#pragma once

#include "core/llm/provider.h"

namespace talkbench::llm {

/// Puts the options of a request into its body: under the protocol's names, within what the model's rule (modelrules.h) and
/// the vendor's quirks allow. Whatever can't be sent is noted with its reason, once.
class OptionWriter final {
public:
    /// What the protocol calls them; an empty name: it has no such option.
    struct Names {
        QString temperature = QStringLiteral("temperature");
        QString topP = QStringLiteral("top_p");
        QString maxTokens = QStringLiteral("max_tokens");
        QString stop = QStringLiteral("stop");
        QString seed = QStringLiteral("seed");
        QString contextTokens = {};
    };

    OptionWriter(const ChatRequest &request, const Endpoint &endpoint, const QString &protocol);

    const QJsonObject &rule() const { return m_rule; }
    const ChatOptions &options() const { return m_request.options; }
    /// What to send: calls of tools that nobody answered are left out, for no server takes them; a system prompt is the
    /// user's where the model has none.
    const QList<Message> &messages() const { return m_messages; }

    /// Temperature to context size. `thinking`: the protocol takes no sampling options beside it.
    void putSampling(QJsonObject &body, const Names &names, bool thinking = false);

    /// Whether there is reasoning to ask for, and the model does any; else what is set is noted.
    bool reasons();
    /// The effort to ask for, in words the model knows; empty for none. A budget is noted as unsent.
    QString effort();
    /// The tokens to think with; 0: not at all. An effort without a budget becomes one.
    std::optional<int> budget();
    /// The same where they are a part of max_tokens: that leaves room for the answer. No model thinks with fewer than `least`.
    std::optional<int> budgetWithinMaxTokens(int least);
    /// Where there is only on and off. `takesBudget`, `takesEffort`: one may go along.
    std::optional<bool> thinkingSwitch(bool takesBudget, bool takesEffort = false);

    /// The nearest to `wanted` that the vendor's "ranges" allow of an option; another one is noted.
    int fitted(QLatin1StringView option, int wanted);

    /// Whether the model and the vendor take an option that is set; else it is noted.
    bool maySend(QLatin1StringView option);
    void notSent(QLatin1StringView option, const QString &reason);
    void noSuchOption(QLatin1StringView option);

    /// The request with the vendor's additions ("body") and without what its server has refused ("without").
    EncodedRequest request(const QString &path, QJsonObject body,
                           const QString &standardAuth = QStringLiteral("bearer"), bool sse = true) const;

private:
    struct Range {
        std::optional<double> least = {};
        std::optional<double> most = {};
        bool withoutLeast = false; ///< all above it

        QString inWords() const;
    };

    Range vendorRange(QLatin1StringView option) const;
    template <typename T>
    void put(QJsonObject &body, QLatin1StringView option, const QString &name, const std::optional<T> &value);
    bool samplingAllowed(QLatin1StringView option, bool thinking);
    void putStop(QJsonObject &body, const QString &name);
    bool temperatureFits(double temperature);
    bool temperatureFits(double temperature, const QString &whose, const Range &range);
    QLatin1StringView reasoningOption() const;
    QString model() const;

    const ChatRequest &m_request;
    const Endpoint &m_endpoint;
    const QJsonObject m_rule;
    QList<Message> m_messages;
    QList<Unsent> m_unsent;
};

} // namespace talkbench::llm
