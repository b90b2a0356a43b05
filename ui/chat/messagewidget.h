#pragma once

#include "core/profile/runrecord.h"
#include "core/run/run.h"
#include "core/store/store.h"
#include "ui/chat/notice.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QToolButton;

namespace talkbench::ui {

class BusyDots;
class Card;
class GapStrip;
class MarkdownView;
class NumbersLine;
class PromptEdit;
class ReasoningBox;
struct LiveAnswer;

/// One message of the transcript. What a person can do with it is asked for by signals; it changes nothing itself.
class MessageWidget : public QWidget {
    Q_OBJECT

public:
    MessageWidget(const store::StoredMessage &message, QWidget *parent);

    QString messageId() const { return m_id; }
    /// Which of its siblings this is, counted from 1; shown where there is more than one.
    void setSibling(qsizetype index, qsizetype count);

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

Q_SIGNALS:
    void copyRequested(const QString &text);
    void regenerateRequested(const QString &messageId);
    void editRequested(const QString &messageId, const QString &text);
    void siblingRequested(const QString &messageId, int step);
    void noticeChosen(const QString &messageId, talkbench::ui::Notice::Action action);

protected:
    /// The line of buttons under the message.
    QHBoxLayout *actions() const { return m_actions; }
    QToolButton *addAction(const QString &objectName, const QString &iconName, const QString &tip);
    void addSiblingSwitch();

private:
    QString m_id;
    QHBoxLayout *m_actions;
    QToolButton *m_previous = nullptr;
    QLabel *m_position = nullptr;
    QToolButton *m_next = nullptr;
};

class UserMessage final : public MessageWidget {
    Q_OBJECT

public:
    UserMessage(const store::StoredMessage &message, QWidget *parent);

    void beginEdit();

private:
    void endEdit();

    QString m_text;
    Card *m_bubble;
    MarkdownView *m_view;
    Card *m_editor;
    PromptEdit *m_edit;
    QWidget *m_bar;
    QWidget *m_line;
};

class AnswerMessage final : public MessageWidget {
    Q_OBJECT

public:
    AnswerMessage(const store::StoredMessage &message, QWidget *parent);

    /// What has come so far of an answer that is being made; apply() carries on from there.
    void setLive(const LiveAnswer &live);
    void apply(const run::RunUpdate &update, qint64 nowNs);
    /// The end: all of it, and its figures; null where no record was kept.
    void setEnded(const store::StoredMessage &message, const profile::RunRecord *record);
    bool isLive() const { return m_isLive; }

private:
    void showState(const run::RunUpdate &update, qint64 nowNs);

    QString m_text;
    bool m_isLive = false;
    QLabel *m_state;
    BusyDots *m_dots;
    ReasoningBox *m_reasoning;
    MarkdownView *m_view;
    NoticeCard *m_notice;
    GapStrip *m_gaps;
    NumbersLine *m_numbers;
    QToolButton *m_copy;
    QToolButton *m_regenerate;
};

} // namespace talkbench::ui
