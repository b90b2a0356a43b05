#pragma once

#include "ui/chat/pictures.h"
#include "ui/chat/promptedit.h"

#include <QWidget>

class QLabel;
class QToolButton;
class QVBoxLayout;

namespace talkbench::ui {

class Card;
class OptionsPanel;
class PictureStrip;

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
    void setEstimate(const QString &estimate, const QString &tip = {});
    /// Above the field.
    void addLine(QWidget *line);
    void focusText();

    const QList<Picture> &pictures() const { return m_pictures; }
    void setPictures(const QList<Picture> &pictures);
    /// They are read aside; what can't be sent is said above the field.
    void addFiles(const QStringList &paths);
    void addImage(const QImage &image);
    /// The same of something dragged here; `canTake` tells whether there is any.
    static bool canTake(const QMimeData &given);
    void take(const QMimeData &given);
    OptionsPanel &options() { return *m_options; }

    /// What the user should know before sending; empty for nothing.
    void setWarning(const QString &warning);

Q_SIGNALS:
    void sendRequested(const QString &text, const QList<talkbench::ui::Picture> &pictures);
    void stopRequested();
    void recallRequested();
    void textChanged();
    void picturesChanged();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void layOut();
    void connectParts();
    QWidget *makeNote();
    void chooseFiles();
    void await(const QFuture<base::Result<Picture>> &picture);
    void takeRead();
    void complain(const QString &problem);
    void showNote();
    void picturesDiffer();
    void submit();
    void refresh();
    void fitHint();
    void showOptions(bool shown);
    void countOptions();

    QVBoxLayout *m_stack;
    Card *m_field;
    PromptEdit *m_edit;
    QLabel *m_hint;
    QLabel *m_estimate;
    QToolButton *m_send;
    PictureStrip *m_strip;
    QToolButton *m_attach;
    OptionsPanel *m_options;
    QToolButton *m_optionsButton;
    QWidget *m_note = nullptr;
    QLabel *m_noteText = nullptr;
    QList<Picture> m_pictures;
    QList<QFuture<base::Result<Picture>>> m_reading; ///< pictures that are on their way, in the order of choosing
    QString m_problem; ///< of the last picture
    QString m_warning;
    bool m_generating = false;
};

} // namespace talkbench::ui
