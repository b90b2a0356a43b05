#pragma once

#include <QProxyStyle>

namespace talkbench::ui {

/// Fusion with flat, rounded controls in the theme's colours. A tool button draws nothing until it is hovered, pressed
/// or checked; a push button that is its dialog's default is filled with the accent. The wheel changes what has the focus only:
/// over any other field it scrolls what is around.
class Style final : public QProxyStyle {
    Q_OBJECT

public:
    Style();

    /// Names come from servers: a label takes none for markup, unless it was made for that.
    void polish(QWidget *widget) override;
    using QProxyStyle::polish;
    bool eventFilter(QObject *watched, QEvent *event) override;

    /// What goes with the text's size: icons and the buttons around them.
    void setZoom(double zoom) { m_zoom = zoom; }

    void drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter,
                       const QWidget *widget) const override;
    void drawControl(ControlElement element, const QStyleOption *option, QPainter *painter,
                     const QWidget *widget) const override;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex *option, QPainter *painter,
                            const QWidget *widget) const override;
    QRect subControlRect(ComplexControl control, const QStyleOptionComplex *option, SubControl subControl,
                         const QWidget *widget) const override;
    QSize sizeFromContents(ContentsType type, const QStyleOption *option, const QSize &size,
                           const QWidget *widget) const override;
    int pixelMetric(PixelMetric metric, const QStyleOption *option, const QWidget *widget) const override;
    int styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget,
                  QStyleHintReturn *returnData) const override;

private:
    double m_zoom = 1;
};

} // namespace talkbench::ui
