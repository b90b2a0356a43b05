#pragma once

#include "tests/ui/workbench.h"
#include "ui/chat/answermessage.h"
#include "ui/chat/promptedit.h"
#include "ui/mainwindow.h"
#include "ui/markdown/markdownview.h"

#include <QAbstractButton>
#include <QListWidget>
#include <QTest>

namespace talkbench::ui {

using namespace Qt::StringLiterals;

/// A window over a workbench, driven as a person would: by object names and keys.
struct Desk {
    explicit Desk(const QString &dir, const simulator::Knobs &knobs = Workbench::quick())
        : bench(dir, knobs), window(bench.context)
    {
        window.resize(1320, 840);
        window.show();
        window.load();
    }

    PromptEdit *prompt() { return window.findChild<PromptEdit *>(u"prompt"_s); }
    void say(const QString &text)
    {
        prompt()->setPlainText(text);
        QTest::keyClick(prompt(), Qt::Key_Return);
    }
    AnswerMessage *answer()
    {
        const auto all = window.findChildren<AnswerMessage *>(u"answerMessage"_s);
        return all.isEmpty() ? nullptr : all.last();
    }
    QString answerText()
    {
        return answer() ? answer()->findChild<MarkdownView *>(u"answerText"_s)->toPlainText() : QString();
    }
    bool done() { return answer() && !answer()->isLive() && !answerText().isEmpty(); }
    void click(const QString &name, QWidget *where = nullptr)
    {
        auto *button = (where ? where : &window)->findChild<QAbstractButton *>(name);
        QVERIFY2(button && button->isVisible() && button->isEnabled(), qPrintable(name));
        QTest::mouseClick(button, Qt::LeftButton);
    }
    QListWidget *list() { return window.findChild<QListWidget *>(u"conversations"_s); }

    Workbench bench;
    MainWindow window;
};

} // namespace talkbench::ui
