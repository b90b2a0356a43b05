#pragma once

#include <QColor>

#include <array>

class QPalette;
class QWidget;

namespace talkbench::ui {

enum class Scheme { Light, Dark };

/// Colours by what they mean. Text colours reach 4.5:1 on window, surface and codeBackground.
struct Colours {
    QColor window; ///< the page
    QColor surface; ///< bars and panels beside the page
    QColor raised; ///< fields, cards, menus
    QColor hover;
    QColor pressed;
    QColor border;
    QColor text;
    QColor mutedText;
    QColor disabledText;
    QColor accent; ///< links, focus, lines
    QColor accentFill; ///< behind onAccent
    QColor onAccent;
    QColor selection;
    QColor userBubble;
    QColor codeBackground;
    QColor error;
    QColor errorBackground;
    QColor warning;
    QColor warningBackground;
    QColor ok;
    QColor keyword;
    QColor string;
    QColor comment;
    QColor number;
    /// Okabe–Ito, ordered so that neighbours differ most; safe for colour-blind readers.
    std::array<QColor, 7> series;
};

const Colours &colours(Scheme scheme);
/// The colours that go with the palette a widget has now. Widgets ask again on QEvent::PaletteChange.
const Colours &colours(const QPalette &palette);
const Colours &colours(const QWidget *widget);

Scheme schemeOf(const QPalette &palette);
QPalette paletteFor(Scheme scheme);

/// WCAG 2 contrast ratio of two opaque colours, 1 to 21.
double contrast(const QColor &one, const QColor &other);

} // namespace talkbench::ui
