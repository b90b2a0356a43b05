#pragma once

#include "core/profile/runrecord.h"
#include "core/run/run.h"
#include "ui/theme/controls.h"

class QPushButton;

namespace talkbench::ui {

class FoldedText;

/// What has to be said under an answer: a sentence, what to do about it, the raw words behind a disclosure.
struct Notice {
    /// Retry makes the answer again where nothing came, Regenerate beside what came.
    enum Action { None = 0, Retry = 1, Regenerate = 2, Continue = 4, Now = 8, Stop = 16, Settings = 32 };

    Card::Tone tone = Card::Tone::Plain;
    QString title = {};
    QString advice = {};
    QString detail = {};
    /// Whether `detail` is what a server sent.
    bool fromServer = false;
    int actions = None;

    bool isEmpty() const { return title.isEmpty(); }
};

/// Of a call that ended: its error, the length limit, a filter, the user's own stop. Empty where all went well.
/// `hasText`: something is there to go on from.
Notice noticeFor(const profile::RunRecord &record, bool hasText);
/// Of a call that waits for its next attempt.
Notice retryNotice(const base::Error &error, int secondsLeft);
/// Of an answer that has no record: Talkbench ended before it did.
Notice interruptedNotice(bool hasText);
/// What a person can do about an error.
QString adviceFor(const base::Error &error);

class NoticeCard final : public Card {
    Q_OBJECT

public:
    explicit NoticeCard(QWidget *parent = nullptr);
    void setNotice(const Notice &notice);

Q_SIGNALS:
    void chosen(talkbench::ui::Notice::Action action);

private:
    QPushButton *addAction(const QString &objectName, const QString &text, Notice::Action action);

    IconLabel *m_icon;
    QLabel *m_title;
    QLabel *m_advice;
    FoldedText *m_detail;
    QList<std::pair<Notice::Action, QPushButton *>> m_buttons;
    QWidget *m_actions;
};

} // namespace talkbench::ui
