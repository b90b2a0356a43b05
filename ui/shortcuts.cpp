#include "ui/shortcuts.h"

#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QKeySequence>
#include <QLabel>
#include <QMap>
#include <QVBoxLayout>

#include <array>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

std::span<const Shortcut> shortcutTable()
{
    static constexpr std::array table {
        Shortcut { "send", "Return", QT_TRANSLATE_NOOP("Shortcut", "Send (or Ctrl+Enter, by the settings)"),
                   Shortcut::Where::Composer },
        Shortcut { "break", "Shift+Return", QT_TRANSLATE_NOOP("Shortcut", "Break the line"),
                   Shortcut::Where::Composer },
        Shortcut { "recall", "Up", QT_TRANSLATE_NOOP("Shortcut", "In an empty composer: edit the last message"),
                   Shortcut::Where::Composer },
        Shortcut { "stop", "Esc", QT_TRANSLATE_NOOP("Shortcut", "Stop the answer") },
        Shortcut { "new", "Ctrl+N", QT_TRANSLATE_NOOP("Shortcut", "New chat") },
        Shortcut { "find", "Ctrl+K", QT_TRANSLATE_NOOP("Shortcut", "Find a conversation") },
        Shortcut { "undo_remove", "Ctrl+Z", QT_TRANSLATE_NOOP("Shortcut", "Bring back the chat just deleted") },
        Shortcut { "compose", "Ctrl+L", QT_TRANSLATE_NOOP("Shortcut", "Go to the composer") },
        Shortcut { "regenerate", "Ctrl+R", QT_TRANSLATE_NOOP("Shortcut", "Answer again") },
        Shortcut { "copy_answer", "Ctrl+Shift+C", QT_TRANSLATE_NOOP("Shortcut", "Copy the last answer") },
        Shortcut { "model", "Ctrl+Shift+M", QT_TRANSLATE_NOOP("Shortcut", "Choose the model") },
        Shortcut { "chat", "Alt+1", QT_TRANSLATE_NOOP("Shortcut", "Chat") },
        Shortcut { "compare", "Alt+2", QT_TRANSLATE_NOOP("Shortcut", "Compare") },
        Shortcut { "batch", "Alt+3", QT_TRANSLATE_NOOP("Shortcut", "Batch") },
        Shortcut { "dashboard", "Alt+4", QT_TRANSLATE_NOOP("Shortcut", "Dashboard") },
        Shortcut { "sidebar", "Ctrl+B", QT_TRANSLATE_NOOP("Shortcut", "Show or hide the sidebar") },
        Shortcut { "profiler", "Ctrl+Shift+B", QT_TRANSLATE_NOOP("Shortcut", "Show or hide the profiler") },
        Shortcut { "queue", "Ctrl+J", QT_TRANSLATE_NOOP("Shortcut", "Calls that run and wait") },
        Shortcut { "settings", "Ctrl+,", QT_TRANSLATE_NOOP("Shortcut", "Settings") },
        Shortcut { "larger", "Ctrl++; Ctrl+=", QT_TRANSLATE_NOOP("Shortcut", "Larger text") },
        Shortcut { "smaller", "Ctrl+-", QT_TRANSLATE_NOOP("Shortcut", "Smaller text") },
        Shortcut { "standard_size", "Ctrl+0", QT_TRANSLATE_NOOP("Shortcut", "Standard text size") },
        Shortcut { "keys", "Ctrl+/", QT_TRANSLATE_NOOP("Shortcut", "This list") },
    };
    return table;
}

QStringList shortcutConflicts(std::span<const Shortcut> table)
{
    QMap<QString, QStringList> claims;
    for (const Shortcut &row : table) {
        const QStringList sequences = QString::fromUtf8(row.keys).split(u"; "_s);
        for (const QString &keys : sequences)
            claims[QKeySequence(keys).toString()].append(QString::fromUtf8(row.title));
    }
    QStringList conflicts;
    for (auto it = claims.cbegin(); it != claims.cend(); ++it)
        if (it.value().size() > 1)
            conflicts.append(it.key() + u": "_s + it.value().join(u", "_s));
    return conflicts;
}

KeysDialog::KeysDialog(QWidget *parent) : QDialog(parent)
{
    setObjectName(u"keysDialog"_s);
    setWindowTitle(tr("Keys"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(grid::block);
    grid->setVerticalSpacing(grid::unit);
    int line = 0;
    for (const Shortcut &row : shortcutTable()) {
        auto *keys = new QLabel(this);
        const QString first = QString::fromUtf8(row.keys).section(u"; "_s, 0, 0);
        keys->setText(QKeySequence(first).toString(QKeySequence::NativeText));
        scaleFont(keys, 1, QFont::DemiBold);
        auto *title = new QLabel(QCoreApplication::translate("Shortcut", row.title), this);
        grid->addWidget(keys, line, 0);
        grid->addWidget(title, line++, 1);
    }
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(grid::section, grid::section, grid::section, grid::gap);
    column->setSpacing(grid::gap);
    column->addLayout(grid);
    column->addWidget(buttons);
}

} // namespace talkbench::ui
