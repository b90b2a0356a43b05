#pragma once

class QUrl;
class QWidget;

namespace talkbench::ui {

/// Asks before it opens a link from a model's answer in the browser, showing the host. Only http, https and mailto.
void askToOpenLink(QWidget *parent, const QUrl &url);

} // namespace talkbench::ui
