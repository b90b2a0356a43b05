#pragma once

#include "core/base/result.h"
#include "core/cost/learnedcounts.h"
#include "core/cost/tokencount.h"
#include "core/cost/tokenizer.h"
#include "core/llm/chatoptions.h"
#include "core/llm/chatrequest.h"
#include "core/llm/message.h"

#include <QRegularExpression>

#include <functional>
#include <memory>
#include <optional>

namespace talkbench::cost {

/// Tokens of a text in the vocabulary at hand, by whoever remembers what it has counted.
using CountText = std::function<qint64(const QString &)>;

/// Counts for any model: exactly where its vocabulary is published, else as a factor × o200k_base, which what was
/// learned replaces. To a whole prompt what was learned also adds what the server does. A value, cheap to copy; any thread may
/// ask.
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

    /// A whole prompt in tokens of that tokenizer, with the template; and what that is in tokens of the model.
    qint64 countTemplated(const QString &model, const QList<llm::Message> &messages, const QList<llm::Tool> &tools,
                          const CountText &count) const;
    TokenCount ofTemplated(const QString &providerId, const QString &model, qint64 counted) const;

    /// From what a call's prompt was counted as (TokenCount::counted) and the input that its server reported for it.
    void learn(const QString &providerId, const QString &model, qint64 counted, qint64 reported);

    const LearnedCounts &learned() const { return m_learned; }
    void setLearned(const LearnedCounts &learned) { m_learned = learned; }

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
    static TokenCount assumed(const Row &row, qint64 counted);
    static TokenCount learned(const Row &row, const CountLine &line, qint64 counted);
    std::optional<CountLine> lineFor(const Row &row, const QString &providerId, const QString &model) const;

    std::shared_ptr<const Tokenizers> m_tokenizers;
    QList<Row> m_rows;
    LearnedCounts m_learned;
};

/// By the counter, or roughly where there is none.
TokenCount countPrompt(const TokenCounter *counter, const QString &providerId, const llm::ChatRequest &request);

} // namespace talkbench::cost
