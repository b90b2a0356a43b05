#pragma once

#include "ui/batch/batchworker.h"

#include <QVariantMap>
#include <QWidget>

class QBoxLayout;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QSpinBox;

namespace talkbench::ui {

class ChecksEditor;
class FileField;
class ToneLabel;

/// What of a form can't be sent as it stands.
struct BatchProblem {
    QString text; ///< in words; empty: all can
    QWidget *field = nullptr; ///< where it is mended, if that is one
};

/// Which prompts go to which models, how, and where the results go. Where there is little room its labels stand above their
/// fields.
class BatchForm final : public QWidget {
    Q_OBJECT

public:
    explicit BatchForm(QWidget *parent = nullptr);

    QStringList models() const;
    bench::BatchWay way() const;
    /// Between two questions to a provider how far its batch is.
    int pollSeconds() const;
    void setPollSeconds(int seconds);
    int concurrency() const;
    /// What keeps so many calls from going out at once, below the field; empty: nothing does.
    void setLimitNote(const QString &note);
    BatchProblem problem() const;
    QWidget *fieldOf(BatchPart part) const;
    /// Without the targets, the limits and the prices.
    BatchTask task() const;
    void suggest(const QString &model);
    void setEditable(bool editable);

    /// What makes it another batch where it changes.
    QVariantMap asks() const;
    /// What restore() needs to make it the same again; typed prompts only if they are few.
    QVariantMap save() const;
    void restore(const QVariantMap &form);

    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void edited();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void addSampling();
    void addChecks();
    llm::ChatOptions options() const;
    BatchProblem checksProblem() const;
    void suggestResults();
    void follow();

    QFormLayout *m_rows;
    FileField *m_file;
    QPlainTextEdit *m_text;
    QLineEdit *m_pattern;
    QLineEdit *m_models;
    QLineEdit *m_system;
    QBoxLayout *m_sampling = nullptr;
    QLineEdit *m_temperature = nullptr;
    QLineEdit *m_maxTokens = nullptr;
    QLineEdit *m_seed = nullptr;
    ChecksEditor *m_checks = nullptr;
    QLabel *m_checksNote = nullptr;
    QComboBox *m_way;
    QSpinBox *m_concurrency;
    ToneLabel *m_limitNote;
    QSpinBox *m_poll;
    FileField *m_out;
    bool m_editable = true;
};

} // namespace talkbench::ui
