#pragma once

#include <QWidget>

namespace talkbench::ui {

/// What an empty conversation shows: prompts to try and, while only the simulator is there, that it is one.
class Welcome final : public QWidget {
    Q_OBJECT

public:
    explicit Welcome(QWidget *parent = nullptr);
    void setSimulated(bool simulated);
    /// Servers of this machine, each as a sentence.
    void setServers(const QStringList &servers);

Q_SIGNALS:
    void promptChosen(const QString &prompt);
    void connectRequested();
    /// By its place in setServers().
    void serverChosen(qsizetype index);

private:
    QWidget *banner();
    void showBanners();

    bool m_simulated = false;
    QWidget *m_banner;
    QWidget *m_servers;
};

} // namespace talkbench::ui
