#pragma once

class QToolButton;
class QWidget;

namespace talkbench::ui {

/// Shows assistive technology the popup that the button opens, as a child of the button while it is open. Qt leaves popups
/// out of its tree.
void exposePopup(QToolButton &button, QWidget &popup);

} // namespace talkbench::ui
