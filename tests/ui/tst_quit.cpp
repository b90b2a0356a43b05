#include "tests/ui/settingsforms.h"
#include "tests/ui/world.h"
#include "ui/profiler/measuredapplication.h"
#include "ui/settings/settingsdialog.h"

#include <QLineEdit>
#include <QMessageBox>
#include <QTest>
#include <QTimer>

using namespace talkbench;
using namespace talkbench::test;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

/// Told to quit by the system (SIGTERM, the end of the session), the program does not wait for an answer.
class TestQuit final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void editsAreDropped_data()
    {
        QTest::addColumn<bool>("asked");
        QTest::newRow("edited") << false;
        QTest::newRow("the question is open") << true;
    }

    void editsAreDropped()
    {
        QFETCH(bool, asked);
        test::World world({ { u"a"_s, models() } });
        const auto before = world.settings.providers();
        SettingsDialog dialog(world.context);
        dialog.open();
        retype(find<QLineEdit>(dialog, u"providerName"_s), u"other"_s);
        if (asked)
            dialog.close();
        QVERIFY(dialog.isVisible());
        constexpr int stuck = 77;
        constexpr int patienceMs = 20'000;
        QTimer::singleShot(0, &dialog, &QCoreApplication::quit);
        QTimer::singleShot(patienceMs, &dialog, [] { QCoreApplication::exit(stuck); });
        QCOMPARE(QApplication::exec(), 0);
        QCOMPARE(dialog.findChild<QMessageBox *>(u"discardQuestion"_s) != nullptr, asked);
        QCOMPARE(world.settings.providers(), before);
    }
};

int main(int argc, char **argv)
{
    MeasuredApplication application(argc, argv);
    TestQuit test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_quit.moc"
