#include "tests/ui/world.h"
#include "ui/settings/settingsdialog.h"
#include "ui/settings/vendordialog.h"

#include <QComboBox>
#include <QDirIterator>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableWidget>
#include <QTest>

using namespace talkbench;
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
    void removesAndForgets();
    void testsTheConnection();
    void theSimulatorStays();
    void valuesAreStored();
    void cancelChangesNothing();
};

namespace {

const QString secret = u"sk-very-secret-1234"_s;

template <typename T>
T *find(const QWidget &widget, const QString &name)
{
    T *found = widget.findChild<T *>(name);
    if (!found)
        qFatal("no %s", qPrintable(name));
    return found;
}

void retype(QLineEdit *edit, const QString &text)
{
    edit->selectAll();
    QTest::keyClick(edit, Qt::Key_Delete);
    QTest::keyClicks(edit, text);
}

void save(const SettingsDialog &dialog)
{
    find<QPushButton>(dialog, u"settingsSave"_s)->click();
}

/// Every byte below the folder.
QByteArray bytesOf(const QString &dir)
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

test::Script models()
{
    test::Script script;
    script.pieces = { R"({"object":"list","data":[{"id":"alpha","object":"model"},{"id":"beta","object":"model"}]})" };
    return script;
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
    find<QListWidget>(dialog, u"providerList"_s)->setCurrentRow(2);
    save(dialog);
    QVERIFY(dialog.isVisible());
    QCOMPARE(find<QListWidget>(dialog, u"providerList"_s)->currentRow(), 1);
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
    QCOMPARE(list->count(), 1);
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
    QVERIFY(result->text().contains(u"ms"_s) || result->text().contains(u" s"_s));
    QCOMPARE(find<QComboBox>(dialog, u"providerModel"_s)->count(), 2);
    QCOMPARE(find<QComboBox>(dialog, u"providerModel"_s)->currentText(), u"priced"_s);
    find<QListWidget>(dialog, u"providerList"_s)->setCurrentRow(2);
    QVERIFY(result->text().isEmpty());
    find<QPushButton>(dialog, u"providerTest"_s)->click();
    QTRY_VERIFY(!result->text().isEmpty() && !result->text().startsWith(u"Asking"_s));
    QVERIFY(!result->text().startsWith(u"Works"_s));
    QVERIFY(result->text().contains(u"after"_s));
}

void SettingsDialogTest::theSimulatorStays()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    find<QListWidget>(dialog, u"providerList"_s)->setCurrentRow(0);
    QVERIFY(!find<QPushButton>(dialog, u"providerRemove"_s)->isEnabled());
    QVERIFY(!find<QLineEdit>(dialog, u"providerUrl"_s)->isEnabled());
    QVERIFY(find<QComboBox>(dialog, u"providerModel"_s)->isEnabled());
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
        QTest::keyClick(&dialog, Qt::Key_Escape);
        QVERIFY(!dialog.isVisible());
    }
    QCOMPARE(world.settings.providers(), before);
    QVERIFY(world.keychain.kept.isEmpty());
}

QTEST_MAIN(SettingsDialogTest)
#include "tst_settingsdialog.moc"
