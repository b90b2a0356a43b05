#include "tests/ui/settingsforms.h"
#include "tests/ui/world.h"
#include "ui/rowdelegate.h"
#include "ui/settings/settingsdialog.h"
#include "ui/settings/vendordialog.h"

#include <QComboBox>
#include <QDirIterator>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableWidget>
#include <QTest>
#include <QToolButton>

using namespace talkbench;
using namespace talkbench::test;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class SettingsDialogTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theKeyGoesToTheKeychainOnly();
    void withoutAKeychainItSaysSo();
    void invalidInputIsSaidAndNothingIsLost();
    void headersAreKeptAndSecretOnesRefused();
    void addsByKeys();
    void aTypedModelStaysAsTyped();
    void vendorsAreFoundByWords();
    void severalKeysOneInUse();
    void aKeyOfTheEnvironmentIsNotStored();
    void aKeyIsShownOnlyWhenAsked();
    void statusesAreTold();
    void providersAreFound();
    void opensOnAProvider();
    void removesAndForgets();
    void testsTheConnection();
    void whatATestFoundIsKept();
    void aFoundServerIsAddedOnce();
    void theSimulatorStays();
    void fieldsAreOfOneWidth();
    void valuesAreStored();
    void cancelChangesNothing();
    void onlyEditsAreAskedAbout();
    void closingOffersToSave();
    void theCacheIsShownAndCleared();
};

namespace {

const QString secret = u"sk-very-secret-1234"_s;

QString keyInUse(test::World &world, const QString &providerId)
{
    const auto endpoint = world.endpoints.resolve(providerId);
    return QTest::qWaitFor([&endpoint] { return endpoint.isFinished(); }) ? endpoint.result()->apiKey : QString();
}

} // namespace

void SettingsDialogTest::theKeyGoesToTheKeychainOnly()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    QCOMPARE(find<QLineEdit>(dialog, u"providerName"_s)->text(), u"a"_s);
    auto *key = find<QLineEdit>(dialog, u"providerKey"_s);
    QCOMPARE(key->echoMode(), QLineEdit::Password);
    QTest::keyClicks(key, secret);
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    save(dialog);
    QTRY_COMPARE(accepted.count(), 1);
    QCOMPARE(world.keychain.kept.value(u"a"_s), secret);
    const QByteArray all = bytesOf(world.dir.path());
    QVERIFY(all.contains("\"a\""));
    QVERIFY(!all.contains(secret.toUtf8()));
    QVERIFY(key->text().isEmpty());
    SettingsDialog again(world.context);
    QTRY_VERIFY(find<QLabel>(again, u"providerKeyState"_s)->text().contains(u"In the system keychain"_s));
    QVERIFY(find<QLineEdit>(again, u"providerKey"_s)->text().isEmpty());
}

void SettingsDialogTest::withoutAKeychainItSaysSo()
{
    test::World world({ { u"a"_s, models() } });
    world.keychain.works = false;
    SettingsDialog dialog(world.context);
    dialog.open();
    QTest::keyClicks(find<QLineEdit>(dialog, u"providerKey"_s), secret);
    save(dialog);
    auto *message = find<QLabel>(dialog, u"settingsMessage"_s);
    QTRY_VERIFY(message->text().contains(u"memory"_s));
    QVERIFY(dialog.isVisible());
    QVERIFY(find<QLabel>(dialog, u"providerKeyState"_s)->text().contains(u"memory only"_s));
    QCOMPARE(world.secrets.read(u"a"_s).result(), secret);
    QVERIFY(!bytesOf(world.dir.path()).contains(secret.toUtf8()));
    const auto *leave = find<QPushButton>(dialog, u"settingsLeave"_s);
    QCOMPARE(leave->text(), u"Close"_s); // there is nothing to lose
    const auto *source = find<QComboBox>(dialog, u"providerKeySource"_s);
    QVERIFY(source->sizeHint().width() > source->fontMetrics().horizontalAdvance(source->currentText()));
    QTest::keyClicks(find<QLineEdit>(dialog, u"providerName"_s), u"x"_s);
    QCOMPARE(leave->text(), u"Cancel"_s);
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
}

void SettingsDialogTest::invalidInputIsSaidAndNothingIsLost()
{
    test::World world({ { u"a"_s, models() }, { u"b"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    auto *url = find<QLineEdit>(dialog, u"providerUrl"_s);
    retype(url, u"not an address"_s);
    choose(dialog, 2);
    save(dialog);
    QVERIFY(dialog.isVisible());
    QCOMPARE(find<QListView>(dialog, u"providerList"_s)->currentIndex().row(), 1);
    QVERIFY(find<QLabel>(dialog, u"providerProblem"_s)->isVisible());
    QCOMPARE(url->text(), u"not an address"_s);
    QCOMPARE(world.settings.provider(u"a"_s)->baseUrl, QUrl(u"http://a/v1"_s));
    retype(url, u"http://c/v1"_s);
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.settings.provider(u"a"_s)->baseUrl, QUrl(u"http://c/v1"_s));
}

void SettingsDialogTest::headersAreKeptAndSecretOnesRefused()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    auto *headers = find<QTableWidget>(dialog, u"providerHeaders"_s);
    headers->item(0, 0)->setText(u"Authorization"_s);
    headers->item(0, 1)->setText(u"Bearer abc"_s);
    save(dialog);
    QVERIFY(dialog.isVisible());
    QVERIFY(find<QLabel>(dialog, u"providerProblem"_s)->isVisible());
    headers->item(0, 0)->setText(u"X-Team"_s);
    headers->item(0, 1)->setText(u"blue"_s);
    QCOMPARE(headers->rowCount(), 2);
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.settings.provider(u"a"_s)->headers, (base::HttpHeaders { { "X-Team", "blue" } }));
}

void SettingsDialogTest::addsByKeys()
{
    test::World world;
    SettingsDialog dialog(world.context);
    dialog.open();
    QTest::keyClick(find<QPushButton>(dialog, u"providerAdd"_s), Qt::Key_Space);
    auto *vendors = dialog.findChild<VendorDialog *>();
    QVERIFY(vendors);
    auto *search = find<QLineEdit>(*vendors, u"vendorSearch"_s);
    auto *list = find<QListWidget>(*vendors, u"vendorList"_s);
    QTest::keyClicks(search, u"zzz-nobody"_s);
    QCOMPARE(list->count(), 2); // its heading and the server of one's own
    QTest::keyClick(search, Qt::Key_Return);
    QTRY_VERIFY(!dialog.findChild<VendorDialog *>());
    retype(find<QLineEdit>(dialog, u"providerName"_s), u"Lab"_s);
    retype(find<QLineEdit>(dialog, u"providerUrl"_s), u"http://lab:8080/v1"_s);
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    const auto providers = world.settings.providers();
    QCOMPARE(providers.size(), 2);
    QCOMPARE(providers.last().name, u"Lab"_s);
    QCOMPARE(providers.last().protocol, u"openai-chat"_s);
}

void SettingsDialogTest::aTypedModelStaysAsTyped()
{
    test::World world({ { u"p"_s, {} } });
    QList<llm::ModelInfo> listed(2);
    listed.first().id = u"alpha"_s;
    listed.last().id = u"beta"_s;
    for (const QString &typed : { u"al"_s, u"Alpha"_s, u"alpha"_s }) {
        world.models.learn(u"p"_s, listed); // a provider that is saved anew is asked anew
        SettingsDialog dialog(world.context);
        dialog.open();
        choose(dialog, 1);
        auto *model = find<QComboBox>(dialog, u"providerModel"_s);
        QCOMPARE(model->count(), 2);
        model->setFocus();
        QTRY_VERIFY(model->lineEdit()->hasFocus()); // only then it completes
        retype(model->lineEdit(), typed);
        QWidget *offered = QApplication::activePopupWidget();
        QCOMPARE(offered != nullptr, typed.front().isLower());
        QTest::keyClick(offered ? offered : model->lineEdit(), Qt::Key_Tab);
        find<QLineEdit>(dialog, u"providerUrl"_s)->setFocus();
        QCOMPARE(model->currentText(), typed);
        save(dialog);
        QTRY_VERIFY(!dialog.isVisible());
        QCOMPARE(world.settings.provider(u"p"_s)->defaultModel, typed);
    }
}

void SettingsDialogTest::vendorsAreFoundByWords()
{
    test::World world;
    SettingsDialog dialog(world.context);
    dialog.open();
    QTest::keyClick(find<QPushButton>(dialog, u"providerAdd"_s), Qt::Key_Space);
    auto *vendors = dialog.findChild<VendorDialog *>();
    auto *search = find<QLineEdit>(*vendors, u"vendorSearch"_s);
    auto *list = find<QListWidget>(*vendors, u"vendorList"_s);
    QVERIFY(list->count() > 30);
    QVERIFY(!list->item(0)->flags().testFlag(Qt::ItemIsSelectable)); // local servers have the first heading
    for (int i = 0; i < 100; ++i) {
        QTest::keyClick(search, Qt::Key_Down);
        QVERIFY(list->currentItem()->flags().testFlag(Qt::ItemIsSelectable));
    }
    QCOMPARE(list->currentRow(), list->count() - 1);
    QTest::keyClick(search, Qt::Key_PageUp);
    QVERIFY(list->currentRow() < list->count() - 2);
    QTest::keyClicks(search, u"openai"_s); // a protocol of many, the name of one
    QCOMPARE(list->currentItem()->text(), u"OpenAI"_s);
    search->clear();
    QTest::keyClicks(search, u"china silicon"_s);
    QCOMPARE(list->currentItem()->text(), u"SiliconCloud (SiliconFlow China)"_s);
    QTest::keyClick(search, Qt::Key_Return);
    QTRY_VERIFY(!dialog.findChild<VendorDialog *>());
    QCOMPARE(find<QLineEdit>(dialog, u"providerName"_s)->text(), u"SiliconCloud (SiliconFlow China)"_s);
    QTRY_COMPARE(dialog.focusWidget(), find<QLineEdit>(dialog, u"providerKey"_s));
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.settings.providers().last().vendor, u"siliconflow-cn"_s);
}

void SettingsDialogTest::severalKeysOneInUse()
{
    test::World world({ { u"a"_s, models() } });
    world.keychain.kept.insert(u"a"_s, u"old"_s);
    {
        SettingsDialog dialog(world.context);
        dialog.open();
        auto *keys = find<QComboBox>(dialog, u"providerKeyChoice"_s);
        QVERIFY(!keys->isVisible());
        QTest::keyClick(find<QToolButton>(dialog, u"providerKeyAdd"_s), Qt::Key_Space);
        QVERIFY(keys->isVisible());
        QTest::keyClicks(keys->lineEdit(), u"Work"_s); // its name is selected: typing replaces it
        QTest::keyClicks(find<QLineEdit>(dialog, u"providerKey"_s), secret);
        save(dialog);
        QTRY_VERIFY(!dialog.isVisible());
    }
    QCOMPARE(world.keychain.kept.value(u"a"_s), u"old"_s);
    QCOMPARE(world.keychain.kept.value(u"a/key-2"_s), secret);
    QCOMPARE(config::activeKeyOf(*world.settings.provider(u"a"_s)).name, u"Work"_s);
    QCOMPARE(keyInUse(world, u"a"_s), secret);
    QVERIFY(!bytesOf(world.dir.path()).contains(secret.toUtf8()));
    {
        SettingsDialog dialog(world.context);
        dialog.open();
        auto *keys = find<QComboBox>(dialog, u"providerKeyChoice"_s);
        QCOMPARE(keys->currentText(), u"Work"_s);
        QTest::keyClick(keys, Qt::Key_Up);
        QCOMPARE(keys->currentText(), u"First key"_s);
        save(dialog);
        QTRY_VERIFY(!dialog.isVisible());
    }
    QCOMPARE(keyInUse(world, u"a"_s), u"old"_s);
    {
        SettingsDialog dialog(world.context);
        dialog.open();
        QTest::keyClick(find<QToolButton>(dialog, u"providerKeyRemove"_s), Qt::Key_Space);
        save(dialog);
        QTRY_VERIFY(!dialog.isVisible());
    }
    QVERIFY(!world.keychain.kept.contains(u"a"_s));
    QCOMPARE(keyInUse(world, u"a"_s), secret);
}

void SettingsDialogTest::aKeyOfTheEnvironmentIsNotStored()
{
    qputenv("TALKBENCH_TEST_KEY", secret.toUtf8());
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    QTest::keyClick(find<QComboBox>(dialog, u"providerKeySource"_s), Qt::Key_Down);
    auto *variable = find<QLineEdit>(dialog, u"providerKeyVariable"_s);
    QVERIFY(variable->isVisible());
    auto *state = find<QLabel>(dialog, u"providerKeyState"_s);
    retype(variable, u"NO_SUCH_VARIABLE"_s);
    QVERIFY(state->text().contains(u"not set"_s));
    retype(variable, secret); // pasted into the wrong field
    save(dialog);
    QVERIFY(dialog.isVisible());
    QVERIFY(!find<QLabel>(dialog, u"providerProblem"_s)->text().contains(secret));
    retype(variable, u"TALKBENCH_TEST_KEY"_s);
    QVERIFY(state->text().contains(u"is set"_s));
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QVERIFY(world.keychain.kept.isEmpty());
    QVERIFY(!bytesOf(world.dir.path()).contains(secret.toUtf8()));
    QCOMPARE(keyInUse(world, u"a"_s), secret);
    qunsetenv("TALKBENCH_TEST_KEY");
}

void SettingsDialogTest::aKeyIsShownOnlyWhenAsked()
{
    test::World world({ { u"a"_s, models() }, { u"b"_s, models() } });
    world.keychain.kept.insert(u"a"_s, secret);
    SettingsDialog dialog(world.context);
    dialog.open();
    auto *key = find<QLineEdit>(dialog, u"providerKey"_s);
    auto *reveal = find<QToolButton>(dialog, u"providerKeyReveal"_s);
    QTRY_VERIFY(find<QLabel>(dialog, u"providerKeyState"_s)->text().startsWith(u"In the system"_s));
    QVERIFY(key->text().isEmpty());
    QTest::keyClick(reveal, Qt::Key_Space);
    QTRY_COMPARE(key->text(), secret);
    QCOMPARE(key->echoMode(), QLineEdit::Normal);
    choose(dialog, 2);
    QVERIFY(key->text().isEmpty());
    QCOMPARE(key->echoMode(), QLineEdit::Password);
    choose(dialog, 1);
    QVERIFY(key->text().isEmpty());
    QVERIFY(!reveal->isChecked());
    save(dialog); // looking changes nothing
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.keychain.kept, (QHash<QString, QString> { { u"a"_s, secret } }));
}

void SettingsDialogTest::statusesAreTold()
{
    test::Script rejected;
    rejected.status = 401;
    rejected.pieces = { R"({"error":{"message":"Incorrect API key"}})" };
    test::World world({ { u"a"_s, models() }, { u"b"_s, rejected } });
    auto providers = world.settings.providers();
    config::ProviderConfig service = providers.last();
    service.id = service.name = service.vendor = u"mistral"_s;
    service.baseUrl = QUrl(u"https://api.mistral.ai/v1"_s);
    providers << service;
    world.settings.setProviders(providers);
    SettingsDialog dialog(world.context);
    dialog.open();
    const auto *list = find<QListView>(dialog, u"providerList"_s)->model();
    const auto status = [list](int row) { return list->index(row, 0).data(Qt::AccessibleTextRole).toString(); };
    QTRY_COMPARE(status(3), u"mistral, no key"_s);
    QCOMPARE(status(1), u"a, not tested"_s);
    find<QPushButton>(dialog, u"providerTest"_s)->click();
    QTRY_COMPARE(status(1), u"a, works"_s);
    choose(dialog, 2);
    find<QPushButton>(dialog, u"providerTest"_s)->click();
    QTRY_COMPARE(status(2), u"b, key rejected"_s);
    // Another key may be right: what was said of the old one is withdrawn.
    QTest::keyClicks(find<QLineEdit>(dialog, u"providerKey"_s), u"x"_s);
    QCOMPARE(status(2), u"b, not tested"_s);
    // A name is no reason to test again.
    choose(dialog, 1);
    retype(find<QLineEdit>(dialog, u"providerName"_s), u"c"_s);
    QCOMPARE(status(1), u"c, works"_s);
    // What the window knows is told at once the next time.
    SettingsDialog again(world.context);
    const auto *rows = find<QListView>(again, u"providerList"_s)->model();
    QCOMPARE(rows->index(1, 0).data(Qt::AccessibleTextRole).toString(), u"a, works"_s);
}

void SettingsDialogTest::providersAreFound()
{
    test::World world({ { u"alpha"_s, models() }, { u"beta"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    auto *search = find<QLineEdit>(dialog, u"providerSearch"_s);
    auto *list = find<QListView>(dialog, u"providerList"_s);
    QTest::keyClicks(search, u"bet"_s);
    QCOMPARE(list->model()->rowCount(), 1);
    QCOMPARE(find<QLineEdit>(dialog, u"providerName"_s)->text(), u"beta"_s);
    QTest::keyClicks(search, u"zzz"_s);
    QCOMPARE(list->model()->rowCount(), 0);
    QVERIFY(!find<QPushButton>(dialog, u"providerRemove"_s)->isEnabled());
    QVERIFY(!find<QPushButton>(dialog, u"providerTest"_s)->isEnabled());
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.settings.providers().size(), 3);
}

void SettingsDialogTest::opensOnAProvider()
{
    test::World world({ { u"alpha"_s, models() }, { u"beta"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.showProvider(u"beta"_s);
    dialog.open();
    QCOMPARE(find<QLineEdit>(dialog, u"providerName"_s)->text(), u"beta"_s);
    dialog.showProvider(u"gone"_s);
    QCOMPARE(find<QLineEdit>(dialog, u"providerName"_s)->text(), u"beta"_s);
}

void SettingsDialogTest::removesAndForgets()
{
    test::World world({ { u"a"_s, models() }, { u"b"_s, models() } });
    world.keychain.kept.insert(u"a"_s, secret);
    SettingsDialog dialog(world.context);
    dialog.open();
    find<QPushButton>(dialog, u"providerRemove"_s)->click();
    QCOMPARE(find<QLineEdit>(dialog, u"providerName"_s)->text(), u"b"_s);
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QVERIFY(!world.settings.provider(u"a"_s));
    QVERIFY(world.settings.provider(u"b"_s));
    QVERIFY(!world.keychain.kept.contains(u"a"_s));
}

void SettingsDialogTest::testsTheConnection()
{
    test::Script refused;
    refused.error = base::Error { base::ErrorKind::Refused, u"Nothing answers there."_s, {}, 0, {} };
    test::World world({ { u"a"_s, models() }, { u"b"_s, refused } });
    SettingsDialog dialog(world.context);
    dialog.open();
    auto *result = find<QLabel>(dialog, u"providerTestResult"_s);
    find<QPushButton>(dialog, u"providerTest"_s)->click();
    QTRY_VERIFY2(result->text().startsWith(u"Works: 2 models"_s), qPrintable(result->text()));
    QVERIFY(!find<QLabel>(dialog, u"testStepTime_models"_s)->text().isEmpty());
    QCOMPARE(find<QComboBox>(dialog, u"providerModel"_s)->count(), 2);
    QCOMPARE(find<QComboBox>(dialog, u"providerModel"_s)->currentText(), u"priced"_s);
    choose(dialog, 2);
    QVERIFY(result->text().isEmpty());
    find<QPushButton>(dialog, u"providerTest"_s)->click();
    QTRY_COMPARE(result->text(), u"Nothing answers there."_s);
    QVERIFY(find<QLabel>(dialog, u"testStep_models"_s)->text().contains(u"Start the server"_s));
}

void SettingsDialogTest::whatATestFoundIsKept()
{
    test::Script plain;
    plain.error = base::Error { base::ErrorKind::Tls, u"No."_s, u"wrong version number"_s, 0, {} };
    test::World world({ { u"a"_s, models() }, { u"b"_s, plain } });
    {
        SettingsDialog dialog(world.context);
        dialog.open();
        auto *test = find<QPushButton>(dialog, u"providerTest"_s);
        // The keychain's answer may take a line more.
        QTRY_VERIFY(find<QLabel>(dialog, u"providerKeyState"_s)->text().startsWith(u"No key stored"_s));
        QCoreApplication::processEvents();
        const QPoint place = test->mapTo(&dialog, QPoint());
        test->click();
        QTRY_VERIFY(dialog.findChild<QLabel *>(u"testStepTime_models"_s));
        QTRY_VERIFY(dialog.findChild<QLabel *>(u"testStepTime_models"_s));
        QCOMPARE(test->mapTo(&dialog, QPoint()), place);
        // The model chosen after it does not make it worthless.
        find<QComboBox>(dialog, u"providerModel"_s)->setCurrentText(u"beta"_s);
        choose(dialog, 2);
        test->click();
        QTRY_COMPARE(find<QLabel>(dialog, u"providerTestResult"_s)->text(), u"No."_s);
        save(dialog);
        QTRY_VERIFY(!dialog.isVisible());
    }
    SettingsDialog again(world.context);
    again.open();
    const auto *rows = find<QListView>(again, u"providerList"_s)->model();
    QCOMPARE(rows->index(1, 0).data(Qt::AccessibleTextRole).toString(), u"a, works"_s);
    QCOMPARE(rows->index(2, 0).data(Qt::AccessibleTextRole).toString(), u"b, no TLS spoken here"_s);
    choose(again, 1);
    QCOMPARE(find<QLabel>(again, u"providerTestResult"_s)->text(), u"Works: 2 models. (just now)"_s);
}

/// The same server is offered by the window and by the list of vendors.
void SettingsDialogTest::aFoundServerIsAddedOnce()
{
    test::World world({ { u"127.0.0.1"_s, models() }, { u"localhost"_s, models() } });
    world.settings.setProviders({});
    SettingsDialog dialog(world.context);
    dialog.open();
    const auto *rows = find<QListView>(dialog, u"providerList"_s)->model();
    for (int time = 0; time < 2; ++time) {
        find<QPushButton>(dialog, u"providerAdd"_s)->click();
        auto *vendors = find<VendorDialog>(dialog, u"vendorDialog"_s);
        auto *list = find<QListWidget>(*vendors, u"vendorList"_s);
        QTRY_COMPARE(list->item(0)->text(), u"Found on this machine"_s);
        const QString detail = list->item(1)->data(RowDetailRole).toString();
        QVERIFY2(detail.contains(u":"_s) && detail.endsWith(u" · 2 models"_s), qPrintable(detail));
        list->setCurrentRow(1);
        find<QPushButton>(*vendors, u"vendorAdd"_s)->click();
        QTRY_VERIFY(!dialog.findChild<VendorDialog *>(u"vendorDialog"_s));
        QCOMPARE(rows->rowCount(), 2);
    }
}

void SettingsDialogTest::theSimulatorStays()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    choose(dialog, 0);
    QVERIFY(!find<QPushButton>(dialog, u"providerRemove"_s)->isEnabled());
    QVERIFY(!find<QLineEdit>(dialog, u"providerUrl"_s)->isEnabled());
    QVERIFY(find<QComboBox>(dialog, u"providerModel"_s)->isEnabled());
}

void SettingsDialogTest::fieldsAreOfOneWidth()
{
    test::World world;
    SettingsDialog dialog(world.context);
    dialog.open();
    dialog.showPage(SettingsDialog::General);
    const int width = find<QWidget>(dialog, u"setting_theme"_s)->width();
    for (const auto &name : { u"text_zoom"_s, u"send_with"_s, u"default/provider"_s, u"default/model"_s })
        QCOMPARE(find<QWidget>(dialog, u"setting_"_s + name)->width(), width);
}

void SettingsDialogTest::theCacheIsShownAndCleared()
{
    test::World world;
    for (const QString &model : { u"a"_s, u"b"_s }) {
        profile::CacheEntry entry;
        entry.original.model = model;
        world.cache.save(model.toUtf8(), entry);
    }
    world.cache.countMiss();
    world.cache.countHit("a", { u"run"_s, 0, 1800, 0.012 });
    SettingsDialog dialog(world.context);
    dialog.open();
    dialog.showPage(SettingsDialog::Cache);
    QTRY_VERIFY(find<QLabel>(dialog, u"cacheSize"_s)->text().startsWith(u"2 answers"_s));
    QCOMPARE(find<QLabel>(dialog, u"cacheHits"_s)->text(), u"1 of 2 (50.0 %)"_s);
    QCOMPARE(find<QLabel>(dialog, u"cacheSaved"_s)->text(), u"1.8 s and $0.012"_s);
    auto *models = find<QComboBox>(dialog, u"cacheModels"_s);
    QTRY_COMPARE(models->count(), 2);
    models->setCurrentIndex(1);
    QTest::keyClick(find<QPushButton>(dialog, u"cacheClearModel"_s), Qt::Key_Space);
    QTRY_VERIFY(find<QLabel>(dialog, u"cacheSize"_s)->text().startsWith(u"1 answers"_s));
    QTRY_COMPARE(models->count(), 1);
    QCOMPARE(models->currentText(), u"a"_s);
    QTest::keyClick(find<QPushButton>(dialog, u"cacheClearAll"_s), Qt::Key_Space);
    QTRY_VERIFY(find<QLabel>(dialog, u"cacheSize"_s)->text().startsWith(u"0 answers"_s));
    QVERIFY(!find<QPushButton>(dialog, u"cacheClearAll"_s)->isEnabled());
    QCOMPARE(world.settings.value("cache/policy").toString(), u"deterministic"_s);
    auto *policy = find<QComboBox>(dialog, u"setting_cache/policy"_s);
    policy->setCurrentIndex(policy->findData(u"always"_s));
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.settings.value("cache/policy").toString(), u"always"_s);
}

void SettingsDialogTest::valuesAreStored()
{
    test::World world;
    SettingsDialog dialog(world.context);
    dialog.open();
    QSignalSpy changed(&world.settings, &config::Settings::changed);
    auto *theme = find<QComboBox>(dialog, u"setting_theme"_s);
    theme->setCurrentIndex(theme->findData(u"dark"_s));
    find<QSpinBox>(dialog, u"setting_limits/idle_ms"_s)->setValue(30'000);
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.settings.value("theme").toString(), u"dark"_s);
    QCOMPARE(world.settings.value("limits/idle_ms").toInt(), 30'000);
    QCOMPARE(changed.count(), 2);
    config::Settings reread(world.dir.path());
    QVERIFY(reread.load());
    QCOMPARE(reread.value("theme").toString(), u"dark"_s);
}

void SettingsDialogTest::cancelChangesNothing()
{
    test::World world({ { u"a"_s, models() } });
    const auto before = world.settings.providers();
    {
        SettingsDialog dialog(world.context);
        dialog.open();
        retype(find<QLineEdit>(dialog, u"providerName"_s), u"other"_s);
        QTest::keyClicks(find<QLineEdit>(dialog, u"providerKey"_s), secret);
        const auto answer = [&dialog](QMessageBox::StandardButton button) {
            QTest::keyClick(&dialog, Qt::Key_Escape);
            QVERIFY(dialog.isVisible());
            auto *question = dialog.findChild<QMessageBox *>(u"discardQuestion"_s);
            QVERIFY(question);
            question->setObjectName({}); // it goes later
            question->button(button)->click();
        };
        answer(QMessageBox::Cancel);
        QVERIFY(dialog.isVisible());
        QCOMPARE(find<QLineEdit>(dialog, u"providerName"_s)->text(), u"other"_s);
        answer(QMessageBox::Discard);
        QVERIFY(!dialog.isVisible());
    }
    QCOMPARE(world.settings.providers(), before);
    QVERIFY(world.keychain.kept.isEmpty());
}

/// Looking around is no edit; a field of any page is one, until it is as it was.
void SettingsDialogTest::onlyEditsAreAskedAbout()
{
    test::World world({ { u"a"_s, models() }, { u"b"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    for (int page = SettingsDialog::Providers; page <= SettingsDialog::Monitoring; ++page)
        dialog.showPage(SettingsDialog::Page(page));
    auto *list = find<QListView>(dialog, u"providerList"_s);
    for (int row = 0; row < list->model()->rowCount(); ++row)
        list->setCurrentIndex(list->model()->index(row, 0));
    find<QLineEdit>(dialog, u"tryPrompt"_s)->setText(u"Which model?"_s);
    find<QLineEdit>(dialog, u"priceSearch"_s)->setText(u"gpt"_s);
    const auto asks = [&dialog] {
        QTest::keyClick(&dialog, Qt::Key_Escape);
        auto *question = dialog.findChild<QMessageBox *>(u"discardQuestion"_s);
        if (question)
            question->setObjectName({});
        if (question)
            question->button(QMessageBox::Cancel)->click();
        return question != nullptr;
    };
    auto *bypass = find<QLineEdit>(dialog, u"networkBypass"_s);
    const QString before = bypass->text();
    retype(bypass, u"example.com"_s);
    QVERIFY(asks() && dialog.isVisible());
    retype(bypass, before);
    find<QPushButton>(dialog, u"budgetAdd"_s)->click();
    QVERIFY(asks() && dialog.isVisible());
    find<QPushButton>(dialog, u"budgetRemove"_s)->click();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    QVERIFY(!asks());
    QVERIFY(!dialog.isVisible());
}

void SettingsDialogTest::closingOffersToSave()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    retype(find<QLineEdit>(dialog, u"providerName"_s), u"other"_s);
    dialog.close();
    QVERIFY(dialog.isVisible());
    dialog.findChild<QMessageBox *>(u"discardQuestion"_s)->button(QMessageBox::Save)->click();
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.settings.provider(u"a"_s)->name, u"other"_s);
}

QTEST_MAIN(SettingsDialogTest)
#include "tst_settingsdialog.moc"
