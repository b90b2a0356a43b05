#include "tests/ui/settingsforms.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/modelpicker.h"
#include "ui/mainwindow.h"
#include "ui/settings/vendordialog.h"

#include <QComboBox>
#include <QLabel>
#include <QListWidget>

using namespace talkbench;
using namespace talkbench::test;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

/// From the simulator to a real provider, by keys only: what is typed next goes into the prompt.
class FirstRunTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aFoundServerIsUsed();
    void aModelIsChosen();
    void aProviderIsAdded_data();
    void aProviderIsAdded();
};

namespace {

/// A window of somebody who has no provider yet.
struct Fresh {
    explicit Fresh(const QHash<QString, Script> &hosts = {}) : world(hosts)
    {
        world.settings.setProviders({});
        window = std::make_unique<MainWindow>(world.context);
        window->resize(1200, 900);
        window->show();
        window->load();
    }
    QString focused() const { return window->focusWidget() ? window->focusWidget()->objectName() : QString(); }
    void press(const QString &button) const
    {
        auto *found = find<QPushButton>(*window, button);
        found->setFocus();
        QTest::keyClick(found, Qt::Key_Space);
    }

    World world;
    std::unique_ptr<MainWindow> window;
};

} // namespace

void FirstRunTest::aFoundServerIsUsed()
{
    const Fresh fresh({ { u"127.0.0.1"_s, models() }, { u"localhost"_s, models() } });
    QTRY_VERIFY(find<QWidget>(*fresh.window, u"foundServers"_s)->isVisible());
    fresh.press(u"useServer1"_s);
    QCOMPARE(fresh.window->chats().model(), u"alpha"_s);
    QCOMPARE(fresh.focused(), u"prompt"_s);
}

void FirstRunTest::aModelIsChosen()
{
    const Fresh fresh;
    auto *picker = find<ModelPicker>(*fresh.window, u"modelPicker"_s);
    picker->setFocus();
    picker->open();
    auto *filter = find<QLineEdit>(*picker, u"modelFilter"_s);
    filter->setText(u"a-name-of-my-own"_s);
    QTest::keyClick(filter, Qt::Key_Return);
    QCOMPARE(fresh.window->chats().model(), u"a-name-of-my-own"_s);
    QCOMPARE(fresh.focused(), u"prompt"_s);
}

void FirstRunTest::aProviderIsAdded_data()
{
    QTest::addColumn<QString>("typed");
    QTest::newRow("with a model") << u"own"_s;
    QTest::newRow("without one") << QString();
}

void FirstRunTest::aProviderIsAdded()
{
    QFETCH(QString, typed);
    const Fresh fresh;
    const QString simulated = fresh.window->chats().model();
    fresh.press(u"connectProvider"_s);
    auto *dialog = fresh.window->findChild<SettingsDialog *>();
    QVERIFY(dialog);
    QTest::keyClick(find<QPushButton>(*dialog, u"providerAdd"_s), Qt::Key_Space);
    auto *search = find<QLineEdit>(*find<VendorDialog>(*dialog, {}), u"vendorSearch"_s);
    QTest::keyClicks(search, u"zzz-nobody"_s);
    QTest::keyClick(search, Qt::Key_Return);
    QTRY_VERIFY(!dialog->findChild<VendorDialog *>());
    retype(find<QLineEdit>(*dialog, u"providerName"_s), u"Lab"_s);
    retype(find<QLineEdit>(*dialog, u"providerUrl"_s), u"http://lab:8080/v1"_s);
    retype(find<QComboBox>(*dialog, u"providerModel"_s)->lineEdit(), typed);
    save(*dialog);
    QTRY_VERIFY(!fresh.window->findChild<SettingsDialog *>());
    QCOMPARE(fresh.window->chats().model(), typed.isEmpty() ? simulated : typed);
    QCOMPARE(fresh.focused(), u"prompt"_s);
    // Where no model is known the banner says that one has to be chosen.
    const auto *choose = find<QPushButton>(*fresh.window, u"chooseModel"_s);
    QCOMPARE(choose->isVisible(), typed.isEmpty());
    QVERIFY(!find<QPushButton>(*fresh.window, u"connectProvider"_s)->isVisible());
}

QTEST_MAIN(FirstRunTest)
#include "tst_firstrun.moc"
