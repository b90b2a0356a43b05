#include "ui/chat/leftoutline.h"

#include <QActionGroup>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

QString tokensText(const PromptPlan &plan, qint64 tokens)
{
    const QString number = QLocale().toString(tokens);
    return LeftOutLine::tr("%1 tokens").arg(plan.fit.prompt.ownVocabulary ? number : u'~' + number);
}

QString partsText(const PromptPlan &plan)
{
    const QList<cost::LeftOut> &parts = plan.fit.fit.leftOut;
    const QString tokens = tokensText(plan, plan.fit.tokensLeftOut());
    const int count = int(parts.size());
    const bool whole = std::all_of(parts.begin(), parts.end(), [](const auto &part) { return part.part < 0; });
    if (plan.fit.fit.wantsSummary)
        return count == 1
            ? LeftOutLine::tr("1 older message (%1) doesn't fit: a summary goes in its place").arg(tokens)
            : LeftOutLine::tr("%1 older messages (%2) don't fit: a summary goes in their place").arg(count).arg(tokens);
    if (!whole)
        return count == 1
            ? LeftOutLine::tr("%1 out of the middle of 1 message don't fit and are left out").arg(tokens)
            : LeftOutLine::tr("%1 out of the middle of %2 messages don't fit and are left out").arg(tokens).arg(count);
    return count == 1 ? LeftOutLine::tr("1 older message (%1) doesn't fit and is left out").arg(tokens)
                      : LeftOutLine::tr("%1 older messages (%2) don't fit and are left out").arg(count).arg(tokens);
}

/// Why something goes of what is expected to fit.
QString errorText(const cost::ContextFit &fit)
{
    const QLocale locale;
    return LeftOutLine::tr("the prompt is ~%1 tokens, but may be up to %2, where %3 have room")
        .arg(locale.toString(fit.wanted), locale.toString(fit.wantedHigh), locale.toString(fit.room));
}

bool lacksSummary(const PromptPlan &plan)
{
    const cost::Fit &fit = plan.fit.fit;
    return plan.policy == cost::FitPolicy::SummariseOlder && !fit.leftOut.isEmpty() && !fit.wantsSummary;
}

} // namespace

QString leftOutText(const PromptPlan &plan)
{
    const cost::ContextFit &fit = plan.fit;
    if (!fit.fit.leftOut.isEmpty()) {
        QStringList reasons;
        if (fit.isForError())
            reasons << errorText(fit);
        if (lacksSummary(plan))
            reasons << (plan.hasSummariser ? LeftOutLine::tr("there is no room for a summary")
                                           : LeftOutLine::tr("no model to summarise with is chosen"));
        return reasons.isEmpty() ? partsText(plan) : u"%1: %2"_s.arg(partsText(plan), reasons.join(u"; "_s));
    }
    if (fit.room == 0 || fit.wantedHigh <= fit.room)
        return {};
    const bool isExpectedToFit = fit.wanted <= fit.room;
    const QString sizes = isExpectedToFit
        ? errorText(fit)
        : LeftOutLine::tr("%1, where %2 have room").arg(tokensText(plan, fit.wanted), QLocale().toString(fit.room));
    if (plan.sendsAll)
        return LeftOutLine::tr("All is sent: %1").arg(sizes);
    if (isExpectedToFit)
        return LeftOutLine::tr("The prompt may be too long, but is sent whole: %1").arg(sizes);
    const QString whole = LeftOutLine::tr("The prompt is too long, but sent whole: %1").arg(sizes);
    return fit.problem ? u"%1. %2"_s.arg(whole, fit.problem->message) : whole;
}

LeftOutLine::LeftOutLine(QWidget *parent)
    : Card(Tone::Warning, parent), m_text(new QLabel(this)),
      m_summariser(textButton(u"leftOutSummariser"_s, u"settings"_s, tr("Choose a model"), this)),
      m_undo(textButton(u"leftOutUndo"_s, u"undo"_s, tr("Undo"), this)),
      m_change(textButton(u"leftOutChange"_s, u"sliders"_s, tr("Change"), this))
{
    setObjectName(u"leftOutLine"_s);
    m_text->setObjectName(u"leftOutText"_s);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    QMenu *menu = makeMenu();
    connect(m_change, &QToolButton::clicked, this,
            [this, menu] { menu->popup(m_change->mapToGlobal(QPoint(0, m_change->height()))); });
    m_summariser->setAccessibleName(tr("Choose a model to summarise with"));
    connect(m_summariser, &QToolButton::clicked, this, &LeftOutLine::summariserRequested);
    m_change->setAccessibleName(tr("Change what happens to long prompts"));
    connect(m_undo, &QToolButton::clicked, this, [this] { Q_EMIT undone(!m_sendsAll); });
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(grid::wide, grid::half, grid::half, grid::half);
    auto *said = new QVBoxLayout;
    said->setSpacing(grid::half);
    said->addWidget(m_text);
    said->addWidget(m_summariser, 0, Qt::AlignLeft);
    line->addLayout(said, 1);
    line->addWidget(m_undo);
    line->addWidget(m_change);
    hide();
}

QMenu *LeftOutLine::makeMenu()
{
    auto *menu = new QMenu(this);
    menu->setObjectName(u"leftOutPolicies"_s);
    auto *group = new QActionGroup(menu);
    const std::pair<QString, QString> rows[] { { u"drop"_s, tr("Leave out the oldest turns") },
                                               { u"cut"_s, tr("Cut the longest message in its middle") },
                                               { u"summarise"_s, tr("Put a summary in place of older turns") },
                                               { u"off"_s, tr("Send all, always") } };
    for (const auto &[policy, title] : rows) {
        QAction *action = menu->addAction(title);
        action->setCheckable(true);
        group->addAction(action);
        m_policies.insert(policy, action);
        connect(action, &QAction::triggered, this, [this, policy = policy] { Q_EMIT policyChosen(policy); });
    }
    return menu;
}

void LeftOutLine::setPlan(const PromptPlan &plan)
{
    const QString text = leftOutText(plan);
    m_sendsAll = plan.sendsAll;
    m_text->setText(text);
    m_text->setToolTip(plan.fit.prompt.why);
    m_summariser->setVisible(lacksSummary(plan) && !plan.hasSummariser);
    setAccessibleName(text);
    m_undo->setText(plan.sendsAll ? tr("Leave out") : tr("Undo"));
    m_undo->setAccessibleName(plan.sendsAll ? tr("Leave out what doesn't fit") : tr("Undo: send all of it"));
    m_undo->setVisible(plan.sendsAll || !plan.fit.fit.leftOut.isEmpty());
    m_policies.value(plan.policy ? cost::fitPolicyName(*plan.policy) : u"off"_s)->setChecked(true);
    setVisible(!text.isEmpty());
}

} // namespace talkbench::ui
