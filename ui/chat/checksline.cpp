#include "ui/chat/checksline.h"

#include "core/profile/format.h"
#include "core/profile/metrictable.h"
#include "core/validate/validators.h"
#include "ui/chat/foldedtext.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

using Outcome = profile::Verdict::Outcome;

QList<profile::Attempt> failedAnswers(const profile::RunRecord &record)
{
    QList<profile::Attempt> failed;
    std::copy_if(record.earlierAttempts.begin(), record.earlierAttempts.end(), std::back_inserter(failed),
                 [](const profile::Attempt &attempt) { return !attempt.validation.isEmpty(); });
    return failed;
}

qsizetype countOf(const QList<profile::Verdict> &verdicts, Outcome outcome)
{
    return std::count_if(verdicts.begin(), verdicts.end(),
                         [outcome](const profile::Verdict &verdict) { return verdict.outcome == outcome; });
}

/// Of the first with this outcome.
QString reasonOf(const QList<profile::Verdict> &verdicts, Outcome outcome)
{
    const auto found = std::find_if(verdicts.begin(), verdicts.end(),
                                    [outcome](const profile::Verdict &verdict) { return verdict.outcome == outcome; });
    return found == verdicts.end() ? QString() : found->reason.simplified();
}

/// Without its reason.
QString outcomeText(const QList<profile::Verdict> &verdicts)
{
    const qsizetype all = verdicts.size();
    const qsizetype failed = countOf(verdicts, Outcome::Failed);
    const qsizetype passed = countOf(verdicts, Outcome::Passed);
    if (failed > 0)
        return all == 1 ? ChecksLine::tr("Failed its check")
                        : ChecksLine::tr("Failed %1 of %2 checks").arg(failed).arg(all);
    if (passed == 0)
        return ChecksLine::tr("Not checked");
    if (passed < all)
        return ChecksLine::tr("Passed %1 of %2 checks").arg(passed).arg(all);
    return all == 1 ? ChecksLine::tr("Passed 1 check") : ChecksLine::tr("Passed %1 checks").arg(all);
}

/// Empty if all passed.
QString whyText(const QList<profile::Verdict> &verdicts)
{
    if (verdicts.isEmpty())
        return ChecksLine::tr("the call did not end with an answer");
    const bool failed = countOf(verdicts, Outcome::Failed) > 0;
    return reasonOf(verdicts, failed ? Outcome::Failed : Outcome::NotChecked);
}

QString againText(const profile::RunRecord &record)
{
    const QList<profile::Attempt> failed = failedAnswers(record);
    if (failed.isEmpty())
        return {};
    const bool same = std::all_of(failed.begin(), failed.end(),
                                  [&record](const profile::Attempt &attempt) { return attempt.model == record.model; });
    if (same)
        return failed.size() == 1 ? ChecksLine::tr("asked again once")
                                  : ChecksLine::tr("asked again %1 times").arg(failed.size());
    return ChecksLine::tr("after %1 failed").arg(failed.constLast().model);
}

/// What was paid beside the answer; empty where nothing was asked beside it.
QString extraText(const profile::RunRecord &record)
{
    if (record.judgements.isEmpty() && failedAnswers(record).isEmpty())
        return {};
    const profile::Metric *extra = profile::metricById("validation_cost_usd");
    const auto usd = extra ? extra->compute(record) : std::nullopt;
    return usd ? profile::formatUsd(*usd) : ChecksLine::tr("an unknown price");
}

struct Sign {
    QString icon;
    IconTone tone;
    QString word;
};

Sign signOf(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Passed:
        return { u"check"_s, IconTone::Ok, ChecksLine::tr("passed") };
    case Outcome::Failed:
        return { u"alert"_s, IconTone::Error, ChecksLine::tr("failed") };
    case Outcome::NotChecked:
        break;
    }
    return { u"info"_s, IconTone::Warning, ChecksLine::tr("not checked") };
}

QLabel *words(const QString &text, bool isMuted, QWidget *parent)
{
    QLabel *label = isMuted ? mutedLabel({}, parent, 0.92) : new QLabel(parent);
    if (!isMuted)
        scaleFont(label, 0.92);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setWordWrap(true);
    label->setText(text);
    return label;
}

} // namespace

QString checksText(const profile::RunRecord &record)
{
    if (record.validation.isEmpty() && failedAnswers(record).isEmpty())
        return {};
    QStringList beside { againText(record), extraText(record) };
    beside.removeAll(QString());
    QString text = outcomeText(record.validation);
    if (!beside.isEmpty())
        text = ChecksLine::tr("%1 (%2 more)").arg(text, beside.join(u", "_s));
    const QString why = whyText(record.validation);
    return why.isEmpty() ? text : ChecksLine::tr("%1: %2").arg(text, why);
}

ChecksLine::ChecksLine(QWidget *parent)
    : QWidget(parent), m_icon(new IconLabel({}, grid::gap, this)), m_line(new Disclosure(u"checksText"_s, {}, this)),
      m_card(new Card(Card::Tone::Plain, this)), m_cells(new QVBoxLayout(m_card))
{
    setObjectName(u"checksLine"_s);
    m_card->setObjectName(u"checksCard"_s);
    m_card->setAccessibleName(tr("Each check with its finding"));
    m_cells->setContentsMargins(grid::wide, grid::unit, grid::wide, grid::unit);
    m_cells->setSpacing(grid::unit);
    scaleFont(m_line, 0.95);
    auto *line = new QHBoxLayout;
    line->setSpacing(grid::half);
    line->addWidget(m_icon);
    line->addWidget(m_line, 1);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::half);
    column->addLayout(line);
    column->addWidget(m_card);
    connect(m_line, &QToolButton::toggled, this, [this](bool open) {
        if (open)
            fillCard();
        m_card->setVisible(open);
    });
    clear();
}

void ChecksLine::clear()
{
    setRecord({});
}

void ChecksLine::say(Outcome outcome, const QString &text)
{
    const Sign sign = signOf(outcome);
    m_icon->setIcon(icon(sign.icon, sign.tone));
    m_line->setText(text);
    m_line->setAccessibleName(text.isEmpty() ? tr("Checks of the answer") : text);
    m_line->setToolTip(text.toHtmlEscaped());
    setVisible(!text.isEmpty());
}

void ChecksLine::setRecord(const profile::RunRecord &record)
{
    m_record = record;
    m_line->setChecked(false);
    m_line->setEnabled(true);
    m_card->hide();
    clearCard();
    say(validate::outcomeOf(record.validation), checksText(record));
}

void ChecksLine::setAskedAgain(int times, const QList<profile::Verdict> &failed)
{
    clear();
    if (times == 0)
        return;
    m_line->setEnabled(false); // nothing more is known yet
    const QString why = reasonOf(failed, Outcome::Failed);
    say(Outcome::Failed,
        times == 1 ? tr("Asked again, as the answer failed: %1").arg(why)
                   : tr("Asked again %1 times, as the answer failed: %2").arg(times).arg(why));
}

void ChecksLine::setJudging(const QString &model)
{
    clear();
    m_line->setEnabled(false);
    say(Outcome::NotChecked, tr("Judging with %1…").arg(model));
    m_icon->setIcon(icon(u"more"_s, IconTone::Muted));
}

void ChecksLine::clearCard()
{
    while (const QLayoutItem *item = m_cells->takeAt(0)) {
        if (item->widget()) {
            item->widget()->hide();
            item->widget()->deleteLater(); // its click may have led here
        }
        delete item;
    }
}

void ChecksLine::fillCard()
{
    clearCard();
    addVerdicts(m_record.validation);
    int number = 0;
    const QList<profile::Attempt> failed = failedAnswers(m_record);
    for (const profile::Attempt &attempt : failed)
        addEarlier(attempt, ++number);
    for (const profile::Attempt &judge : std::as_const(m_record.judgements))
        addNote(tr("Judged by %1: %2")
                    .arg(judge.model, judge.costUsd ? profile::formatUsd(*judge.costUsd) : tr("price unknown")));
    if (const QString extra = extraText(m_record); !extra.isEmpty())
        addNote(tr("Paid beside the answer, and in its cost: %1").arg(extra));
}

void ChecksLine::addVerdicts(const QList<profile::Verdict> &verdicts)
{
    auto *table = new QWidget(m_card);
    auto *cells = new QGridLayout(table);
    cells->setContentsMargins(0, 0, 0, 0);
    cells->setHorizontalSpacing(grid::unit);
    cells->setVerticalSpacing(grid::half);
    cells->setColumnStretch(2, 1);
    int row = 0;
    for (const profile::Verdict &verdict : verdicts) {
        const Sign sign = signOf(verdict.outcome);
        QLabel *word = words(sign.word, false, table);
        word->setWordWrap(false);
        cells->addWidget(new IconLabel(icon(sign.icon, sign.tone), grid::gap, table), row, 0, Qt::AlignTop);
        cells->addWidget(word, row, 1, Qt::AlignTop);
        cells->addWidget(words(verdict.validator, false, table), row++, 2);
        if (!verdict.reason.isEmpty())
            cells->addWidget(words(verdict.reason, true, table), row++, 2);
    }
    m_cells->addWidget(table);
}

void ChecksLine::addNote(const QString &text)
{
    m_cells->addWidget(words(text, true, m_card));
}

void ChecksLine::addEarlier(const profile::Attempt &attempt, int number)
{
    const QString cost = attempt.costUsd ? profile::formatUsd(*attempt.costUsd) : tr("price unknown");
    addNote(tr("Answer %1, by %2, was asked for again (%3):").arg(QString::number(number), attempt.model, cost));
    QList<profile::Verdict> failed = attempt.validation;
    failed.removeIf([](const profile::Verdict &verdict) { return verdict.outcome == Outcome::Passed; });
    addVerdicts(failed);
    auto *text = new FoldedText(u"failedAnswer"_s, m_card);
    text->setTitle(tr("What answer %1 said").arg(number));
    text->setText(attempt.text);
    m_cells->addWidget(text);
}

} // namespace talkbench::ui
