#include "ui/theme/theme.h"

#include "ui/theme/style.h"

#include <QApplication>
#include <QStyleHints>
#include <QToolTip>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr double smallestTextPt = 10;
constexpr double smallestZoom = 0.5;
constexpr double largestZoom = 4;
/// Icons beside larger text grow no more: a bar of them has to fit the window.
constexpr double largestIconZoom = 2.5;

/// Before Qt 6.5 the system's scheme shows only in the palette it gave us, or in the GTK theme's name.
Scheme schemeFromSystem(const QPalette &original)
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    if (const auto scheme = QGuiApplication::styleHints()->colorScheme(); scheme != Qt::ColorScheme::Unknown)
        return scheme == Qt::ColorScheme::Dark ? Scheme::Dark : Scheme::Light;
#endif
    if (qEnvironmentVariable("GTK_THEME").endsWith("dark"_L1, Qt::CaseInsensitive))
        return Scheme::Dark;
    return schemeOf(original);
}

} // namespace

Theme::Theme(QApplication &application, QObject *parent)
    : QObject(parent), m_application(application), m_style(new Style),
      m_systemScheme(schemeFromSystem(QApplication::palette())), m_systemFont(QApplication::font())
{
    if (m_systemFont.pointSizeF() > 0)
        m_systemFont.setPointSizeF(std::max(m_systemFont.pointSizeF(), smallestTextPt));
    QApplication::setStyle(m_style);
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, this, [this](Qt::ColorScheme scheme) {
        m_systemScheme = scheme == Qt::ColorScheme::Dark ? Scheme::Dark : Scheme::Light;
        apply();
    });
#endif
    apply();
}

Theme::Mode Theme::modeFromName(const QString &name)
{
    if (name == "light"_L1)
        return Mode::Light;
    if (name == "dark"_L1)
        return Mode::Dark;
    return Mode::System;
}

void Theme::setMode(Mode mode)
{
    if (mode == m_mode)
        return;
    m_mode = mode;
    apply();
}

Scheme Theme::scheme() const
{
    if (m_mode == Mode::System)
        return m_systemScheme;
    return m_mode == Mode::Dark ? Scheme::Dark : Scheme::Light;
}

void Theme::setTextZoom(double zoom)
{
    zoom = std::clamp(zoom, smallestZoom, largestZoom);
    if (qFuzzyCompare(zoom, m_zoom))
        return;
    m_zoom = zoom;
    apply();
}

void Theme::apply()
{
    const QPalette palette = paletteFor(scheme());
    m_application.setPalette(palette);
    QToolTip::setPalette(palette);
    QFont font = m_systemFont;
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * m_zoom);
    else
        font.setPixelSize(qRound(font.pixelSize() * m_zoom));
    m_style->setZoom(std::min(m_zoom, largestIconZoom));
    m_application.setFont(font);
    Q_EMIT changed();
}

} // namespace talkbench::ui
