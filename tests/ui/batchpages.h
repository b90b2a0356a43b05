#pragma once

#include "tests/ui/world.h"
#include "ui/batch/batchpage.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTest>

/// Pages for batches, driven as a person would: by object names and keys.
namespace talkbench::test {

using namespace Qt::StringLiterals;

/// One of its controls, by name.
template <typename T>
T *part(const ui::BatchPage &page, const char *name)
{
    auto *found = page.findChild<T *>(QLatin1StringView(name));
    if (!found)
        qFatal("no %s", name);
    return found;
}

/// Typed prompts for models of the provider a, into a file of the world's folder.
inline void fill(ui::BatchPage &page, const World &world, const QString &prompts, const QString &models = u"a/m"_s)
{
    page.resize(900, 700);
    page.show();
    part<QPlainTextEdit>(page, "batchText")->setPlainText(prompts);
    part<QLineEdit>(page, "batchModels")->setText(models);
    part<QLineEdit>(page, "batchOutPath")->setText(world.dir.filePath(u"results.jsonl"_s));
}

inline void press(const ui::BatchPage &page, const char *button)
{
    QTest::keyClick(part<QPushButton>(page, button), Qt::Key_Space);
}

inline QList<QJsonObject> results(const World &world)
{
    QFile file(world.dir.filePath(u"results.jsonl"_s));
    QList<QJsonObject> rows;
    if (!file.open(QIODevice::ReadOnly))
        return rows;
    while (!file.atEnd())
        rows << QJsonDocument::fromJson(file.readLine()).object();
    return rows;
}

/// Answers, and never ends.
inline Script hanging()
{
    Script script = chatScript({ "begun " }, 5);
    script.pieces.removeLast();
    script.hangs = true;
    return script;
}

} // namespace talkbench::test
