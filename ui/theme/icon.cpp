#include "ui/theme/icon.h"

#include "ui/theme/colours.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QSvgRenderer>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

QColor toneColour(IconTone tone, QIcon::Mode mode)
{
    const QPalette palette = QGuiApplication::palette();
    const Colours &c = colours(palette);
    if (mode == QIcon::Disabled)
        return c.disabledText;
    if (mode == QIcon::Selected)
        return palette.color(QPalette::HighlightedText);
    switch (tone) {
    case IconTone::Text:
        return c.text;
    case IconTone::Muted:
        return mode == QIcon::Active ? c.text : c.mutedText;
    case IconTone::Accent:
        return c.accent;
    case IconTone::OnAccent:
        return c.onAccent;
    case IconTone::Error:
        return c.error;
    case IconTone::Warning:
        return c.warning;
    case IconTone::Ok:
        return c.ok;
    }
    return c.text;
}

class LineIconEngine final : public QIconEngine {
public:
    LineIconEngine(const QString &name, IconTone tone) : m_name(name), m_tone(tone) { }

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State) override
    {
        QSvgRenderer renderer(drawing(toneColour(m_tone, mode)));
        const int side = std::min(rect.width(), rect.height());
        QRect square(0, 0, side, side);
        square.moveCenter(rect.center());
        renderer.render(painter, square);
    }

    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        const QString key = u"talkbench-icon/%1/%2/%3x%4"_s.arg(m_name, toneColour(m_tone, mode).name())
                                .arg(size.width())
                                .arg(size.height());
        QPixmap pixmap;
        if (QPixmapCache::find(key, &pixmap))
            return pixmap;
        pixmap = QPixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        painter.end();
        QPixmapCache::insert(key, pixmap);
        return pixmap;
    }

    QIconEngine *clone() const override { return new LineIconEngine(m_name, m_tone); }

private:
    QByteArray drawing(const QColor &colour) const
    {
        QFile file(u":/icons/%1.svg"_s.arg(m_name));
        if (!file.open(QIODevice::ReadOnly))
            return {};
        return file.readAll().replace("currentColor", colour.name().toLatin1());
    }

    QString m_name;
    IconTone m_tone;
};

} // namespace

QIcon icon(const QString &name, IconTone tone)
{
    return QIcon(new LineIconEngine(name, tone));
}

} // namespace talkbench::ui
