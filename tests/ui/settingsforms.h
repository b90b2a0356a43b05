#pragma once

#include "tests/ui/world.h"
#include "ui/settings/settingsdialog.h"

#include <QDirIterator>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QTest>

namespace talkbench::test {

template <typename T>
T *find(const QWidget &widget, const QString &name)
{
    T *found = widget.findChild<T *>(name);
    if (!found)
        qFatal("no %s", qPrintable(name));
    return found;
}

inline void retype(QLineEdit *edit, const QString &text)
{
    edit->selectAll();
    QTest::keyClick(edit, Qt::Key_Delete);
    QTest::keyClicks(edit, text);
}

inline void choose(const ui::SettingsDialog &dialog, int row)
{
    auto *list = find<QListView>(dialog, QStringLiteral("providerList"));
    list->setCurrentIndex(list->model()->index(row, 0));
}

inline void save(const ui::SettingsDialog &dialog)
{
    find<QPushButton>(dialog, QStringLiteral("settingsSave"))->click();
}

/// Every byte below the folder.
inline QByteArray bytesOf(const QString &dir)
{
    QByteArray all;
    QDirIterator it(dir, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (it.hasNext()) {
        QFile file(it.next());
        if (file.open(QIODevice::ReadOnly))
            all += file.readAll();
    }
    return all;
}

/// A server that lists two models.
inline Script models()
{
    Script script;
    script.pieces = { R"({"object":"list","data":[{"id":"alpha","object":"model"},{"id":"beta","object":"model"}]})" };
    return script;
}

} // namespace talkbench::test
