#pragma once

#include "core/profile/runrecord.h"

#include <QWidget>

class QVBoxLayout;

namespace talkbench::ui {

class Card;
class Disclosure;
class IconLabel;

/// What the checks of an answer came to: one line, behind it each check with its finding, the answers that failed before, and
/// what all that cost beside the answer.
class ChecksLine final : public QWidget {
    Q_OBJECT

public:
    explicit ChecksLine(QWidget *parent);

    /// Hidden where nothing was checked.
    void setRecord(const profile::RunRecord &record);
    /// While the answer is given again: how often it has been asked for again, and what failed last.
    void setAskedAgain(int times, const QList<profile::Verdict> &failed);
    /// While a model judges the answer.
    void setJudging(const QString &model);
    void clear();

private:
    void say(profile::Verdict::Outcome outcome, const QString &text);
    void fillCard();
    void clearCard();
    void addVerdicts(const QList<profile::Verdict> &verdicts);
    void addNote(const QString &text);
    void addEarlier(const profile::Attempt &attempt, int number);

    profile::RunRecord m_record;
    IconLabel *m_icon;
    Disclosure *m_line;
    Card *m_card;
    QVBoxLayout *m_cells;
};

/// "Passed 3 checks", "Failed 1 of 3 checks (asked again 2 times, $0.0004 more): …"; empty where nothing was checked.
QString checksText(const profile::RunRecord &record);

} // namespace talkbench::ui
