#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace talkbench::ui {

/// What an empty conversation shows: prompts to try and, while only the simulator is there, that it is one.
class Welcome final : public QWidget {
    Q_OBJECT

public:
    explicit Welcome(QWidget *parent = nullptr);
    /// `canChoose`: there are real providers, and it is the user who has to choose a model of theirs.
    void setSimulated(bool simulated, bool canChoose);
    /// Servers of this machine, each as a sentence.
    void setServers(const QStringList &servers);

Q_SIGNALS:
    void promptChosen(const QString &prompt);
    void connectRequested();
    void modelRequested();
    /// By its place in setServers().
    void serverChosen(qsizetype index);

private:
    QWidget *banner();
    void showBanners();

    bool m_simulated = false;
    QLabel *m_bannerText;
    QPushButton *m_connect;
    QPushButton *m_choose;
    QWidget *m_banner;
    QWidget *m_servers;
};

} // namespace talkbench::ui
