#pragma once

#include <QWidget>

namespace talkbench::ui {

class Disclosure;
class FittedText;

/// Exact words behind a line: a tool's arguments, a server's body. In a fixed font, as high as they are, up to a limit.
class FoldedText final : public QWidget {
    Q_OBJECT

public:
    FoldedText(const QString &objectName, QWidget *parent);

    void setTitle(const QString &title);
    void setText(const QString &text);
    void setOpen(bool open);

protected:
    void changeEvent(QEvent *event) override;

private:
    void useFixedFont();

    Disclosure *m_title;
    FittedText *m_text;
};

} // namespace talkbench::ui
