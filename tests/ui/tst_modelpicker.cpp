#include "tests/ui/world.h"
#include "ui/chat/modelpicker.h"
#include "ui/modellists.h"
#include "ui/rowdelegate.h"

#include <QAccessible>
#include <QElapsedTimer>
#include <QFrame>
#include <QLineEdit>
#include <QListView>
#include <QSignalSpy>
#include <QTest>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class ModelPickerTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void findsWordsInAnyOrder();
    void theTypedNameAlwaysWorks();
    void theExactNameComesFirst();
    void favouritesAreOnTopAndStay();
    void arrowsSkipWhatCannotBeChosen();
    void whatFailedIsSaidAndAskedAgain();
    void contextAndPriceAreShown();
    void listsAreAskedForOnce();
    void aChangedProviderIsAskedAgain();
    void manyModelsAreNoBurden();
    void listsAreKeptForTheNextStart();
    void whatTheServerTellsIsShown();
    void thePopupStaysInTheWindow();
    void screenReadersFindThePopup();
};

namespace {

test::Script listOf(const QStringList &models)
{
    QStringList rows;
    for (const QString &model : models)
        rows << u"{\"id\":\"%1\"}"_s.arg(model);
    test::Script script;
    script.pieces = { u"{\"data\":[%1]}"_s.arg(rows.join(u',')).toUtf8() };
    return script;
}

/// An open picker over scripted servers, driven by keys.
struct Desk {
    explicit Desk(const QHash<QString, test::Script> &hosts) : world(hosts), picker(world.context, &host)
    {
        world.endpoints.setSimulator(base::Error {});
        host.show();
    }

    void open()
    {
        picker.open();
        for (const config::ProviderConfig &provider : world.settings.providers())
            QTRY_VERIFY(!world.models.of(provider.id).asking);
    }
    void type(const QString &text)
    {
        filter()->selectAll();
        QTest::keyClick(filter(), Qt::Key_Delete);
        QTest::keyClicks(filter(), text);
    }
    void press(int key, Qt::KeyboardModifiers modifiers = {}) { QTest::keyClick(filter(), Qt::Key(key), modifiers); }
    QLineEdit *filter() { return picker.findChild<QLineEdit *>(u"modelFilter"_s); }
    QListView *list() { return picker.findChild<QListView *>(u"models"_s); }
    QString current() { return list()->currentIndex().data().toString(); }
    QStringList rows(RowKind kind = RowKind::Item)
    {
        QStringList found;
        for (int i = 0; i < list()->model()->rowCount(); ++i) {
            const QModelIndex index = list()->model()->index(i, 0);
            if (RowKind(index.data(RowKindRole).toInt()) == kind)
                found << index.data().toString();
        }
        return found;
    }
    bool isOpen() { return picker.findChild<QFrame *>(u"modelPopup"_s)->isVisible(); }

    test::World world;
    QWidget host;
    ModelPicker picker;
};

using Choice = QList<QVariant>;

} // namespace

void ModelPickerTest::findsWordsInAnyOrder()
{
    Desk desk({ { u"a"_s, listOf({ u"gpt-4o-mini"_s, u"gpt-4o"_s }) }, { u"b"_s, listOf({ u"llama-mini"_s }) } });
    QSignalSpy chosen(&desk.picker, &ModelPicker::chosen);
    desk.open();
    QVERIFY(desk.rows().contains(u"gpt-4o"_s));
    desk.type(u"MINI gpt"_s);
    QCOMPARE(desk.current(), u"gpt-4o-mini"_s);
    QVERIFY(!desk.rows().contains(u"llama-mini"_s));
    desk.type(u"mini b"_s); // a provider's name is a word too
    QCOMPARE(desk.current(), u"llama-mini"_s);
    desk.press(Qt::Key_Return);
    QVERIFY(!desk.isOpen());
    QCOMPARE(chosen.value(0), Choice({ u"b"_s, u"llama-mini"_s }));
}

void ModelPickerTest::theTypedNameAlwaysWorks()
{
    Desk desk({ { u"a"_s, listOf({ u"gpt-4o"_s }) }, { u"b"_s, listOf({ u"llama"_s }) } });
    desk.picker.setCurrent(u"b"_s, u"llama"_s);
    QSignalSpy chosen(&desk.picker, &ModelPicker::chosen);
    desk.open();
    desk.type(u"no-such-model"_s);
    desk.press(Qt::Key_Return);
    QCOMPARE(chosen.value(0), Choice({ u"b"_s, u"no-such-model"_s })); // the provider in use goes first
    desk.open();
    desk.type(u"gpt"_s);
    while (desk.current() != u"Use “gpt”"_s)
        desk.press(Qt::Key_Down);
    desk.press(Qt::Key_Return);
    QCOMPARE(chosen.value(1), Choice({ u"b"_s, u"gpt"_s }));
}

void ModelPickerTest::theExactNameComesFirst()
{
    Desk desk({ { u"a"_s, listOf({ u"gpt-4o-mini"_s, u"gpt-4o"_s }) } });
    desk.open();
    desk.type(u"gpt-4o"_s);
    QCOMPARE(desk.current(), u"gpt-4o"_s);
    QCOMPARE(desk.rows().count(u"Use “gpt-4o”"_s), 1); // with the simulator; a lists it
}

void ModelPickerTest::favouritesAreOnTopAndStay()
{
    Desk desk({ { u"a"_s, listOf({ u"one"_s, u"two"_s }) }, { u"b"_s, listOf({ u"three"_s }) } });
    desk.open();
    desk.type(u"three"_s);
    desk.press(Qt::Key_D, Qt::ControlModifier);
    desk.type({});
    QCOMPARE(desk.rows(RowKind::Heading).first(), u"Favourites"_s);
    QCOMPARE(desk.rows().first(), u"three"_s);
    QCOMPARE(desk.rows().count(u"three"_s), 1);
    QVERIFY(desk.world.settings.flush());
    config::Settings reread(desk.world.dir.path());
    QVERIFY(reread.load());
    QCOMPARE(reread.value("models/favourites").toMap().value(u"b"_s).toStringList(), QStringList { u"three"_s });
    // The star takes it back, by the mouse too.
    const QModelIndex row = desk.list()->model()->index(1, 0);
    QVERIFY(row.data(RowStarRole).toBool());
    const QPoint star = RowDelegate::starRect(desk.list()->visualRect(row)).center();
    QTest::mouseClick(desk.list()->viewport(), Qt::LeftButton, {}, star);
    QVERIFY(desk.isOpen());
    QVERIFY(!desk.rows(RowKind::Heading).contains(u"Favourites"_s));
    QVERIFY(desk.world.settings.value("models/favourites").toMap().isEmpty());
}

void ModelPickerTest::arrowsSkipWhatCannotBeChosen()
{
    Desk desk({ { u"a"_s, listOf({ u"one"_s }) }, { u"b"_s, listOf({ u"two"_s }) } });
    desk.picker.setCurrent(u"a"_s, u"one"_s);
    desk.open();
    QCOMPARE(desk.current(), u"one"_s);
    desk.press(Qt::Key_Down); // the provider's own default
    QCOMPARE(desk.current(), u"priced"_s);
    desk.press(Qt::Key_Down);
    QCOMPARE(desk.current(), u"two"_s);
    for (int i = 0; i < 20; ++i)
        desk.press(Qt::Key_Up);
    QVERIFY(desk.list()->currentIndex().flags().testFlag(Qt::ItemIsSelectable));
    desk.press(Qt::Key_PageDown);
    QCOMPARE(desk.current(), u"priced"_s);
    desk.press(Qt::Key_Escape);
    QVERIFY(!desk.isOpen());
}

void ModelPickerTest::whatFailedIsSaidAndAskedAgain()
{
    test::Script refused;
    refused.error = base::Error { base::ErrorKind::Refused, u"Nothing answers there."_s, {}, 0, {} };
    Desk desk({ { u"a"_s, refused } });
    desk.open();
    QTRY_VERIFY(desk.rows(RowKind::Note).contains(u"Nothing answers there."_s));
    while (desk.current() != u"Nothing answers there."_s)
        desk.press(Qt::Key_Down);
    QSignalSpy changed(&desk.world.models, &ModelLists::changed);
    desk.press(Qt::Key_Return);
    QVERIFY(desk.isOpen());
    QCOMPARE(changed.value(0), QList<QVariant> { u"a"_s });
    QVERIFY(desk.world.models.of(u"a"_s).asking);
    QTRY_VERIFY(!desk.world.models.of(u"a"_s).asking);
    // One who looks for something else isn't told.
    desk.type(u"zzz"_s);
    QVERIFY(desk.rows(RowKind::Note).isEmpty());
}

void ModelPickerTest::contextAndPriceAreShown()
{
    test::Script script;
    script.pieces = { R"({"data":[{"id":"priced","context_length":128000},{"id":"free"}]})" };
    Desk desk({ { u"a"_s, script } });
    desk.open();
    desk.type(u"priced"_s);
    const QString detail = desk.list()->currentIndex().data(RowDetailRole).toString();
    QVERIFY2(detail.contains(u"128k"_s), qPrintable(detail));
    QVERIFY2(detail.contains(u"$1 / $10"_s), qPrintable(detail));
    desk.type(u"free"_s);
    QCOMPARE(desk.list()->currentIndex().data(RowDetailRole).toString(), QString()); // unknown is not $0
    // Where the server says nothing of it, the table does.
    desk.world.prices =
        *cost::PriceBook::fromJson(R"({"prices":[{"model":"free","input":1,"output":1,"context_tokens":64000},)"
                                   R"({"model":"priced","input":1,"output":1,"context_tokens":1000}]})");
    desk.open();
    desk.type(u"free"_s);
    QVERIFY(desk.list()->currentIndex().data(RowDetailRole).toString().contains(u"64k"_s));
    desk.type(u"priced"_s);
    QVERIFY(desk.list()->currentIndex().data(RowDetailRole).toString().contains(u"128k"_s));
}

void ModelPickerTest::listsAreAskedForOnce()
{
    Desk desk({ { u"a"_s, listOf({ u"one"_s }) } });
    desk.open();
    QVERIFY(desk.world.models.of(u"a"_s).answered);
    QSignalSpy changed(&desk.world.models, &ModelLists::changed);
    desk.press(Qt::Key_Escape);
    desk.open();
    QVERIFY(desk.rows().contains(u"one"_s));
    for (const auto &change : changed)
        QVERIFY(change.value(0).toString() != u"a"_s);
}

void ModelPickerTest::aChangedProviderIsAskedAgain()
{
    Desk desk({ { u"a"_s, listOf({ u"one"_s }) }, { u"b"_s, listOf({ u"two"_s }) } });
    desk.open();
    auto providers = desk.world.settings.providers();
    providers[1].defaultModel = u"one"_s;
    providers[1].name = u"Renamed"_s;
    QVERIFY(desk.world.settings.setProviders(providers));
    QVERIFY(!desk.world.models.of(u"a"_s).models.isEmpty()); // what it lists is the same
    providers[1].baseUrl = QUrl(u"http://b/v1"_s);
    QVERIFY(desk.world.settings.setProviders(providers));
    QVERIFY(desk.world.models.of(u"a"_s).models.isEmpty());
    QVERIFY(!desk.world.models.of(u"b"_s).models.isEmpty());
    desk.open();
    QCOMPARE(desk.rows().count(u"two"_s), 2);
}

void ModelPickerTest::manyModelsAreNoBurden()
{
    QStringList names;
    for (int i = 0; i < 353; ++i)
        names << u"vendor-%1/some-model-with-a-long-name-%2"_s.arg(i % 40).arg(i);
    QHash<QString, test::Script> hosts;
    for (int i = 0; i < 8; ++i)
        hosts.insert(u"host%1"_s.arg(i), listOf(names));
    Desk desk(hosts);
    desk.open();
    QCOMPARE(desk.rows().size(), 8 * 354 + 1); // their own, the defaults, the simulator's
    QElapsedTimer timer;
    timer.start();
    const QString typed = u"name vendor-3 host5"_s;
    desk.type(typed);
    QVERIFY2(timer.elapsed() < 100 * typed.size(), qPrintable(QString::number(timer.elapsed())));
    QVERIFY(desk.current().startsWith(u"vendor-3"_s));
}

void ModelPickerTest::listsAreKeptForTheNextStart()
{
    Desk desk({ { u"p"_s, listOf({ u"alpha"_s, u"beta"_s }) } });
    desk.open();
    const auto kept = [&desk] {
        ModelLists next(desk.world.settings, desk.world.endpoints, desk.world.runs, desk.world.store, desk.world.clock);
        QSignalSpy changed(&next, &ModelLists::changed);
        next.load();
        const auto lists = desk.world.store.modelLists();
        if (!QTest::qWaitFor([&lists] { return lists.isFinished(); }))
            return qsizetype(-1);
        QCoreApplication::processEvents();
        return next.of(u"p"_s).models.size();
    };
    QCOMPARE(kept(), 2);
    // Another server's list is none of this one's.
    auto providers = desk.world.settings.providers();
    providers.last().baseUrl = QUrl(u"http://elsewhere/v1"_s);
    QVERIFY(desk.world.settings.setProviders(providers));
    QCOMPARE(kept(), 0);
}

void ModelPickerTest::whatTheServerTellsIsShown()
{
    test::Script script;
    script.pieces = {
        R"({"data":[{"id":"x","context_length":8000,"pricing":{"prompt":"0.000001","completion":"0.000002"},)"
        R"("architecture":{"input_modalities":["text","image"]},"supported_parameters":["tools"]}]})"
    };
    Desk desk({ { u"p"_s, script } });
    desk.open();
    desk.type(u"x"_s);
    const QString detail = desk.list()->currentIndex().data(RowDetailRole).toString();
    QVERIFY2(detail.contains(u"images"_s) && detail.contains(u"tools"_s) && detail.contains(u"$1 / $2"_s),
             qPrintable(detail));
}

void ModelPickerTest::thePopupStaysInTheWindow()
{
    Desk desk({ { u"a"_s, listOf({ u"gpt-4o"_s }) } });
    desk.host.resize(620, 400);
    desk.picker.move(580, 4);
    desk.open();
    // The offscreen platform gives a popup a frame of two pixels.
    const QRect window = QRect(desk.host.mapToGlobal(QPoint()), desk.host.size()).adjusted(-2, -2, 2, 2);
    const auto *popup = desk.picker.findChild<QFrame *>(u"modelPopup"_s);
    QVERIFY2(window.contains(popup->frameGeometry()),
             qPrintable(QDebug::toString(popup->frameGeometry()) + QDebug::toString(window)));
    QVERIFY(popup->y() >= desk.picker.mapToGlobal(QPoint(0, desk.picker.height())).y()); // the button stays in sight
}

void ModelPickerTest::screenReadersFindThePopup()
{
    Desk desk({ { u"a"_s, listOf({ u"one"_s }) } });
    const QAccessibleInterface *button = QAccessible::queryAccessibleInterface(&desk.picker);
    QCOMPARE(button->childCount(), 0);
    desk.open();
    QCOMPARE(button->childCount(), 1);
    const QAccessibleInterface *popup = button->child(0);
    QCOMPARE(popup->parent()->object(), &desk.picker);
    QVERIFY(!popup->text(QAccessible::Name).isEmpty());
    QStringList found;
    for (int i = 0; i < popup->childCount(); ++i) {
        const QAccessibleInterface *part = popup->child(i);
        if (part->role() == QAccessible::List || part->role() == QAccessible::EditableText)
            found << part->text(QAccessible::Name);
    }
    found.sort();
    QCOMPARE(found, (QStringList { u"Find a model or type its name"_s, u"Models"_s }));
    // What is drawn in the field, too.
    const auto icons = popup->object()->findChildren<QToolButton *>();
    QVERIFY(!icons.isEmpty());
    for (QToolButton *icon : icons)
        QVERIFY(!QAccessible::queryAccessibleInterface(icon)->text(QAccessible::Name).isEmpty());
    QTest::keyClick(popup->object()->findChild<QLineEdit *>(), Qt::Key_Escape);
    QCOMPARE(button->childCount(), 0);
    QAccessible::queryAccessibleInterface(&desk.picker)
        ->actionInterface()
        ->doAction(QAccessibleActionInterface::pressAction());
    QCOMPARE(button->childCount(), 1);
}

QTEST_MAIN(ModelPickerTest)
#include "tst_modelpicker.moc"
