#pragma once

#include <QPlainTextEdit>

namespace talkbench::ui {

/// The files of this computer that something dragged or copied stands for.
QStringList localFiles(const QMimeData &data);

/// Where a prompt is written: plain text that grows with its lines, and keys that never act while an input method is
/// composing a word.
class PromptEdit final : public QPlainTextEdit {
    Q_OBJECT

public:
    enum class SendKey { Enter, CtrlEnter };

    explicit PromptEdit(QWidget *parent = nullptr);

    void setSendKey(SendKey key) { m_sendKey = key; }
    SendKey sendKey() const { return m_sendKey; }
    void setText(const QString &text);
    /// Otherwise only text can be pasted and dropped.
    void setTakesPictures(bool takes) { m_takesPictures = takes; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void submitted();
    void escaped();
    /// Up was pressed while nothing is written.
    void recalled();
    void focusChanged(bool focused);
    /// Pasted or dropped here, where pictures are taken.
    void filesGiven(const QStringList &paths);
    void imageGiven(const QImage &image);

protected:
    bool event(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void inputMethodEvent(QInputMethodEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    bool canInsertFromMimeData(const QMimeData *source) const override;
    void insertFromMimeData(const QMimeData *source) override;

private:
    bool isSendKey(const QKeyEvent *event) const;
    void fitHeight();
    void fitWrapping(const QString &added);

    SendKey m_sendKey = SendKey::Enter;
    bool m_composing = false;
    bool m_takesPictures = false;
};

} // namespace talkbench::ui
