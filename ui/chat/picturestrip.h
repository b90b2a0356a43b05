#pragma once

#include "ui/chat/pictures.h"

#include <QWidget>

namespace talkbench::ui {

class Thumbnail;

/// Small pictures in a row that breaks. A click shows one large; where it may be changed, each can be removed.
class PictureStrip final : public QWidget {
    Q_OBJECT

public:
    enum class Mode { Shown, Edited };

    PictureStrip(Mode mode, QWidget *parent);

    void setPictures(const QList<Picture> &pictures);
    /// Of a message: the small ones are made aside and appear when they are ready.
    void setParts(const QList<llm::ContentPart> &parts);
    qsizetype count() const { return m_thumbnails.size(); }
    /// As wide as all of them in one row.
    int idealWidth() const;

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void removeRequested(qsizetype index);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    Thumbnail *add(const QString &name, const llm::ContentPart &part);
    void clear();
    void place();

    Mode m_mode;
    QList<Thumbnail *> m_thumbnails;
};

} // namespace talkbench::ui
