#pragma once

#include "core/bench/batchrunner.h"
#include "ui/appcontext.h"

#include <QWidget>

#include <memory>

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QTableView;

namespace talkbench::ui {

class BatchResults;
class FileField;
class ToneLabel;

/// Many prompts to one or more models, each result kept in a file at once: pausing, closing or a crash loses none, and the
/// same file goes on where it was.
class BatchPage final : public QWidget {
    Q_OBJECT

public:
    explicit BatchPage(AppContext &context, QWidget *parent = nullptr);
    ~BatchPage() override;

    bool isRunning() const { return m_runner != nullptr; }
    void start();
    /// What is in flight comes to its end.
    void stop();

Q_SIGNALS:
    void runningChanged(bool running);

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeForm();
    QWidget *makeButtons();
    QWidget *makeResults();
    base::Result<QList<bench::BatchPrompt>> prompts() const;
    void suggestResults();
    void resolve(qsizetype index);
    void begin();
    void togglePause();
    void exportCsv();
    void writeCsv(const QString &path);
    void onProgress(const bench::BatchProgress &progress);
    void onFinished(const std::optional<base::Error> &error);
    void fail(const QString &message);
    void refresh();

    AppContext &m_context;
    QPlainTextEdit *m_text;
    FileField *m_file;
    QLineEdit *m_pattern;
    QLineEdit *m_models;
    QLineEdit *m_system;
    QSpinBox *m_concurrency;
    FileField *m_out;
    QPushButton *m_start;
    QPushButton *m_pause;
    QPushButton *m_stop;
    QPushButton *m_retry;
    QPushButton *m_export;
    ToneLabel *m_message;
    QProgressBar *m_bar;
    QLabel *m_progress;
    QLabel *m_empty;
    QTableView *m_table;
    BatchResults *m_results;
    /// From Start to the last result.
    QStringList m_wanted;
    QList<bench::BatchPrompt> m_prompts;
    bench::BatchPlan m_plan;
    int m_round = 0;
    bool m_starting = false;
    bool m_hasFailed = false;
    std::unique_ptr<bench::BatchJournal> m_journal;
    std::unique_ptr<bench::BatchRunner> m_runner;
};

} // namespace talkbench::ui
