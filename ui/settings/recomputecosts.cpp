#include "ui/settings/recomputecosts.h"

#include "core/profile/format.h"
#include "core/store/store.h"
#include "ui/settings/formparts.h"
#include "ui/whenready.h"

#include <QDateTime>
#include <QMessageBox>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

QString newSum(const run::Repricing::Sums &sums)
{
    const QString usd = profile::formatUsd(sums.newUsd);
    if (sums.oldUsd <= 0)
        return usd;
    return u"%1 (%2)"_s.arg(usd, profile::formatDifference((sums.newUsd / sums.oldUsd - 1) * 100));
}

} // namespace

RecomputeCosts::RecomputeCosts(AppContext &context, std::function<bool()> isSaved, QWidget *parent)
    : QPushButton(tr("Recompute past costs…"), parent), m_context(context), m_isSaved(std::move(isSaved)),
      m_outcome(new ToneLabel(u"recomputeOutcome"_s, ToneLabel::Tone::Muted, parent))
{
    setObjectName(u"recomputeCosts"_s);
    setAutoDefault(false);
    setToolTip(tr("Put the prices of today on calls that have ended"));
    m_outcome->hide();
    connect(this, &QPushButton::clicked, this, &RecomputeCosts::look);
}

void RecomputeCosts::look()
{
    if (!m_isSaved()) {
        m_outcome->say(tr("Save your prices first: past costs are recomputed with those that hold."),
                       ToneLabel::Tone::Warning);
        return;
    }
    putPrices(true, [this](const Sums &sums) {
        if (sums.changed > 0)
            ask(sums);
        else
            m_outcome->say(tr("Nothing would change: %n calls, %1.", nullptr, int(sums.calls))
                               .arg(profile::formatUsd(sums.oldUsd)),
                           ToneLabel::Tone::Muted);
    });
}

/// In the db thread, with the prices as they are now.
void RecomputeCosts::putPrices(bool dryRun, const std::function<void(const Sums &)> &then)
{
    setEnabled(false);
    m_outcome->say(dryRun ? tr("Looking at past calls…") : tr("Recomputing…"), ToneLabel::Tone::Muted);
    const auto repricing = std::make_shared<run::Repricing>(
        m_context.prices, QDateTime::fromMSecsSinceEpoch(m_context.clock.wallMs()).toUTC());
    const auto rewrite = [repricing, dryRun](const profile::RunRecord &record) {
        const auto changed = (*repricing)(record);
        return dryRun ? std::nullopt : changed;
    };
    whenReady(this, m_context.store.rewriteRuns({}, rewrite), [this, repricing, then](const base::Result<void> &done) {
        setEnabled(true);
        m_outcome->hide();
        if (done)
            then(repricing->sums());
        else
            m_outcome->say(done.error().message, ToneLabel::Tone::Error);
    });
}

void RecomputeCosts::ask(const Sums &sums)
{
    QStringList lines { tr("Old sum: %1").arg(profile::formatUsd(sums.oldUsd)), tr("New sum: %1").arg(newSum(sums)) };
    if (sums.unpriced > 0)
        lines << tr("%n of them without a known price stay as they are.", nullptr, int(sums.unpriced));
    lines << tr("Each changed call keeps a note of it.");
    auto *box = new QMessageBox(QMessageBox::Question, tr("Recompute past costs"),
                                tr("Put the prices of today on %1 of %2 past calls?")
                                    .arg(profile::formatCount(sums.changed), profile::formatCount(sums.calls)),
                                QMessageBox::Cancel, this);
    box->setObjectName(u"recomputeQuestion"_s);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(lines.join(u'\n'));
    QPushButton *go = box->addButton(tr("Recompute"), QMessageBox::AcceptRole);
    box->setDefaultButton(QMessageBox::Cancel);
    connect(go, &QPushButton::clicked, this, &RecomputeCosts::recompute);
    box->open();
}

void RecomputeCosts::recompute()
{
    putPrices(false, [this](const Sums &sums) {
        m_outcome->say(tr("%n calls recomputed: %1 in place of %2.", nullptr, int(sums.changed))
                           .arg(profile::formatUsd(sums.newUsd), profile::formatUsd(sums.oldUsd)),
                       ToneLabel::Tone::Ok);
    });
}

} // namespace talkbench::ui
