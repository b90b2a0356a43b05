#pragma once

#include "ui/chat/messagewidget.h"

namespace talkbench::ui {

class Card;
class MarkdownView;
class PictureStrip;
class PromptEdit;

/// What the user said: a bubble at the right, pictures above it, an editor in its place while it is edited.
class UserMessage final : public MessageWidget {
    Q_OBJECT

public:
    UserMessage(const store::StoredMessage &message, QWidget *parent);

    void beginEdit();

private:
    void endEdit();

    QString m_text;
    Card *m_bubble;
    MarkdownView *m_view;
    Card *m_editor;
    PromptEdit *m_edit;
    QWidget *m_bar;
    QWidget *m_line;
    PictureStrip *m_pictures;
};

} // namespace talkbench::ui
