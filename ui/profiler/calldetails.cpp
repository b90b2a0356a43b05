#include "ui/profiler/calldetails.h"

#include "core/profile/format.h"
#include "core/profile/metrictable.h"
#include "core/profile/servertimings.h"
#include "core/run/bill.h"
#include "ui/profiler/gapstrip.h"
#include "ui/profiler/waterfall.h"
#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QApplication>
#include <QClipboard>
#include <QCoreApplication>
#include <QDateTime>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTextBrowser>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

using profile::RunRecord;

/// Builds the receipt: headings and rows of a two-column table.
class Receipt {
public:
    Receipt(const QColor &muted, const QColor &error) : m_muted(muted.name()), m_error(error.name()) { }

    void heading(const QString &text)
    {
        close();
        m_html += u"<h4 style='margin-top:14px;margin-bottom:4px'>%1</h4>"_s.arg(text.toHtmlEscaped());
    }
    void row(const QString &name, const QString &value, bool known = true)
    {
        if (!m_open)
            m_html += u"<table width='100%' cellspacing='0' cellpadding='2'>"_s;
        m_open = true;
        const QString cell = known ? value.toHtmlEscaped() : u"<span style='color:%1'>%2</span>"_s.arg(m_muted, value);
        m_html += u"<tr><td style='color:%1'>%2</td><td align='right'>%3</td></tr>"_s.arg(m_muted, name.toHtmlEscaped(),
                                                                                          cell);
    }
    void error(const QString &text)
    {
        close();
        m_html += u"<p style='color:%1'>%2</p>"_s.arg(m_error, text.toHtmlEscaped());
    }
    void note(const QString &text)
    {
        close();
        m_html += u"<p style='color:%1;margin-top:4px'>%2</p>"_s.arg(m_muted, text.toHtmlEscaped());
    }
    void raw(const QString &text)
    {
        close();
        m_html += u"<pre style='white-space:pre-wrap'>%1</pre>"_s.arg(text.toHtmlEscaped());
    }
    QString html()
    {
        close();
        return m_html;
    }

private:
    void close()
    {
        if (m_open)
            m_html += u"</table>"_s;
        m_open = false;
    }

    QString m_html;
    QString m_muted;
    QString m_error;
    bool m_open = false;
};

QString tr(const char *text)
{
    return CallDetails::tr(text);
}

/// Whether a call can have such a figure: one that it can't have is not unknown.
bool applies(QByteArrayView metric, const RunRecord &record)
{
    if (metric == "before_ms")
        return profile::numbersOf(record).beforeMs.has_value();
    if (metric == "tls_ms")
        return record.trace.encryptedNs > 0;
    if (metric == "thinking_ms")
        return !record.answer.reasoning.isEmpty() || (record.answer.usage && record.answer.usage->reasoning > 0);
    if (metric.startsWith("saved_"))
        return record.cached;
    if (metric.startsWith("validation_"))
        return !record.validation.isEmpty() || !record.judgements.isEmpty();
    return true;
}

void addMetrics(Receipt &receipt, const RunRecord &record)
{
    receipt.heading(tr("Metrics"));
    QList<std::pair<QString, QString>> unknown;
    for (const profile::Metric &metric : profile::metricTable()) {
        if (!applies(metric.id, record))
            continue;
        const QString title = QCoreApplication::translate("Metric", metric.title);
        const bool guessed = record.answer.usage && QByteArrayView(metric.unit) == "tok";
        if (const auto value = metric.compute(record))
            receipt.row(
                title,
                profile::markEstimate(profile::formatFigure(*value, metric.unit), profile::isEstimate(metric, record)));
        else
            unknown.append({ title,
                             profile::isNone(metric, record) ? tr("none")
                                 : guessed                   ? tr("only a guess: see Tokens")
                                                             : tr("unknown") });
    }
    for (const auto &[title, why] : std::as_const(unknown))
        receipt.row(title, why, false);
}

void addUsage(Receipt &receipt, const RunRecord &record)
{
    receipt.heading(tr("Tokens"));
    if (!record.answer.usage) {
        receipt.row(tr("Usage"), tr("the server told none"), false);
        return;
    }
    const llm::Usage &usage = *record.answer.usage;
    const bool served = usage.source == llm::UsageSource::Server;
    const auto count = [&receipt, served](const QString &name, qint64 tokens, bool isOurs = false) {
        receipt.row(name, profile::markEstimate(profile::formatCount(tokens), isOurs || !served));
    };
    const bool shared = profile::isEstimate(*profile::metricById("reasoning_tokens"), record);
    count(tr("Fresh input"), usage.input);
    count(tr("Read from the provider's cache"), usage.cacheRead);
    count(tr("Written to the provider's cache"), usage.cacheWrite);
    count(tr("Output"), usage.output, shared);
    count(tr("Reasoning"), usage.reasoning, shared);
    receipt.row(tr("Counted by"),
                served                                            ? tr("the server")
                    : usage.source == llm::UsageSource::Tokenizer ? tr("our tokenizer (estimated)")
                                                                  : tr("chunks received (estimated)"));
}

QString classTitle(cost::TokenClass tokenClass)
{
    switch (tokenClass) {
    case cost::TokenClass::Input:
        return tr("Fresh input");
    case cost::TokenClass::Image:
        return tr("Pictures");
    case cost::TokenClass::CacheRead:
        return tr("Read from the provider's cache");
    case cost::TokenClass::CacheWrite:
        return tr("Written to the provider's cache");
    case cost::TokenClass::CacheWrite1h:
        return tr("Written to it for an hour");
    case cost::TokenClass::Output:
        return tr("Output");
    case cost::TokenClass::Reasoning:
        return tr("Reasoning");
    }
    return {};
}

QString titleOf(const run::Beside &beside)
{
    const QString count = profile::formatCount(beside.count);
    if (beside.what == run::Beside::What::FailedAnswers)
        return beside.count == 1 ? tr("1 failed answer") : CallDetails::tr("%1 failed answers").arg(count);
    return beside.count == 1 ? CallDetails::tr("Judged by %1").arg(beside.model)
                             : CallDetails::tr("Judged by %1, %2 times").arg(beside.model, count);
}

void addItems(Receipt &receipt, const cost::Receipt &bill)
{
    for (const cost::ReceiptLine &line : bill.lines)
        receipt.row(classTitle(line.tokenClass),
                    CallDetails::tr("%1 tok × %2 a million = %3")
                        .arg(profile::formatCount(line.tokens), profile::formatUsdItem(line.usdPerMillion),
                             profile::formatUsdItem(line.usd())));
    if (bill.tierAbove)
        receipt.row(tr("Tier"), CallDetails::tr("above %1 tok of input").arg(profile::formatCount(*bill.tierAbove)));
    if (bill.offPeakFactor != 1)
        receipt.row(tr("Off-peak"), u"× %1"_s.arg(bill.offPeakFactor));
    if (bill.batch)
        receipt.row(tr("Batch"), bill.price->batchRule());
    if (const auto difference = bill.differenceUsd()) {
        receipt.row(tr("Computed"), profile::formatUsdItem(*bill.computedUsd));
        receipt.row(tr("Reported by the server"), profile::formatUsdItem(*bill.reportedUsd));
        receipt.row(tr("Difference"), profile::formatUsdItem(*difference));
    }
    if (bill.price)
        receipt.row(tr("Price by"), bill.price->source);
}

void addCost(Receipt &receipt, const RunRecord &record)
{
    receipt.heading(tr("Cost"));
    receipt.row(tr("This call"), record.costUsd ? profile::formatUsdItem(*record.costUsd) : tr("price unknown"),
                record.costUsd.has_value());
    if (record.answer.usage)
        addItems(receipt, run::receiptOf(record));
    const QList<run::Beside> besides = run::besidesOf(record);
    for (const run::Beside &beside : besides)
        receipt.row(titleOf(beside), beside.usd ? profile::formatUsdItem(*beside.usd) : tr("price unknown"),
                    beside.usd.has_value());
    if (!record.priceVersion.isEmpty())
        receipt.row(tr("Price table"), record.priceVersion);
}

QString providerName(const QString &id, const select::ProviderNames &nameOf)
{
    return nameOf ? nameOf(id) : id;
}

void addElsewhere(Receipt &receipt, const RunRecord &record, const QList<cost::Elsewhere> &elsewhere,
                  const select::ProviderNames &nameOf)
{
    receipt.heading(tr("The same turn elsewhere"));
    if (elsewhere.isEmpty()) {
        receipt.note(tr("Star models in the list of models to see here what this turn would have cost with them."));
        return;
    }
    const auto here = run::answerUsd(record);
    for (const cost::Elsewhere &row : elsewhere) {
        const auto percent = row.differencePercent(here);
        const QString usd = row.usd ? profile::formatUsdItem(*row.usd) : tr("price unknown");
        receipt.row(u"%1 · %2"_s.arg(row.where.model, providerName(row.where.providerId, nameOf)),
                    percent ? u"%1 (%2)"_s.arg(usd, profile::formatDifference(*percent)) : usd, row.usd.has_value());
    }
    receipt.note(tr("For as many tokens; other models count and answer differently."));
}

void addAttempts(Receipt &receipt, const RunRecord &record, const select::ProviderNames &nameOf)
{
    QList<profile::Attempt> attempts = record.earlierAttempts;
    attempts << profile::Attempt { record.trace, record.answer.error };
    receipt.heading(tr("Decisions and attempts"));
    for (qsizetype i = 0; i < attempts.size(); ++i) {
        const profile::Trace &trace = attempts.at(i).trace;
        if (attempts.size() > 1 || trace.httpStatus != 0)
            receipt.row(CallDetails::tr("Attempt %1").arg(i + 1),
                        trace.httpStatus ? CallDetails::tr("HTTP %1").arg(trace.httpStatus) : tr("no HTTP answer"));
        for (const profile::Decision &decision : trace.decisions)
            receipt.row(decision.stage, select::inWords(decision, nameOf));
    }
}

/// The server's clock beside ours: the difference is the way between.
void addServerTimings(Receipt &receipt, const RunRecord &record)
{
    if (record.answer.serverTimings.isEmpty())
        return;
    receipt.heading(tr("The server's own timings"));
    for (const profile::ServerTiming &timing : profile::serverTimings(record)) {
        const QString title = QCoreApplication::translate("ServerTiming", timing.title);
        const QString server = profile::formatMs(timing.serverMs);
        if (const auto added = timing.addedMs())
            receipt.row(title,
                        CallDetails::tr("%1 there, %2 here: %3 on the way")
                            .arg(server, profile::formatMs(*timing.clientMs), profile::formatMs(*added)));
        else
            receipt.row(title, CallDetails::tr("%1 there").arg(server));
    }
    receipt.raw(profile::jsonText(record.answer.serverTimings));
}

void addRateLimits(Receipt &receipt, const RunRecord &record)
{
    const QStringList limits = profile::limitsParts(record.answer.rateLimits, false);
    if (limits.isEmpty())
        return;
    receipt.heading(tr("The account's limits, as of this answer"));
    for (const QString &limit : limits)
        receipt.row(limit, {});
}

void addCall(Receipt &receipt, const RunRecord &record, const select::ProviderNames &nameOf)
{
    receipt.row(tr("Provider"), providerName(record.providerId, nameOf));
    receipt.row(tr("Model"), record.model);
    const llm::Answer &answer = record.answer;
    if (!answer.servedModel.isEmpty() && answer.servedModel != record.model)
        receipt.row(tr("Served by"), answer.servedModel);
    if (record.startedWallMs != 0) {
        const QDateTime started = QDateTime::fromMSecsSinceEpoch(record.startedWallMs);
        receipt.row(tr("Started"), QLocale().toString(started, QLocale::LongFormat));
    }
    if (answer.finishReason)
        receipt.row(tr("Finished"), llm::finishReasonName(*answer.finishReason));
    if (!answer.responseId.isEmpty())
        receipt.row(tr("Response id"), answer.responseId);
}

} // namespace

QString receiptHtml(const RunRecord &record, const std::optional<QList<cost::Elsewhere>> &elsewhere,
                    const QColor &muted, const QColor &error, const select::ProviderNames &nameOf)
{
    Receipt receipt(muted, error);
    if (const auto &failure = record.answer.error) {
        receipt.error(failure->message);
        if (!failure->detail.isEmpty())
            receipt.raw(failure->detail);
    }
    addCall(receipt, record, nameOf);
    addMetrics(receipt, record);
    addUsage(receipt, record);
    addCost(receipt, record);
    if (elsewhere && record.answer.usage)
        addElsewhere(receipt, record, *elsewhere, nameOf);
    addServerTimings(receipt, record);
    addRateLimits(receipt, record);
    addAttempts(receipt, record, nameOf);
    if (record.answer.usage && !record.answer.usage->raw.isEmpty()) {
        receipt.heading(tr("Usage as the server sent it"));
        receipt.raw(profile::jsonText(record.answer.usage->raw));
    }
    return receipt.html();
}

CallDetails::CallDetails(const RunRecord &record, const std::optional<QList<cost::Elsewhere>> &elsewhere,
                         const select::ProviderNames &nameOf, QWidget *parent)
    : QDialog(parent), m_receipt(new QTextBrowser(this))
{
    setObjectName(u"callDetails"_s);
    setWindowTitle(tr("Call details"));
    auto *line = new QLabel(profile::numbersLine(profile::numbersOf(record)), this);
    line->setWordWrap(true);
    line->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto *waterfall = new Waterfall(this);
    waterfall->setRecord(record);
    auto *gaps = new GapStrip(this);
    gaps->setChunks(record.trace.chunks);
    gaps->setVisible(!gaps->isEmpty());
    m_receipt->setObjectName(u"receipt"_s);
    m_receipt->setAccessibleName(tr("Receipt"));
    m_receipt->setOpenLinks(false);
    m_receipt->setFrameShape(QFrame::NoFrame);
    m_receipt->setHtml(receiptHtml(record, elsewhere, colours(this).mutedText, colours(this).error, nameOf));
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    QPushButton *copy = buttons->addButton(tr("Copy as text"), QDialogButtonBox::ActionRole);
    copy->setObjectName(u"copyReceipt"_s);
    copy->setAutoDefault(false);
    connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(plainText()); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(grid::gap, grid::gap, grid::gap, grid::gap);
    layout->setSpacing(grid::wide);
    layout->addWidget(line);
    layout->addWidget(waterfall);
    layout->addWidget(gaps);
    layout->addWidget(m_receipt, 1);
    layout->addWidget(buttons);
    resize(fitting(this, { 520, 640 }));
}

QString CallDetails::plainText() const
{
    return m_receipt->toPlainText();
}

} // namespace talkbench::ui
