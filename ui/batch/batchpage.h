#pragma once

#include "core/bench/batchrunner.h"
#include "core/cost/budget.h"
#include "core/llm/modelname.h"
#include "ui/appcontext.h"
#include "ui/batch/batchworker.h"

#include <QThread>
#include <QTimer>
#include <QVariantMap>
#include <QWidget>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

class QLabel;
class QModelIndex;
class QProgressBar;
class QPushButton;
class QTableView;

namespace talkbench::ui {

class BatchForm;
class BatchResults;
class Disclosure;
class GrowingArea;
class ToneLabel;

/// Many prompts to one or more models, each result kept in a file at once: pausing, closing or a crash loses none, and the
/// same file goes on where it was. What takes long is done in a thread of its own. One that a provider has as its own batch
/// goes on by itself when the window is there again.
class BatchPage final : public QWidget {
    Q_OBJECT

public:
    explicit BatchPage(AppContext &context, QWidget *parent = nullptr);
    ~BatchPage() override;

    bool isRunning() const { return m_state == State::Running; }
    void start();
    /// What is in flight comes to its end; a provider's own batch is left to the provider.
    void stop();
    /// False while calls are in flight that are paid in any case: they are given a moment to come to their end, and closable()
    /// follows. Asked again it is true.
    bool mayClose();

Q_SIGNALS:
    void runningChanged(bool running);
    void closable();

protected:
    void showEvent(QShowEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    enum class State { Idle, Starting, Running };

    void makeForm();
    QWidget *makeButtons();
    void connectButtons();
    QWidget *makeResults();
    void makeWorker();
    void inWorker(const std::function<void(BatchWorker &)> &call);
    /// With the form of the batch that was begun last, and with the batch itself if a provider has it.
    void goOn();
    void onEdited();
    void forget();
    void settle();
    void saveForm();
    BatchTask taskToLook() const;
    void look();
    void onLooked(const std::shared_ptr<BatchLook> &look);
    void sayEstimate(const BatchLook &look);
    QString estimateOf(const BatchLook &look) const;
    llm::ModelName nameOf(const QString &wanted) const;
    void sayLimits();
    void resolve(qsizetype index);
    /// The providers of the models that Auto may choose, from `index` on.
    void reach(const QStringList &providers, qsizetype index);
    void prepare();
    void onPrepared(const std::shared_ptr<BatchReady> &ready);
    void checkSpending();
    void onVerdict(const cost::Verdict &verdict);
    void begin();
    void keep(const bench::BatchItem &item, const profile::RunRecord &record, const bench::BatchRunner::Kept &then);
    void togglePause();
    void stopNow();
    void showResult(const QModelIndex &index);
    void onDetailed(const BatchDetail &detail);
    void exportCsv();
    void onExported(const QString &path, const QString &problem);
    void onProgress(const bench::BatchProgress &progress);
    void onFinished(const std::optional<base::Error> &error);
    /// Back to the form, with nothing sent.
    void giveUp();
    void fail(const QString &message, QWidget *field = nullptr);
    void sayProgress(const QString &line);
    void refresh();
    void refreshButtons();

    AppContext &m_context;
    BatchForm *m_form;
    Disclosure *m_fold = nullptr;
    GrowingArea *m_formArea = nullptr;
    QPushButton *m_start;
    QPushButton *m_pause;
    QPushButton *m_stop;
    QPushButton *m_cancel;
    QPushButton *m_retry;
    QPushButton *m_export;
    ToneLabel *m_message;
    QProgressBar *m_bar;
    QLabel *m_progress;
    QLabel *m_estimate;
    QLabel *m_empty;
    QTableView *m_table;
    BatchResults *m_results;
    State m_state = State::Idle;
    bool m_retryFailed = false;
    bool m_hasFailed = false;
    bool m_hasJournal = false;
    bool m_stopping = false;
    qint64 m_stopNs = 0; ///< since when
    bool m_cancelling = false;
    bool m_exporting = false;
    bool m_closing = false;
    bool m_restored = false; ///< the form is of an earlier time, and not looked at yet
    bool m_toLook = false; ///< the form was edited, and not looked at yet
    QVariantMap m_shown; ///< BatchForm::asks() of the batch that is shown
    QTimer m_wait; ///< until an edited form is kept and looked at
    std::stop_source m_lookStop;
    qsizetype m_left = 0; ///< of a batch that can go on
    QStringList m_wanted;
    BatchTask m_task; ///< whose results are shown
    std::shared_ptr<BatchReady> m_ready;
    bench::BatchProgress m_done;
    std::optional<QList<cost::Spent>> m_spentBefore; ///< unset where nothing was to be asked, or no budget holds
    run::TimerScheduler m_scheduler;
    std::unique_ptr<bench::BatchRunner> m_runner;
    std::stop_source m_stopReading;
    QThread m_thread;
    BatchWorker *m_worker; ///< in m_thread, with which it goes
};

} // namespace talkbench::ui
