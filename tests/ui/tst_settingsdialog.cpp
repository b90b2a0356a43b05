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
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableWidget>
#include <QTest>

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
    void opensOnAProvider();
    void removesAndForgets();
    void theSimulatorStays();
    void fieldsAreOfOneWidth();
    void valuesAreStored();
    void aFailedWriteIsSaid();
    void cancelChangesNothing();
    void onlyEditsAreAskedAbout();
    void closingOffersToSave();
    void theCacheIsShownAndCleared();
};

namespace {

const QString secret = u"sk-very-secret-1234"_s;

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
    QTRY_VERIFY(find<QLabel>(dialog, u"cacheSize"_s)->text().startsWith(u"1 answer, "_s));
    QVERIFY(find<QLabel>(dialog, u"cacheSize"_s)->text().endsWith(u" kB"_s));
    QCOMPARE(find<QLabel>(dialog, u"cacheOutcome"_s)->text(), u"1 answer cleared."_s);
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

void SettingsDialogTest::aFailedWriteIsSaid()
{
    test::World world;
    QVERIFY(world.settings.flush());
    const QString file = world.dir.filePath(u"settings.json"_s);
    QVERIFY(QFile::remove(file));
    QVERIFY(QDir().mkdir(file)); // writing fails for every user, root included
    SettingsDialog dialog(world.context);
    dialog.open();
    auto *idle = find<QSpinBox>(dialog, u"setting_limits/idle_ms"_s);
    idle->setValue(30'000);
    save(dialog);
    QVERIFY(dialog.isVisible());
    const QString words = find<QLabel>(dialog, u"settingsMessage"_s)->text();
    QVERIFY2(words.contains(u"could not be saved"_s), qPrintable(words));
    QCOMPARE(idle->value(), 30'000);
    QVERIFY(QDir().rmdir(file)); // there is room again
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    config::Settings reread(world.dir.path());
    QVERIFY(reread.load());
    QCOMPARE(reread.value("limits/idle_ms").toInt(), 30'000);
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
