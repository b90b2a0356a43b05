#pragma once

#include "ui/chat/promptedit.h"

#include <QWidget>

class QLabel;
class QToolButton;

namespace talkbench::ui {

class Card;

/// Where prompts are written. It holds no conversation: the page gives it the draft and what it says at its corner.
class Composer final : public QWidget {
    Q_OBJECT

public:
    explicit Composer(QWidget *parent = nullptr);

    QString text() const { return m_edit->toPlainText(); }
    void setText(const QString &text);
    void setSendKey(PromptEdit::SendKey key);
    /// While an answer is made the button stops it, and nothing is sent.
    void setGenerating(bool generating);
    void setEstimate(const QString &estimate);
    void focusText();

Q_SIGNALS:
    void sendRequested(const QString &text);
    void stopRequested();
    void recallRequested();
    void textChanged();

private:
    void submit();
    void refresh();

    Card *m_field;
    PromptEdit *m_edit;
    QLabel *m_hint;
    QLabel *m_estimate;
    QToolButton *m_send;
    bool m_generating = false;
};

} // namespace talkbench::ui
