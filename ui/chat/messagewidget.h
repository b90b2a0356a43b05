#pragma once

#include "core/store/store.h"
#include "ui/chat/notice.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QToolButton;

namespace talkbench::ui {

/// One message of the transcript. What a person can do with it is asked for by signals; it changes nothing itself.
class MessageWidget : public QWidget {
    Q_OBJECT

public:
    MessageWidget(const store::StoredMessage &message, QWidget *parent);

    QString messageId() const { return m_id; }
    /// Which of its siblings this is, counted from 1; shown where there is more than one.
    void setSibling(qsizetype index, qsizetype count);

    void setPinned(bool pinned);
    /// Left out of the next prompt: it is dimmed, and says so. `cut`: what goes of its middle alone; it is told, not dimmed.
    void setLeftOut(bool leftOut, const QString &cut = {});

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

Q_SIGNALS:
    void copyRequested(const QString &text);
    void regenerateRequested(const QString &messageId);
    void editRequested(const QString &messageId, const QString &text);
    /// Sent or given up; its field is about to go.
    void editEnded();
    void pinRequested(const QString &messageId, bool pinned);
    void siblingRequested(const QString &messageId, int step);
    void noticeChosen(const QString &messageId, talkbench::ui::Notice::Action action);

protected:
    /// The line of buttons under the message.
    QHBoxLayout *actions() const { return m_actions; }
    QToolButton *addAction(const QString &objectName, const QString &iconName, const QString &tip);
    void addPin();
    void addSiblingSwitch();
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void fitButtons();

    QString m_id;
    QHBoxLayout *m_actions;
    QList<QToolButton *> m_buttons;
    QToolButton *m_previous = nullptr;
    QLabel *m_position = nullptr;
    QToolButton *m_next = nullptr;
    QToolButton *m_pin = nullptr;
    QWidget *m_veil = nullptr; ///< both made when first something of it is left out
    QLabel *m_leftOut = nullptr;
};

/// What a tool gave back.
class ToolMessage final : public MessageWidget {
    Q_OBJECT

public:
    ToolMessage(const store::StoredMessage &message, const QString &tool, QWidget *parent);
};

} // namespace talkbench::ui
