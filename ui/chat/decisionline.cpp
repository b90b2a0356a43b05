#include "ui/chat/decisionline.h"

#include "core/profile/format.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLocale>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr double leastShown = 0.005;

QString percent(double share)
{
    return QLocale().toString(share * 100, 'f', share > 0 && share < 0.1 ? 1 : 0) + u" %"_s;
}

/// In the utility's own measure, where 1 is as much as ten seconds.
QString preferenceText(double preference)
{
    const QString figure = QLocale().toString(std::abs(preference), 'f', 2);
    return preference > 0 ? DecisionLine::tr("you prefer it: +%1").arg(figure)
                          : DecisionLine::tr("you replaced it: −%1").arg(figure);
}

/// The best of those that were not chosen and could have been.
const select::DecisionRow *secondOf(const select::Decision &decision)
{
    const select::DecisionRow *second = nullptr;
    for (const select::DecisionRow &row : decision.rows) {
        if (row.excluded.isEmpty() && row.ref != decision.chosen && (!second || row.utility > second->utility))
            second = &row;
    }
    return second;
}

} // namespace

std::optional<select::Decision> decisionOf(const profile::RunRecord &record)
{
    return record.decision.isEmpty() ? std::nullopt : std::optional(select::decisionFromJson(record.decision));
}

DecisionLine::DecisionLine(QWidget *parent)
    : QWidget(parent), m_line(new Disclosure(u"decisionLine"_s, tr("Auto"), this)),
      m_another(textButton(u"useAnother"_s, u"regenerate"_s, tr("Use another"), this)),
      m_steps(mutedLabel(u"fallbackSteps"_s, this, 0.92)), m_card(new Card(Card::Tone::Plain, this)),
      m_cells(new QGridLayout(m_card))
{
    setObjectName(u"decision"_s);
    m_card->setObjectName(u"decisionCard"_s);
    m_card->setAccessibleName(tr("The candidates of this choice"));
    m_steps->setTextFormat(Qt::PlainText);
    m_steps->setWordWrap(true);
    m_cells->setContentsMargins(grid::wide, grid::unit, grid::wide, grid::unit);
    m_cells->setHorizontalSpacing(grid::gap);
    m_cells->setVerticalSpacing(grid::half);
    auto *line = new QHBoxLayout;
    line->setSpacing(grid::unit);
    line->addWidget(m_line, 1);
    line->addWidget(m_another);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::half);
    column->addLayout(line);
    column->addWidget(m_card);
    column->addWidget(m_steps);
    m_line->setToolTip(tr("Shows the numbers of each candidate"));
    connect(m_line, &QToolButton::toggled, m_card, &QWidget::setVisible);
    connect(m_another, &QToolButton::clicked, this,
            [this] { Q_EMIT overruled(m_anotherRef.providerId, m_anotherRef.model); });
    scaleFont(m_line, 0.95);
    m_card->hide();
    hide();
}

QString DecisionLine::nameOf(const select::ModelRef &ref) const
{
    return m_nameOf ? tr("%1 of %2").arg(ref.model, m_nameOf(ref.providerId)) : toText(ref);
}

void DecisionLine::setSteps(const QList<profile::Decision> &decisions)
{
    const QStringList steps = select::handoversInWords(decisions, m_nameOf);
    m_steps->setText(steps.join(u'\n'));
    m_steps->setVisible(!steps.isEmpty());
    setVisible(!steps.isEmpty() || !m_line->isHidden());
}

void DecisionLine::setDecision(const std::optional<select::Decision> &decision, bool canOverrule)
{
    clearCard();
    const bool hasCard = decision && !decision->rows.isEmpty();
    if (hasCard)
        fillCard(*decision, canOverrule);
    m_card->setVisible(m_line->isChecked() && hasCard);
    m_line->setVisible(decision.has_value());
    if (decision)
        m_line->setText(decision->overrules.isEmpty() ? tr("Auto: %1").arg(decision->reason)
                                                      : tr("Your choice, instead of the automatic one"));
    m_line->setAccessibleName(m_line->text());
    const select::DecisionRow *second = canOverrule && decision ? secondOf(*decision) : nullptr;
    m_another->setVisible(second != nullptr);
    if (second)
        offer(second->ref);
    setVisible(decision || !m_steps->text().isEmpty());
}

void DecisionLine::offer(const select::ModelRef &another)
{
    m_anotherRef = another;
    m_another->setText(tr("Use %1").arg(another.model.left(40)));
    m_another->setAccessibleName(tr("Answer again with %1").arg(another.model));
    m_another->setToolTip(tr("Answers again with %1, and keeps that the choice was not yours").arg(nameOf(another)));
}

void DecisionLine::clearCard()
{
    while (const QLayoutItem *item = m_cells->takeAt(0)) {
        if (item->widget()) {
            item->widget()->hide();
            item->widget()->deleteLater(); // its click may have led here
        }
        delete item;
    }
}

void DecisionLine::addCell(int row, int column, const QString &text, bool isMuted)
{
    QLabel *cell = isMuted ? mutedLabel(u"decisionCell"_s, m_card, 0.92) : new QLabel(m_card);
    if (!isMuted)
        scaleFont(cell, 0.92);
    cell->setTextFormat(Qt::PlainText);
    cell->setText(text);
    cell->setAlignment(column == 0 || column == 5 ? Qt::AlignLeft | Qt::AlignVCenter
                                                  : Qt::AlignRight | Qt::AlignVCenter);
    cell->setWordWrap(column == 5);
    m_cells->addWidget(cell, row, column);
}

void DecisionLine::fillCard(const select::Decision &decision, bool canOverrule)
{
    const QStringList titles { tr("Model"), tr("Whole answer"), tr("Cost"), tr("Fails"), tr("Chance"), {} };
    for (int column = 0; column < titles.size(); ++column)
        addCell(0, column, titles.at(column), true);
    QList<select::DecisionRow> rows = decision.rows;
    std::stable_sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) {
        return a.excluded.isEmpty() != b.excluded.isEmpty() ? a.excluded.isEmpty() : a.utility > b.utility;
    });
    for (const select::DecisionRow &row : std::as_const(rows))
        addRow(decision, row, canOverrule);
    m_cells->setColumnStretch(5, 1);
}

void DecisionLine::addRow(const select::Decision &decision, const select::DecisionRow &row, bool canOverrule)
{
    const int at = m_cells->rowCount();
    const bool chosen = row.ref == decision.chosen;
    addCell(at, 0, nameOf(row.ref), !chosen);
    addCell(at, 1, profile::formatMs(row.predictedMs), !chosen);
    addCell(at, 2, row.predictedUsd ? profile::formatUsd(*row.predictedUsd) : tr("unknown"), !chosen);
    addCell(at, 3, percent(row.failureProbability), !chosen);
    addCell(at, 4, percent(row.propensity), !chosen);
    const QString note = chosen   ? tr("chosen")
        : !row.excluded.isEmpty() ? row.excluded
        : row.calls == 0          ? tr("not measured yet")
        : row.calls == 1          ? tr("1 call measured")
                                  : tr("%1 calls measured").arg(row.calls);
    const bool prefers = std::abs(row.preference) >= leastShown;
    addCell(at, 5, prefers ? note + u" · "_s + preferenceText(row.preference) : note, true);
    const bool canBeAsked = row.excluded.isEmpty() || row.circuit != select::Circuit::Closed;
    if (chosen || !canOverrule || !canBeAsked)
        return;
    auto *use = textButton(u"useCandidate"_s, u"regenerate"_s, tr("Use"), m_card);
    use->setAccessibleName(tr("Answer again with %1").arg(nameOf(row.ref)));
    connect(use, &QToolButton::clicked, this, [this, ref = row.ref] { Q_EMIT overruled(ref.providerId, ref.model); });
    m_cells->addWidget(use, at, 6);
}

} // namespace talkbench::ui
