#include "ui/chat/decisioncard.h"
#include "ui/chat/optionspanel.h"
#include "ui/chat/usermessage.h"
#include "ui/markdown/markdownview.h"

#include <QLabel>
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
    void theNumbersOfAChoiceAreNeverCut();
    void noChanceIsRoundedToNoneOrAll();
    void aShortPromptHasNoScrollBar();
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
            const QWidget *cell = area->findChild<QWidget *>(QString::fromLatin1(name))->parentWidget();
            if (rect.left() < 0 || rect.right() >= area->viewport()->width()
                || cell->width() < cell->minimumSizeHint().width())
                names << QString::fromLatin1(name);
        }
        return names.join(u' ');
    };
    QTRY_VERIFY(place(u"optionSeed"_s).top() > place(u"optionTemperature"_s).top());
    QTRY_COMPARE(cut(), QString());
    QCOMPARE(area->horizontalScrollBar()->maximum(), 0);
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

void TestNarrowChat::theNumbersOfAChoiceAreNeverCut()
{
    select::Decision decision;
    for (const QString &provider : { u"first"_s, u"second"_s }) {
        select::DecisionRow row { .ref = { provider, u"sim-small-of-some-length"_s } };
        row.predictedMs = 1'500;
        row.predictedUsd = 0.00001;
        row.calls = 12;
        decision.rows.append(row);
    }
    decision.chosen = decision.rows.first().ref;
    QWidget page;
    page.resize(393, 500);
    DecisionCard card(&page);
    card.setDecision(decision, true, {});
    card.resize(393, 400);
    page.show();
    const auto cells = [&card] {
        QList<QLabel *> shown = card.findChildren<QLabel *>(u"decisionCell"_s);
        shown.removeIf([](const QLabel *cell) { return !cell->isVisible(); });
        return shown;
    };
    const auto cut = [&] {
        QStringList texts;
        for (const QLabel *cell : cells()) {
            const QRect place(cell->mapTo(&card, QPoint()), cell->size());
            const int needed = cell->wordWrap() ? cell->heightForWidth(cell->width()) : cell->sizeHint().height();
            const bool isWide = cell->wordWrap() || cell->width() >= cell->sizeHint().width();
            if (!card.rect().contains(place) || !isWide || cell->height() < needed)
                texts << cell->text();
        }
        return texts.join(u'|');
    };
    QTRY_COMPARE(cells().size(), 6); // one below the other
    QTRY_COMPARE(cut(), QString());
    QVERIFY2(cells().at(1)->text().contains(u"under $0.0001"_s.replace(u' ', QChar::Nbsp)),
             qPrintable(cells().at(1)->text()));
    card.resize(900, 400);
    QTRY_COMPARE(cells().size(), 18); // a table with its heads
    QTRY_COMPARE(cut(), QString());
}

void TestNarrowChat::noChanceIsRoundedToNoneOrAll()
{
    select::Decision decision;
    const QList<double> chances { 0.997, 0.99998, 0.003, 0.00002, 0.5, 1, 0 };
    for (const double chance : chances) {
        select::DecisionRow row { .ref = { u"p"_s, QString::number(chance) } };
        row.propensity = chance;
        decision.rows.append(row);
    }
    DecisionCard card(nullptr);
    card.setDecision(decision, false, {});
    card.resize(1200, 600);
    card.show();
    const auto said = [&card] {
        QStringList texts;
        for (const QLabel *cell : card.findChildren<QLabel *>(u"decisionCell"_s)) {
            if (cell->isVisible())
                texts << cell->text().replace(QChar::Nbsp, u' ');
        }
        return texts.join(u'|');
    };
    QTRY_COMPARE(said().count(u"100 %"_s), 1);
    for (const QString &text : { u"99.7 %"_s, u"over 99.9 %"_s, u"0.3 %"_s, u"under 0.1 %"_s, u"50 %"_s, u"100 %"_s })
        QVERIFY2(said().contains(text), qPrintable(said()));
    QVERIFY2(!said().contains(u"0.0 %"_s), qPrintable(said()));
}

void TestNarrowChat::aShortPromptHasNoScrollBar()
{
    store::StoredMessage stored;
    stored.id = u"1"_s;
    stored.message = llm::Message::fromText(llm::Role::User, u"Say hello to me"_s);
    UserMessage message(stored, nullptr);
    message.resize(740, message.heightForWidth(740));
    message.show();
    const auto *view = message.findChild<MarkdownView *>(u"userText"_s);
    QTRY_VERIFY(view->isVisible() && view->width() > 60);
    const int width = view->width();
    message.resize(393, message.heightForWidth(393));
    QTRY_COMPARE(view->parentWidget()->parentWidget()->width(), 393);
    QCOMPARE(view->width(), width);
    QCOMPARE(view->horizontalScrollBar()->maximum(), 0);
    QVERIFY(!view->horizontalScrollBar()->isVisible());
}

QTEST_MAIN(TestNarrowChat)
#include "tst_narrowchat.moc"
