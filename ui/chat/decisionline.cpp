#include "ui/chat/decisionline.h"

#include "ui/chat/decisioncard.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr qsizetype mostOfName = 40;

/// Else a name means more than one candidate without its provider.
bool isOnlyOfItsName(const select::Decision &decision, const select::ModelRef &ref)
{
    return std::none_of(decision.rows.begin(), decision.rows.end(),
                        [&](const select::DecisionRow &row) { return row.ref != ref && row.ref.model == ref.model; });
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
      m_steps(mutedLabel(u"fallbackSteps"_s, this, 0.92)), m_card(new DecisionCard(this))
{
    setObjectName(u"decision"_s);
    m_steps->setTextFormat(Qt::PlainText);
    m_steps->setWordWrap(true);
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
    connect(m_line, &QToolButton::toggled, m_card, &QWidget::setVisible);
    connect(m_card, &DecisionCard::overruled, this, &DecisionLine::overruled);
    connect(m_another, &QToolButton::clicked, this,
            [this] { Q_EMIT overruled(m_anotherRef.providerId, m_anotherRef.model); });
    scaleFont(m_line, 0.95);
    m_card->hide();
    hide();
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
    const bool hasCard = decision && !decision->rows.isEmpty();
    if (hasCard)
        m_card->setDecision(*decision, canOverrule, m_nameOf);
    m_line->setFolds(hasCard);
    m_line->setToolTip(hasCard ? tr("Shows the numbers of each candidate") : QString());
    m_card->setVisible(m_line->isChecked());
    m_line->setVisible(decision.has_value());
    if (decision)
        m_line->setText(wordsOf(*decision));
    m_line->setAccessibleName(m_line->text());
    const select::DecisionRow *second = canOverrule && decision ? secondOf(*decision) : nullptr;
    m_another->setVisible(second != nullptr);
    if (second)
        offer(*decision, second->ref);
    setVisible(decision || !m_steps->text().isEmpty());
}

QString DecisionLine::wordsOf(const select::Decision &decision) const
{
    if (!decision.overrules.isEmpty())
        return tr("Your choice, instead of the automatic one");
    if (!decision.chosen || isOnlyOfItsName(decision, *decision.chosen))
        return tr("Auto: %1").arg(decision.reason);
    const QString &id = decision.chosen->providerId;
    return tr("Auto, at %1: %2").arg(m_nameOf ? m_nameOf(id) : id, decision.reason);
}

void DecisionLine::offer(const select::Decision &decision, const select::ModelRef &another)
{
    m_anotherRef = another;
    const QString full = nameOf(another, m_nameOf);
    const QString name = isOnlyOfItsName(decision, another) ? another.model : full;
    m_another->setText(tr("Use %1").arg(name.size() > mostOfName ? name.left(mostOfName - 1) + u'…' : name));
    m_another->setAccessibleName(tr("Answer again with %1").arg(name));
    m_another->setToolTip(tr("Answers again with %1, and keeps that the choice was not yours").arg(full));
}

} // namespace talkbench::ui
