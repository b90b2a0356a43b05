#pragma once

#include <QIcon>
#include <QString>

namespace talkbench::ui {

/// How an icon takes its colour: from the theme, at each painting, so that a change of theme needs no new icon.
enum class IconTone { Text, Muted, Accent, OnAccent, Error, Warning, Ok };

/// A line drawing of resources/icons by name ("send"), sharp at any size and device pixel ratio.
QIcon icon(const QString &name, IconTone tone = IconTone::Text);

} // namespace talkbench::ui
