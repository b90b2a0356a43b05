#include "ui/compare/compareestimate.h"

#include "core/cost/tokencounter.h"
#include "core/cost/tokensoftyping.h"
#include "core/profile/format.h"
#include "core/run/plannedcall.h"

#include <QDateTime>
#include <QLocale>

#include <map>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int waitMs = 150;

QString tokensText(const cost::TokenCount &count)
{
    const QString tokens = QLocale().toString(count.tokens);
    return count.exact ? CompareEstimate::tr("%1 tok").arg(tokens) : CompareEstimate::tr("~%1 tok").arg(tokens);
}

} // namespace

/// What has been counted of the prompt before, by vocabulary.
struct CompareEstimate::Memory {
    std::shared_ptr<const cost::TokenCounter> counter; ///< keeps the tokenizers
    std::map<const cost::Tokenizer *, cost::TokensOfTyping> typing;

    /// Puts the count of each call's prompt into it; all have the same.
    void count(const std::shared_ptr<const cost::TokenCounter> &with, QList<run::RunRequest> &calls)
    {
        counter = with;
        std::map<const cost::Tokenizer *, qint64> counted;
        for (run::RunRequest &call : calls) {
            if (!counter) {
                call.promptTokens = cost::roughCount(call.chat.messages);
                continue;
            }
            const cost::Tokenizer *tokenizer = &counter->tokenizerFor(call.chat.model);
            const auto [place, isNew] = counted.try_emplace(tokenizer, 0);
            if (isNew)
                place->second = typing.try_emplace(tokenizer, *tokenizer)
                                    .first->second.count(call.chat.messages.constLast().text());
            call.promptTokens =
                counter->promptOf(call.endpoint.providerId, call.chat.model, place->second, call.chat.messages.size());
        }
    }
};

CompareEstimate::CompareEstimate(AppContext &context, Calls calls, QObject *parent)
    : QObject(parent), m_context(context), m_calls(std::move(calls)), m_memory(std::make_shared<Memory>())
{
    m_pool.setMaxThreadCount(1);
    m_wait.setSingleShot(true);
    m_wait.setInterval(waitMs);
    connect(&m_wait, &QTimer::timeout, this, &CompareEstimate::count);
}

CompareEstimate::~CompareEstimate()
{
    m_pool.waitForDone();
}

void CompareEstimate::count()
{
    const quint64 round = ++m_round;
    const QList<run::RunRequest> calls = m_calls();
    if (calls.isEmpty()) {
        Q_EMIT estimated({}, {});
        return;
    }
    m_pool.start([this, round, calls, memory = m_memory, counter = m_context.tokens] {
        QList<run::RunRequest> counted = calls;
        memory->count(counter, counted);
        const auto done = [this, round, counted] {
            if (round == m_round)
                show(counted);
        };
        QMetaObject::invokeMethod(this, done, Qt::QueuedConnection);
    });
}

void CompareEstimate::show(const QList<run::RunRequest> &calls)
{
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(m_context.clock.wallMs());
    cost::CostRange sum;
    qsizetype unknown = 0;
    bool charges = false;
    QStringList lines;
    for (const run::RunRequest &call : calls) {
        const cost::PlannedCall planned = run::plannedCall(call, m_context.tokens.get(), m_context.prices, now);
        const cost::CostRange cost = planned.cost.value_or(cost::CostRange());
        sum = { sum.minUsd + cost.minUsd, sum.maxUsd + cost.maxUsd };
        const bool isKnown = planned.cost && planned.unpriced.isEmpty();
        unknown += isKnown ? 0 : 1;
        charges = charges || cost.maxUsd > 0 || !isKnown || !m_context.prices.isUnpriced(call.endpoint.providerId);
        lines << tr("%1: %2, %3")
                     .arg(call.chat.model, tokensText(*call.promptTokens),
                          planned.cost ? profile::formatUsdRange(cost.minUsd, cost.maxUsd) : tr("price unknown"));
    }
    const QString range = profile::formatUsdRange(sum.minUsd, sum.maxUsd);
    const QString text = !charges ? QString()
        : unknown == calls.size() ? tr("price unknown")
        : unknown > 0             ? tr("together %1, and %2 of unknown price").arg(range).arg(unknown)
                                  : tr("together %1").arg(range);
    Q_EMIT estimated(text, lines.join(u'\n'));
}

} // namespace talkbench::ui
