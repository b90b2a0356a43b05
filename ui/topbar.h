#pragma once

#include <QList>
#include <QWidget>

class QHBoxLayout;
class QToolButton;

namespace talkbench::ui {

/// The line of controls on top of the window. Where there is no room for the words of its buttons their icons stand alone.
class TopBar final : public QWidget {
    Q_OBJECT

public:
    explicit TopBar(QWidget *parent = nullptr);

    QHBoxLayout &line() { return *m_line; }
    /// In the line's next place, with its text beside its icon while there is room.
    void addWorded(QToolButton *button);

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void fit();

    QHBoxLayout *m_line;
    QList<QToolButton *> m_worded;
    bool m_wordless = false;
};

} // namespace talkbench::ui
