#pragma once

#include <QString>

namespace talkbench::ui {

/// What a wire protocol is called on screen; its own name where it has no title.
QString protocolTitle(const QString &protocol);

} // namespace talkbench::ui
