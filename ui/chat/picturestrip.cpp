#include "ui/chat/picturestrip.h"

#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QAbstractButton>
#include <QDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QScreen>
#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int side = 64;
constexpr int removeSide = 20;
constexpr double screenShare = 0.8;

/// Where picture number `index` stands in a row of this width.
QPoint placeOf(qsizetype index, int width)
{
    const int aRow = std::max(1, (width + grid::unit) / (side + grid::unit));
    return { int(index) % aRow * (side + grid::unit), int(index) / aRow * (side + grid::unit) };
}

} // namespace

/// One small picture.
class Thumbnail final : public QAbstractButton {
    Q_OBJECT

public:
    Thumbnail(const QString &name, llm::ContentPart part, bool removable, QWidget *parent)
        : QAbstractButton(parent), m_part(std::move(part))
    {
        const QString size = tr("%1 kB").arg(std::max<qint64>(1, m_part.data.size() / 1000));
        setObjectName(u"picture"_s);
        setAccessibleName(tr("Picture: %1, %2").arg(name, size));
        setToolTip(name + u" · "_s + size);
        setFocusPolicy(Qt::TabFocus);
        setCursor(Qt::PointingHandCursor);
        resize(side, side);
        connect(this, &QAbstractButton::clicked, this, &Thumbnail::showLarge);
        if (!removable)
            return;
        auto *remove = iconButton(u"removePicture"_s, u"close"_s, tr("Remove the picture"), this);
        remove->setGeometry(side - removeSide - 2, 2, removeSide, removeSide);
        remove->setFixedSize(removeSide, removeSide);
        remove->setIconSize({ 12, 12 });
        remove->setAutoFillBackground(true);
        remove->setBackgroundRole(QPalette::Base);
        connect(remove, &QToolButton::clicked, this, &Thumbnail::removeRequested);
    }

    void setThumbnail(const QImage &image)
    {
        m_image = image;
        update();
    }

Q_SIGNALS:
    void removeRequested();

protected:
    void keyPressEvent(QKeyEvent *event) override
    {
        if (event->key() == Qt::Key_Delete || event->key() == Qt::Key_Backspace)
            Q_EMIT removeRequested();
        else
            QAbstractButton::keyPressEvent(event);
    }

    void paintEvent(QPaintEvent *) override
    {
        const Colours &c = colours(this);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        const QRectF frame = QRectF(rect()).adjusted(0.75, 0.75, -0.75, -0.75);
        QPainterPath shape;
        shape.addRoundedRect(frame, grid::radius, grid::radius);
        painter.fillPath(shape, c.codeBackground);
        painter.save();
        painter.setClipPath(shape);
        if (m_image.isNull()) {
            ui::icon(u"image"_s, IconTone::Muted).paint(&painter, rect().adjusted(20, 20, -20, -20));
        } else {
            QRectF target(QPointF(), QSizeF(m_image.size()).scaled(frame.size(), Qt::KeepAspectRatioByExpanding));
            target.moveCenter(frame.center());
            painter.drawImage(target, m_image);
        }
        painter.restore();
        painter.setPen(hasFocus() ? QPen(c.accent, 1.5) : QPen(c.border, 1));
        painter.drawPath(shape);
    }

private:
    void showLarge()
    {
        auto *dialog = new QDialog(window());
        dialog->setObjectName(u"pictureDialog"_s);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setWindowTitle(tr("Picture"));
        auto *label = new QLabel(dialog);
        label->setAlignment(Qt::AlignCenter);
        label->setAccessibleName(accessibleName());
        QPixmap pixmap;
        pixmap.loadFromData(m_part.data);
        const QSize most = screen()->availableSize() * screenShare;
        if (pixmap.width() > most.width() || pixmap.height() > most.height())
            pixmap = pixmap.scaled(most, Qt::KeepAspectRatio, Qt::SmoothTransformation);
        label->setPixmap(pixmap);
        auto *column = new QVBoxLayout(dialog);
        column->setContentsMargins(grid::unit, grid::unit, grid::unit, grid::unit);
        column->addWidget(label);
        dialog->open();
    }

    llm::ContentPart m_part;
    QImage m_image;
};

PictureStrip::PictureStrip(Mode mode, QWidget *parent) : QWidget(parent), m_mode(mode)
{
    setObjectName(u"pictures"_s);
    setAccessibleName(tr("Pictures"));
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    hide();
}

void PictureStrip::clear()
{
    for (Thumbnail *thumbnail : std::exchange(m_thumbnails, {})) {
        thumbnail->hide();
        thumbnail->deleteLater(); // its own signal may have led here
    }
}

Thumbnail *PictureStrip::add(const QString &name, const llm::ContentPart &part)
{
    auto *thumbnail = new Thumbnail(name, part, m_mode == Mode::Edited, this);
    const qsizetype index = m_thumbnails.size();
    m_thumbnails.append(thumbnail);
    if (m_mode == Mode::Edited)
        connect(thumbnail, &Thumbnail::removeRequested, this, [this, index] { Q_EMIT removeRequested(index); });
    thumbnail->show();
    return thumbnail;
}

void PictureStrip::setPictures(const QList<Picture> &pictures)
{
    clear();
    for (const Picture &picture : pictures)
        add(picture.name, picture.part)->setThumbnail(picture.thumbnail);
    place();
}

void PictureStrip::setParts(const QList<llm::ContentPart> &parts)
{
    clear();
    for (const llm::ContentPart &part : parts) {
        if (part.kind != llm::ContentPart::Kind::Image)
            continue;
        Thumbnail *thumbnail = add(part.mediaType, part);
        whenReady(thumbnail, decodePicture(part), [thumbnail](const base::Result<Picture> &picture) {
            if (picture)
                thumbnail->setThumbnail(picture->thumbnail);
        });
    }
    place();
}

void PictureStrip::place()
{
    setVisible(!m_thumbnails.isEmpty());
    for (qsizetype i = 0; i < m_thumbnails.size(); ++i)
        m_thumbnails.at(i)->move(placeOf(i, width()));
    updateGeometry();
}

void PictureStrip::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    for (qsizetype i = 0; i < m_thumbnails.size(); ++i)
        m_thumbnails.at(i)->move(placeOf(i, width()));
}

int PictureStrip::idealWidth() const
{
    return std::max(0, int(m_thumbnails.size()) * (side + grid::unit) - grid::unit);
}

int PictureStrip::heightForWidth(int width) const
{
    return m_thumbnails.isEmpty() ? 0 : placeOf(m_thumbnails.size() - 1, width).y() + side;
}

QSize PictureStrip::sizeHint() const
{
    const int wide = std::max(idealWidth(), side);
    return { wide, heightForWidth(std::max(width(), side)) };
}

QSize PictureStrip::minimumSizeHint() const
{
    return { side, m_thumbnails.isEmpty() ? 0 : side };
}

} // namespace talkbench::ui

#include "picturestrip.moc"
