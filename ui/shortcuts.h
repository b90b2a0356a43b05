#pragma once

#include <QDialog>
#include <QStringList>

#include <span>

namespace talkbench::ui {

/// One row: what a key does. The main window makes an action of each with keys of its own; the others are listed only.
struct Shortcut {
    enum class Where { Window, Composer };

    const char *id;
    const char *keys; ///< as QKeySequence reads it, several separated by "; "
    const char *title; ///< translatable in context "Shortcut"
    Where where = Where::Window;
};

std::span<const Shortcut> shortcutTable();

/// "Ctrl+N: New chat, Close" for each sequence that two rows claim.
QStringList shortcutConflicts(std::span<const Shortcut> table);

/// The list of keys.
class KeysDialog final : public QDialog {
    Q_OBJECT

public:
    explicit KeysDialog(QWidget *parent);
};

} // namespace talkbench::ui
