#pragma once

#include "core/run/run.h"
#include "core/select/handoverwords.h"
#include "ui/chat/messagewidget.h"
#include "ui/profiler/elsewhere.h"

namespace talkbench::ui {

class BusyDots;
class ChecksLine;
class DecisionLine;
class GapStrip;
class MarkdownView;
class NoticeCard;
class NumbersLine;
class ReasoningBox;
struct LiveAnswer;

/// An answer as it is made and as it stays: thoughts, text, tool calls, what has to be said of it, its figures.
class AnswerMessage final : public MessageWidget {
    Q_OBJECT

public:
    AnswerMessage(const store::StoredMessage &message, QWidget *parent);

    /// What has come so far of an answer that is being made; apply() carries on from there.
    /// `nowNs`: monotonic, for what counts down.
    void setLive(const LiveAnswer &live, qint64 nowNs);
    void apply(const run::RunUpdate &update, qint64 nowNs);
    /// The end: all of it, and its figures; null where no record was kept.
    void setEnded(const store::StoredMessage &message, const profile::RunRecord *record);
    bool isLive() const { return m_isLive; }
    void setElsewhere(const ElsewhereOf &elsewhereOf);
    /// Of what is shown after.
    void setProviderNames(const select::ProviderNames &nameOf);

Q_SIGNALS:
    void overruled(const QString &messageId, const QString &providerId, const QString &model);

private:
    void layOut();
    void makeActions();
    void showTools(const QList<llm::ToolCall> &calls);
    void showState(const run::RunUpdate &update, qint64 nowNs);

    QString m_text;
    bool m_isLive = false;
    bool m_answers = false; ///< text has come from the call that runs
    QLabel *m_state;
    BusyDots *m_dots;
    ReasoningBox *m_reasoning;
    MarkdownView *m_view;
    QWidget *m_tools;
    QLabel *m_model;
    DecisionLine *m_decision;
    QLabel *m_unsent; ///< options that the request could not carry
    NoticeCard *m_notice;
    ChecksLine *m_checks;
    GapStrip *m_gaps;
    NumbersLine *m_numbers;
    QToolButton *m_askAgain; ///< of an answer from the cache
    QToolButton *m_copy;
    QToolButton *m_regenerate;
};

} // namespace talkbench::ui
