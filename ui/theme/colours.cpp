#include "ui/theme/colours.h"

#include <QPalette>
#include <QWidget>

#include <algorithm>
#include <cmath>

namespace talkbench::ui {

namespace {

const Colours &lightColours()
{
    static const Colours light {
        .window = QColor(0xffffff),
        .surface = QColor(0xf6f7f9),
        .raised = QColor(0xffffff),
        .hover = QColor(0xe9ecf1),
        .pressed = QColor(0xdde1e9),
        .border = QColor(0xdfe2e8),
        .text = QColor(0x1b1e25),
        .mutedText = QColor(0x5b6270),
        .disabledText = QColor(0x9aa0ac),
        .accent = QColor(0x2b5bc7),
        .accentFill = QColor(0x2f62d4),
        .onAccent = QColor(0xffffff),
        .selection = QColor(0xcddcfb),
        .userBubble = QColor(0xedf1f9),
        .codeBackground = QColor(0xf4f5f8),
        .error = QColor(0xb3261e),
        .errorBackground = QColor(0xfdf1f0),
        .warning = QColor(0x855000),
        .warningBackground = QColor(0xfdf6e7),
        .ok = QColor(0x1a7340),
        .keyword = QColor(0x8331a7),
        .string = QColor(0x23702f),
        .comment = QColor(0x666e7c),
        .number = QColor(0xa1460b),
        .series = { QColor(0x0072b2), QColor(0xd55e00), QColor(0x009e73), QColor(0xcc79a7), QColor(0xe69f00),
                    QColor(0x56b4e9), QColor(0x8a8000) },
    };
    return light;
}

const Colours &darkColours()
{
    static const Colours dark {
        .window = QColor(0x17181c),
        .surface = QColor(0x1d1f24),
        .raised = QColor(0x24262c),
        .hover = QColor(0x2d3038),
        .pressed = QColor(0x383c46),
        .border = QColor(0x343740),
        .text = QColor(0xe6e8ee),
        .mutedText = QColor(0xa2a9b6),
        .disabledText = QColor(0x686e7a),
        .accent = QColor(0x8db1ff),
        .accentFill = QColor(0x3d67d8),
        .onAccent = QColor(0xffffff),
        .selection = QColor(0x2d4a86),
        .userBubble = QColor(0x272c38),
        .codeBackground = QColor(0x1f2127),
        .error = QColor(0xff9a91),
        .errorBackground = QColor(0x2f1f20),
        .warning = QColor(0xf2bf6a),
        .warningBackground = QColor(0x2c2619),
        .ok = QColor(0x74d39a),
        .keyword = QColor(0xcfa0f5),
        .string = QColor(0x9bd6a0),
        .comment = QColor(0x9198a5),
        .number = QColor(0xf2ae7e),
        .series = { QColor(0x56b4e9), QColor(0xe69f00), QColor(0x2fbf95), QColor(0xe09bc3), QColor(0xf0e442),
                    QColor(0xe8762c), QColor(0x7f9cf5) },
    };
    return dark;
}

double luminance(const QColor &colour)
{
    const auto linear = [](double channel) {
        return channel <= 0.03928 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
}

} // namespace

const Colours &colours(Scheme scheme)
{
    return scheme == Scheme::Dark ? darkColours() : lightColours();
}

const Colours &colours(const QPalette &palette)
{
    return colours(schemeOf(palette));
}

const Colours &colours(const QWidget *widget)
{
    return colours(widget->palette());
}

Scheme schemeOf(const QPalette &palette)
{
    return palette.color(QPalette::WindowText).lightness() > palette.color(QPalette::Window).lightness()
        ? Scheme::Dark
        : Scheme::Light;
}

QPalette paletteFor(Scheme scheme)
{
    const Colours &c = colours(scheme);
    QPalette palette;
    const auto set = [&palette](QPalette::ColorRole role, const QColor &colour) { palette.setColor(role, colour); };
    set(QPalette::Window, c.window);
    set(QPalette::WindowText, c.text);
    set(QPalette::Base, c.raised);
    set(QPalette::AlternateBase, c.surface);
    set(QPalette::Text, c.text);
    set(QPalette::PlaceholderText, c.mutedText);
    set(QPalette::Button, scheme == Scheme::Dark ? c.raised : c.surface);
    set(QPalette::ButtonText, c.text);
    set(QPalette::BrightText, c.error);
    set(QPalette::ToolTipBase, scheme == Scheme::Dark ? c.raised : c.text);
    set(QPalette::ToolTipText, scheme == Scheme::Dark ? c.text : c.window);
    set(QPalette::Highlight, c.accentFill);
    set(QPalette::HighlightedText, c.onAccent);
    set(QPalette::Link, c.accent);
    set(QPalette::LinkVisited, c.accent);
    set(QPalette::Light, c.raised);
    set(QPalette::Midlight, c.hover);
    set(QPalette::Mid, c.border);
    set(QPalette::Dark, c.border.darker(115));
    set(QPalette::Shadow, scheme == Scheme::Dark ? QColor(0x0b0c0e) : QColor(0xb9bec9));
    for (const auto role : { QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::PlaceholderText })
        palette.setColor(QPalette::Disabled, role, c.disabledText);
    palette.setColor(QPalette::Disabled, QPalette::Highlight, c.border);
    palette.setColor(QPalette::Disabled, QPalette::HighlightedText, c.disabledText);
    return palette;
}

double contrast(const QColor &one, const QColor &other)
{
    const std::pair<double, double> range = std::minmax({ luminance(one), luminance(other) });
    return (range.second + 0.05) / (range.first + 0.05);
}

} // namespace talkbench::ui
