#include "tests/ui/settingsforms.h"
#include "tests/ui/world.h"
#include "ui/settings/connectiontest.h"
#include "ui/settings/settingsdialog.h"

#include <QComboBox>
#include <QLabel>
#include <QMessageBox>
#include <QSpinBox>
#include <QToolButton>

using namespace talkbench;
using namespace talkbench::test;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class NetworkSettingsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aProviderHasItsOwnWay();
    void whatCantBeReachedIsSaid();
    void limitsAreKept();
    void theStandardWayIsKept();
    void anUnfinishedProxyIsRefused();
    void aPastedUrlIsTakenApart();
    void aNewProxyPasswordVoidsTheTest();
    void escapeStopsTheTestFirst();
    void theWayIsTested();
    void stepsSayWhatWasTimed();
    void fieldsShareAnEdge();
    void aRightAddressIsOffered();
    void aCertificateIsPinnedOnceItWasShown();
};

namespace {

const QString secret = u"proxy-password-1234"_s;
const QByteArray fingerprint = QByteArray("ab").repeated(32);

template <typename Box>
void pick(const SettingsDialog &dialog, const QString &name, int index)
{
    auto *box = find<Box>(dialog, name);
    box->setCurrentIndex(index);
    Q_EMIT box->activated(index);
}

void typeProxy(const SettingsDialog &dialog, const QString &prefix)
{
    pick<QComboBox>(dialog, prefix + u"ProxyType"_s, 1);
    retype(find<QLineEdit>(dialog, prefix + u"ProxyHost"_s), u"proxy.lan"_s);
    find<QSpinBox>(dialog, prefix + u"ProxyPort"_s)->setValue(1081);
    retype(find<QLineEdit>(dialog, prefix + u"ProxyUser"_s), u"me"_s);
    QTest::keyClicks(find<QLineEdit>(dialog, prefix + u"ProxyPassword"_s), secret);
}

} // namespace

void NetworkSettingsTest::aProviderHasItsOwnWay()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    QVERIFY(!find<QLineEdit>(dialog, u"providerProxyHost"_s)->isVisibleTo(&dialog));
    pick<QComboBox>(dialog, u"providerProxying"_s, 3);
    typeProxy(dialog, u"provider"_s);
    retype(find<QLineEdit>(dialog, u"providerCaPath"_s), u"/etc/own.pem"_s);
    retype(find<QLineEdit>(dialog, u"providerPin"_s), QString::fromLatin1(fingerprint).toUpper());
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    const config::ProviderNetwork network = world.settings.provider(u"a"_s)->network;
    QVERIFY(network.proxying == config::ProviderNetwork::Proxying::Manual);
    QVERIFY(network.proxy.type == base::Proxy::Type::Socks5);
    QCOMPARE(network.proxy.host, u"proxy.lan"_s);
    QCOMPARE(int(network.proxy.port), 1081);
    QCOMPARE(network.proxy.user, u"me"_s);
    QCOMPARE(network.caFile, u"/etc/own.pem"_s);
    QCOMPARE(network.pin, fingerprint);
    QCOMPARE(world.keychain.kept.value(u"proxy/a"_s), secret);
    QVERIFY(!bytesOf(world.dir.path()).contains(secret.toUtf8()));
    const auto endpoint = world.endpoints.resolve(u"a"_s);
    QTRY_VERIFY(endpoint.isFinished());
    QCOMPARE(endpoint.result()->route.proxy.password, secret);

    SettingsDialog again(world.context);
    QTRY_VERIFY(find<QLineEdit>(again, u"providerProxyPassword"_s)->placeholderText().contains(u"kept"_s));
    QVERIFY(find<QLineEdit>(again, u"providerProxyPassword"_s)->text().isEmpty());
    QVERIFY(find<QLineEdit>(again, u"providerPin"_s)->text().startsWith(u"AB:AB:"_s));
    QCOMPARE(find<QLineEdit>(again, u"providerPin"_s)->cursorPosition(), 0); // its beginning is seen
}

void NetworkSettingsTest::whatCantBeReachedIsSaid()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    auto *pin = find<QLineEdit>(dialog, u"providerPin"_s);
    retype(pin, u"no fingerprint"_s);
    save(dialog);
    QVERIFY(dialog.isVisible());
    QVERIFY(find<QLabel>(dialog, u"providerProblem"_s)->text().contains(u"SHA-256"_s));
    QCOMPARE(pin->text(), u"no fingerprint"_s);
    QVERIFY(world.settings.provider(u"a"_s)->network.pin.isEmpty());
}

void NetworkSettingsTest::limitsAreKept()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    auto *requests = find<QSpinBox>(dialog, u"providerRequestsPerMinute"_s);
    QCOMPARE(requests->text(), u"no limit of its own"_s);
    requests->setValue(60);
    find<QSpinBox>(dialog, u"providerConcurrent"_s)->setValue(4);
    find<QSpinBox>(dialog, u"providerTokensPerMinute"_s)->setValue(90'000);
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QVERIFY(world.settings.provider(u"a"_s)->limits == (llm::ProviderLimits { 4, 60, 90'000 }));
    SettingsDialog again(world.context);
    QCOMPARE(find<QSpinBox>(again, u"providerConcurrent"_s)->value(), 4);
}

void NetworkSettingsTest::theStandardWayIsKept()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    pick<QComboBox>(dialog, u"networkProxying"_s, 2);
    typeProxy(dialog, u"network"_s);
    retype(find<QLineEdit>(dialog, u"networkBypass"_s), u"*.lan; 10.0.0.0/8"_s);
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.settings.value("network/proxy").toString(), u"manual"_s);
    QCOMPARE(world.settings.value("network/bypass").toString(), u"*.lan, 10.0.0.0/8"_s);
    QCOMPARE(world.keychain.kept.value(u"proxy/"_s), secret);
    QVERIFY(!bytesOf(world.dir.path()).contains(secret.toUtf8()));
    const auto endpoint = world.endpoints.resolve(u"a"_s);
    QTRY_VERIFY(endpoint.isFinished());
    const base::Route route = endpoint.result()->route;
    QVERIFY(route.proxying == base::Route::Proxying::Manual);
    QCOMPARE(route.proxy.host, u"proxy.lan"_s);
    QCOMPARE(route.proxy.password, secret);
}

void NetworkSettingsTest::anUnfinishedProxyIsRefused()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    pick<QComboBox>(dialog, u"networkProxying"_s, 2);
    save(dialog);
    QVERIFY(dialog.isVisible());
    QVERIFY(find<QLabel>(dialog, u"networkProblem"_s)->isVisible());
    QCOMPARE(world.settings.value("network/proxy").toString(), u"system"_s);
}

void NetworkSettingsTest::aPastedUrlIsTakenApart()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    dialog.showPage(SettingsDialog::Network);
    pick<QComboBox>(dialog, u"networkProxying"_s, 2);
    auto *host = find<QLineEdit>(dialog, u"networkProxyHost"_s);
    retype(host, u"socks5://me@proxy.lan:1081/"_s);
    Q_EMIT host->editingFinished();
    QCOMPARE(host->text(), u"proxy.lan"_s);
    QCOMPARE(find<QSpinBox>(dialog, u"networkProxyPort"_s)->value(), 1081);
    QCOMPARE(find<QComboBox>(dialog, u"networkProxyType"_s)->currentIndex(), 1);
    QCOMPARE(find<QLineEdit>(dialog, u"networkProxyUser"_s)->text(), u"me"_s);
    retype(find<QLineEdit>(dialog, u"networkBypass"_s), u"localhost, 10.0.0.0/99"_s);
    save(dialog);
    QVERIFY(dialog.isVisible());
    QVERIFY(find<QLabel>(dialog, u"networkProblem"_s)->text().contains(u"10.0.0.0/99"_s));
}

void NetworkSettingsTest::aNewProxyPasswordVoidsTheTest()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    pick<QComboBox>(dialog, u"providerProxying"_s, 3);
    typeProxy(dialog, u"provider"_s);
    find<QPushButton>(dialog, u"providerTest"_s)->click();
    auto *result = find<QLabel>(dialog, u"providerTestResult"_s);
    QTRY_VERIFY(!result->text().isEmpty() && !result->text().contains(u"Testing"_s));
    QTest::keyClicks(find<QLineEdit>(dialog, u"providerProxyPassword"_s), u"more"_s);
    QVERIFY(!result->isVisible() || result->text().isEmpty());
}

void NetworkSettingsTest::escapeStopsTheTestFirst()
{
    Script silent;
    silent.hangs = true;
    World world({ { u"a"_s, silent } });
    SettingsDialog dialog(world.context);
    dialog.show();
    QVERIFY(QTest::qWaitForWindowActive(&dialog));
    auto *button = find<QPushButton>(dialog, u"providerTest"_s);
    auto *result = find<QLabel>(dialog, u"providerTestResult"_s);
    button->click();
    QVERIFY(result->text().contains(u"Testing"_s));
    QCOMPARE(button->text(), u"Stop the test"_s);
    QTest::keyClick(&dialog, Qt::Key_Escape);
    QVERIFY(dialog.isVisible());
    QVERIFY(result->text().isEmpty());
    QCOMPARE(button->text(), u"Test connection"_s);
    QTest::keyClick(&dialog, Qt::Key_Escape);
    QVERIFY(!dialog.isVisible());
}

void NetworkSettingsTest::fieldsShareAnEdge()
{
    World world({ { u"a"_s, Script() } });
    world.settings.setValue("network/proxy", u"manual"_s);
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Network);
    dialog.show();
    QVERIFY(QTest::qWaitForWindowExposed(&dialog));
    const auto left = [&dialog](const char *name) {
        return find<QWidget>(dialog, QString::fromLatin1(name))->mapTo(&dialog, QPoint()).x();
    };
    for (const char *name :
         { "networkProxyType", "networkProxyHost", "networkProxyUser", "networkProxyPassword", "networkBypass" })
        QCOMPARE(left(name), left("networkProxying"));
}

void NetworkSettingsTest::theWayIsTested()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    dialog.showPage(SettingsDialog::Network);
    auto *result = find<QLabel>(dialog, u"networkTestResult"_s);
    auto *test = find<QPushButton>(dialog, u"networkTest"_s);
    test->setFocus();
    QTest::keyClick(test, Qt::Key_Space);
    QCOMPARE(result->text(), u"Testing…"_s);
    QCOMPARE(dialog.focusWidget(), test);
    QTest::keyClick(test, Qt::Key_Space); // one test at a time
    QTRY_VERIFY2(result->text().contains(u"lists 2 models"_s), qPrintable(result->text()));
    QCOMPARE(dialog.focusWidget(), test);
    test->click();
    QCOMPARE(result->text(), u"Testing…"_s);
}

void NetworkSettingsTest::stepsSayWhatWasTimed()
{
    using State = run::DiagnosisStep::State;
    ConnectionTest shown;
    ProviderDraft::Test test;
    test.diagnosis.steps = { { u"tls"_s, State::Ok, 12.0, u"A secure connection stands."_s, {} } };
    shown.setTest(test);
    QCOMPARE(find<QLabel>(shown, u"testStepTitle_tls"_s)->text(), u"Connect and encrypt"_s);
    test.diagnosis.steps.prepend({ u"connect"_s, State::Ok, {}, u"It takes connections."_s, {} });
    shown.setTest(test);
    QCOMPARE(find<QLabel>(shown, u"testStepTitle_tls"_s)->text(), u"Encrypt"_s);
}

void NetworkSettingsTest::aRightAddressIsOffered()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    world.requests.answerOnlyUnder(u"/v1/"_s);
    retype(find<QLineEdit>(dialog, u"providerUrl"_s), u"http://a/wrong"_s);
    auto *offer = find<QToolButton>(dialog, u"providerTestAddress"_s);
    find<QPushButton>(dialog, u"providerTest"_s)->click();
    QTRY_VERIFY(offer->isVisible());
    QCOMPARE(offer->text(), u"Use http://a/v1"_s);
    QTest::keyClick(offer, Qt::Key_Space);
    QCOMPARE(find<QLineEdit>(dialog, u"providerUrl"_s)->text(), u"http://a/v1"_s);
    QTRY_VERIFY(find<QLabel>(dialog, u"providerTestResult"_s)->text().startsWith(u"Works"_s));
    QVERIFY(!offer->isVisible());
}

void NetworkSettingsTest::aCertificateIsPinnedOnceItWasShown()
{
    Script untrusted;
    untrusted.error = base::Error { base::ErrorKind::Tls, u"Not trusted."_s, {}, 0, {} };
    untrusted.error->certificate =
        base::ServerCertificate { fingerprint, u"lab"_s, u"lab"_s, {}, {}, { u"it is self-signed"_s } };
    World world({ { u"a"_s, untrusted } });
    SettingsDialog dialog(world.context);
    dialog.open();
    auto *show = find<QToolButton>(dialog, u"providerTestCertificate"_s);
    QVERIFY(!show->isVisible());
    find<QPushButton>(dialog, u"providerTest"_s)->click();
    QTRY_VERIFY(show->isVisible());
    QTest::keyClick(show, Qt::Key_Space);
    auto *box = find<QMessageBox>(dialog, u"certificateDialog"_s);
    QVERIFY(box->informativeText().contains(base::fingerprintText(fingerprint)));
    QVERIFY(box->informativeText().contains(u"it is self-signed"_s));
    find<QPushButton>(*box, u"certificatePin"_s)->click();
    QVERIFY(find<QLineEdit>(dialog, u"providerPin"_s)->text().startsWith(u"AB:AB:"_s));
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.settings.provider(u"a"_s)->network.pin, fingerprint);
}

QTEST_MAIN(NetworkSettingsTest)
#include "tst_networksettings.moc"
