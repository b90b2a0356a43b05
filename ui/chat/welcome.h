#pragma once

#include <QWidget>

namespace talkbench::ui {

/// What an empty conversation shows: prompts to try and, while only the simulator is there, that it is one.
class Welcome final : public QWidget {
    Q_OBJECT

public:
    explicit Welcome(QWidget *parent = nullptr);
    void setSimulated(bool simulated);

Q_SIGNALS:
    void promptChosen(const QString &prompt);
    void connectRequested();

private:
    QWidget *m_banner;
};

} // namespace talkbench::ui
