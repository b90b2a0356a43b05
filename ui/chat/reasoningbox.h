#pragma once

#include <QWidget>

class QToolButton;

namespace talkbench::ui {

class MarkdownView;

/// What the model thought before it answered: open while it thinks, folded up with its time when it has done.
class ReasoningBox final : public QWidget {
    Q_OBJECT

public:
    explicit ReasoningBox(QWidget *parent = nullptr);

    void append(const QString &text);
    void setText(const QString &text);
    /// What comes from now on is thought: it is shown as it comes.
    void setThinking();
    /// `ms` < 0: not known.
    void setDone(qint64 ms);
    bool isEmpty() const { return m_empty; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void setOpen(bool open);

    QToolButton *m_toggle;
    MarkdownView *m_text;
    bool m_empty = true;
    bool m_done = false;
};

} // namespace talkbench::ui
