#pragma once

#include "ui/theme/colours.h"

#include <QObject>

#include <QFont>

class QApplication;

namespace talkbench::ui {

class Style;

/// Dresses the application: style, palette, text size. Widgets need not know it: they see PaletteChange and FontChange
/// events and ask colours(this).
class Theme final : public QObject {
    Q_OBJECT

public:
    enum class Mode { System, Light, Dark };

    explicit Theme(QApplication &application, QObject *parent = nullptr);

    /// "system", "light" or "dark", as the setting `theme` has it; anything else is System.
    static Mode modeFromName(const QString &name);

    void setMode(Mode mode);
    Mode mode() const { return m_mode; }
    Scheme scheme() const;

    /// 1 is the system's own text size; kept within 0.5 and 4.
    void setTextZoom(double zoom);
    double textZoom() const { return m_zoom; }

Q_SIGNALS:
    void changed();

private:
    void apply();

    QApplication &m_application;
    Style *m_style; ///< the application's
    Scheme m_systemScheme;
    QFont m_systemFont;
    Mode m_mode = Mode::System;
    double m_zoom = 1;
};

} // namespace talkbench::ui
