#pragma once

#include "core/base/result.h"
#include "core/cost/tokencount.h"
#include "core/cost/tokenizer.h"
#include "core/llm/chatoptions.h"
#include "core/llm/chatrequest.h"
#include "core/llm/message.h"

#include <QHash>
#include <QJsonObject>
#include <QRegularExpression>

#include <functional>
#include <memory>
#include <optional>

namespace talkbench::cost {

/// What the usage that servers report has taught: per provider and model the ratio of the reported input to ours, the newest
/// counting most. A value, kept as JSON.
class LearnedRatios {
public:
    struct Ratio {
        double mean = 1;
        double variance = 0;
        int samples = 0;

        bool operator==(const Ratio &) const = default;
    };

    /// {provider: {model: {"mean", "variance", "samples"}}}; what can't be is left out.
    static LearnedRatios fromJson(const QJsonObject &json);
    QJsonObject toJson() const;

    /// `counted` in tokens of the model's row without its factor, `reported` by the server; both above 0, or nothing
    /// is learned.
    void learn(const QString &providerId, const QString &model, qint64 counted, qint64 reported);
    /// After a few samples.
    std::optional<Ratio> find(const QString &providerId, const QString &model) const;

    bool operator==(const LearnedRatios &) const = default;

private:
    QHash<QString, QHash<QString, Ratio>> m_ratios; ///< provider, model
};

/// Tokens of a text in the vocabulary at hand, by whoever remembers what it has counted.
using CountText = std::function<qint64(const QString &)>;

/// Counts for any model: exactly where its vocabulary is published, else as a factor × o200k_base, which what was
/// learned replaces. A value, cheap to copy; any thread may ask.
class TokenCounter {
public:
    /// resources/tokenizers/models.json: {"models": [{"match": regular expression of the model's id behind its last '/',
    /// "encoding" of a vocabulary that is the model's own, or "factor" × o200k_base, "error" as a share and "source"}]}.
    static base::Result<TokenCounter> fromJson(const QByteArray &json, std::shared_ptr<const Tokenizers> tokenizers);

    TokenCount countText(const QString &providerId, const QString &model, QStringView text) const;
    /// A whole prompt, with OpenAI's template around each message; of tools the JSON of their definitions, which no
    /// provider publishes the form of. Not exact for that.
    TokenCount countPrompt(const QString &providerId, const QString &model, const QList<llm::Message> &messages,
                           const QList<llm::Tool> &tools = {}, const CountText &count = {}) const;
    /// Of the model's vocabulary, or of the one its factor is for.
    const Tokenizer &tokenizerFor(const QString &model) const;
    /// What `counted` tokens of that tokenizer are as a text of the model, and as a prompt of so many messages.
    TokenCount textOf(const QString &providerId, const QString &model, qint64 counted) const;
    TokenCount promptOf(const QString &providerId, const QString &model, qint64 counted, qsizetype messages) const;

    /// From what a call's prompt was counted as (TokenCount::counted) and the input that its server reported for it.
    void learn(const QString &providerId, const QString &model, qint64 counted, qint64 reported);

    const LearnedRatios &learned() const { return m_learned; }
    void setLearned(const LearnedRatios &learned) { m_learned = learned; }

private:
    struct Row {
        QRegularExpression match;
        std::optional<Encoding> encoding;
        double factor = 1;
        double error = 0;
        QString source;
    };

    explicit TokenCounter(std::shared_ptr<const Tokenizers> tokenizers) : m_tokenizers(std::move(tokenizers)) { }
    const Row &rowFor(const QString &model) const;
    qint64 base(const Row &row, QStringView text) const;
    static TokenCount exact(const Row &row, qint64 counted);
    TokenCount estimate(const Row &row, const QString &providerId, const QString &model, qint64 counted) const;

    std::shared_ptr<const Tokenizers> m_tokenizers;
    QList<Row> m_rows;
    LearnedRatios m_learned;
};

/// By the counter, or roughly where there is none.
TokenCount countPrompt(const TokenCounter *counter, const QString &providerId, const llm::ChatRequest &request);

} // namespace talkbench::cost
