#include "tests/ui/settingsforms.h"
#include "tests/ui/world.h"
#include "ui/rowdelegate.h"
#include "ui/settings/settingsdialog.h"
#include "ui/settings/vendordialog.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

using namespace talkbench;
using namespace talkbench::test;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

/// Connection tests, statuses, keys and what was found of a provider.
class ProviderSettingsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void severalKeysOneInUse();
    void aKeyOfTheEnvironmentIsNotStored();
    void aKeyIsShownOnlyWhenAsked();
    void statusesAreTold();
    void providersAreFound();
    void testsTheConnection();
    void whatATestFoundIsKept();
    void aFoundServerIsAddedOnce();
};

namespace {

const QString secret = u"sk-very-secret-1234"_s;

QString keyInUse(test::World &world, const QString &providerId)
{
    const auto endpoint = world.endpoints.resolve(providerId);
    return QTest::qWaitFor([&endpoint] { return endpoint.isFinished(); }) ? endpoint.result()->apiKey : QString();
}

} // namespace

void ProviderSettingsTest::severalKeysOneInUse()
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

void ProviderSettingsTest::aKeyOfTheEnvironmentIsNotStored()
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

void ProviderSettingsTest::aKeyIsShownOnlyWhenAsked()
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

void ProviderSettingsTest::statusesAreTold()
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

void ProviderSettingsTest::providersAreFound()
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

void ProviderSettingsTest::testsTheConnection()
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

void ProviderSettingsTest::whatATestFoundIsKept()
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
void ProviderSettingsTest::aFoundServerIsAddedOnce()
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

QTEST_MAIN(ProviderSettingsTest)
#include "tst_providersettings.moc"
