#pragma once

#include "core/llm/modelinfo.h"
#include "core/run/run.h"
#include "core/select/modelref.h"
#include "ui/appcontext.h"

#include <QWidget>

#include <memory>

class QHBoxLayout;
class QLabel;
class QPushButton;
class QScrollArea;
class QToolButton;

namespace talkbench::ui {

class Card;
class ChecksEditor;
class CompareColumn;
class CompareEstimate;
class CompareMemory;
class CompareResults;
class CompareStart;
class PromptEdit;
class ToneLabel;

/// One prompt to 2–8 models at the same moment: the answers stream side by side, at the end a table says how they differ.
class ComparePage final : public QWidget {
    Q_OBJECT

public:
    static constexpr qsizetype fewest = 2;
    static constexpr qsizetype most = 8;

    explicit ComparePage(AppContext &context, QWidget *parent = nullptr);
    ~ComparePage() override;

    const QList<CompareColumn *> &columns() const { return m_columns; }
    bool isRunning() const;
    void run();
    /// As if these models of the default provider had been chosen and the prompt typed.
    void compare(const QStringList &models, const QString &prompt);
    void stopAll();

Q_SIGNALS:
    /// For whoever follows the calls of the window.
    void callUpdated(const QString &runId, const talkbench::run::RunUpdate &update);
    void runningChanged(bool running);
    /// What the budgets say of calls that go out nevertheless.
    void warned(const talkbench::base::Error &error);

protected:
    void showEvent(QShowEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    QWidget *promptArea();
    void connectPrompt();
    QWidget *checksArea();
    void showChecks(bool shown);
    void countChecks();
    CompareColumn *addColumn();
    void removeColumn(CompareColumn *column);
    void chooseModels();
    bool restore();
    void keepColumns();
    void offer(const QString &providerId, const QList<llm::ModelInfo> &models);
    QString unusedModel(const QString &providerId) const;
    select::ModelRef nextModel() const;
    run::RunRequest requestTo(const CompareColumn &column, const llm::Endpoint &endpoint, const QString &prompt) const;
    QList<run::RunRequest> plannedCalls() const;
    void startAll(const QList<base::Result<run::RunRequest>> &calls);
    void sayNothingSent(const QString &reason);
    void refresh();
    void columnEnded();
    void showDifferences();

    AppContext &m_context;
    CompareStart *const m_start;
    std::unique_ptr<CompareMemory> m_memory;
    QList<CompareColumn *> m_columns;
    int m_made = 0;
    bool m_chosen = false;
    bool m_showsLast = false;
    QScrollArea *m_sideways = nullptr;
    QHBoxLayout *m_columnsLayout = nullptr;
    QLabel *m_empty = nullptr;
    CompareResults *m_results = nullptr;
    PromptEdit *m_edit = nullptr;
    Card *m_checksCard = nullptr;
    ChecksEditor *m_checks = nullptr;
    QToolButton *m_checksButton = nullptr;
    ToneLabel *m_message = nullptr;
    QLabel *m_hint = nullptr;
    QLabel *m_cost = nullptr;
    CompareEstimate *m_estimate = nullptr;
    QPushButton *m_add = nullptr;
    QPushButton *m_runButton = nullptr;
    QPushButton *m_stop = nullptr;
};

} // namespace talkbench::ui
