#pragma once

#include <QWidget>

class QLabel;
class QToolButton;

namespace talkbench::ui {

/// A call of the queue's list: which model, whose it is, how it stands, and a way to cancel it.
class CallRow final : public QWidget {
    Q_OBJECT

public:
    explicit CallRow(QWidget *parent = nullptr);

    void setCall(const QString &model, const QString &provider, const QString &whose, const QString &state);

Q_SIGNALS:
    void cancelled();

private:
    QLabel *m_model;
    QLabel *m_state;
    QToolButton *m_cancel;
};

} // namespace talkbench::ui
