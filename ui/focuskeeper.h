#pragma once

#include <QList>
#include <QPointer>
#include <QWidget>

namespace talkbench::ui {

/// While a page enables, disables and hides its controls: where the one that has the focus can't keep it, it goes to the first
/// of its heirs that can have it, else to the page, which hands it on the next time. Left alone it would jump to whatever
/// comes next in the window, for the next key to act on.
class FocusKeeper final {
public:
    FocusKeeper(QWidget *page, const QList<QWidget *> &heirs);
    ~FocusKeeper();
    FocusKeeper(const FocusKeeper &) = delete;
    FocusKeeper &operator=(const FocusKeeper &) = delete;

private:
    bool canHave(const QWidget *widget) const;

    QWidget *m_page;
    const QList<QWidget *> m_heirs;
    const QPointer<QWidget> m_had;
    const bool m_wasHere;
};

} // namespace talkbench::ui
