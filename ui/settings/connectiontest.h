#pragma once

#include "ui/settings/providerdraft.h"

#include <QWidget>

class QGridLayout;
class QPushButton;
class QShortcut;
class QToolButton;

namespace talkbench::ui {

class ToneLabel;

/// 'Test connection', what came of it step by step, and what can be done about it at once.
class ConnectionTest final : public QWidget {
    Q_OBJECT

public:
    explicit ConnectionTest(QWidget *parent = nullptr);

    /// Nothing where it was not tested.
    void setTest(const std::optional<ProviderDraft::Test> &test);
    /// What is wrong with what is to be tested; empty for nothing.
    void setProblem(const QString &problem);
    void focusButton();

Q_SIGNALS:
    void requested();
    /// While it runs: by its button or by Escape.
    void stopRequested();
    /// The address that the diagnosis found to answer.
    void addressChosen(const QUrl &baseUrl, const QString &protocol);
    /// The certificate that a person decided to trust.
    void pinChosen(const QByteArray &fingerprint);

private:
    QWidget *results();
    QWidget *offers();
    void showSteps(const QList<run::DiagnosisStep> &steps);
    void askForCertificate();

    std::optional<ProviderDraft::Test> m_test;
    QPushButton *m_button;
    QShortcut *m_escape;
    ToneLabel *m_problem;
    ToneLabel *m_result;
    QWidget *m_steps;
    QGridLayout *m_rows;
    QToolButton *m_address = nullptr;
    QToolButton *m_certificate = nullptr;
};

} // namespace talkbench::ui
