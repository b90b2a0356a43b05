#pragma once

#include "core/llm/provider.h"
#include "core/run/run.h"
#include "ui/appcontext.h"

#include <QFrame>

#include <memory>
#include <optional>

class QLabel;
class QScrollArea;
class QToolButton;

namespace talkbench::ui {

class ChecksLine;
class GapStrip;
class MarkdownView;
class ModelPicker;
class NoticeCard;
class NumbersLine;
class ReasoningBox;

/// One model's answer: a header that stays, the answer as it streams, its numbers.
class CompareColumn final : public QFrame {
    Q_OBJECT

public:
    CompareColumn(AppContext &context, int number, QWidget *parent = nullptr);
    ~CompareColumn() override;

    void setModel(const QString &providerId, const QString &model);
    QString providerId() const { return m_providerId; }
    QString model() const { return m_model; }
    void setRemovable(bool removable);
    /// Not while it is about to run.
    void setChoosable(bool choosable);

    void begin();
    void start(const run::RunRequest &request);
    /// A call that could not even begin.
    void fail(const base::Error &error);
    void stop();
    /// Shows a call of an earlier time, when the store has answered, unless there is one by then.
    void restore(const QString &runId);
    bool isRunning() const { return m_running; }
    /// Of the call that ended last, until the next begins.
    const std::optional<profile::RunRecord> &record() const { return m_record; }
    /// Of the call that runs or was the last; empty for none.
    QString runId() const;

Q_SIGNALS:
    void modelChanged();
    /// By hand: modelChanged() came before.
    void modelChosen();
    void removeRequested();
    void updated(const QString &runId, const talkbench::run::RunUpdate &update);
    void ended();

private:
    QWidget *header(int number);
    QWidget *answerArea();
    void apply(const run::RunUpdate &update);
    void finish(const profile::RunRecord &record);
    void showRate(const profile::RunRecord &record);
    void followEnd();
    void setRunning(bool running);

    AppContext &m_context;
    QString m_providerId;
    QString m_model;
    std::unique_ptr<run::Run> m_run;
    bool m_running = false;
    bool m_choosable = true;
    bool m_follows = true;
    std::optional<profile::RunRecord> m_record;
    ModelPicker *m_picker = nullptr;
    QLabel *m_rate = nullptr;
    QToolButton *m_stop = nullptr;
    QToolButton *m_remove = nullptr;
    QScrollArea *m_scroll = nullptr;
    ReasoningBox *m_reasoning = nullptr;
    MarkdownView *m_answer = nullptr;
    NoticeCard *m_notice = nullptr;
    ChecksLine *m_checks = nullptr;
    GapStrip *m_gaps = nullptr;
    NumbersLine *m_numbers = nullptr;
};

} // namespace talkbench::ui
