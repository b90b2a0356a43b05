#include "ui/chat/optionspanel.h"

#include <QLineEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QTest>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

/// What a chat shows where a small window leaves it little width.
class TestNarrowChat final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theOptionsAreReachedWhole();
    void theOptionsLeaveTheConversationItsRoom();
};

void TestNarrowChat::theOptionsAreReachedWhole()
{
    OptionsPanel panel;
    panel.resize(393, 500);
    panel.show();
    const auto *area = panel.findChild<QScrollArea *>();
    const auto place = [&](const QString &name) {
        const auto *field = area->findChild<QWidget *>(name);
        return QRect(field->mapTo(area->widget(), QPoint()), field->size());
    };
    const auto cut = [&] {
        QStringList names;
        for (const char *name :
             { "optionSystem", "optionTemperature", "optionTopP", "optionMaxTokens", "optionSeed", "optionFormat",
               "optionEffort", "optionBudget", "optionStop", "optionCache", "optionQuality", "checkAdd" }) {
            const QRect rect = place(QString::fromLatin1(name));
            if (rect.left() < 0 || rect.right() >= area->viewport()->width())
                names << QString::fromLatin1(name);
        }
        return names.join(u' ');
    };
    QTRY_COMPARE(cut(), QString());
    QCOMPARE(area->horizontalScrollBar()->maximum(), 0);
    QVERIFY(place(u"optionSeed"_s).top() > place(u"optionTemperature"_s).top());
    panel.resize(800, 500);
    QTRY_COMPARE(place(u"optionSeed"_s).top(), place(u"optionTemperature"_s).top());
    QCOMPARE(cut(), QString());
}

void TestNarrowChat::theOptionsLeaveTheConversationItsRoom()
{
    OptionsPanel panel;
    llm::Validation checks;
    for (int i = 0; i < 6; ++i)
        checks.validators.append({ u"length"_s, {} });
    panel.setOptions({}, {}, {}, checks);
    panel.resize(800, 1000);
    panel.show();
    const auto *area = panel.findChild<QScrollArea *>();
    QTRY_VERIFY(area->verticalScrollBar()->maximum() > 0);
    QVERIFY(area->height() <= 400);
}

QTEST_MAIN(TestNarrowChat)
#include "tst_narrowchat.moc"
