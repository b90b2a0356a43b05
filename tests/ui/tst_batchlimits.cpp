#include "tests/ui/world.h"
#include "ui/batch/batchpage.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <QTest>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

/// What keeps a batch's calls from going out at once.
class BatchLimitsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tighterLimitsAreSaid()
    {
        test::World world({ { u"a"_s, test::chatScript({ "one" }, 2) }, { u"b"_s, test::chatScript({ "two" }, 2) } });
        auto providers = world.settings.providers();
        for (config::ProviderConfig &provider : providers) {
            if (provider.id == u"a"_s) {
                provider.name = u"First"_s;
                provider.limits.concurrent = 4;
            }
        }
        QVERIFY(world.settings.setProviders(providers));
        BatchPage page(world.context);
        page.show();
        auto *models = page.findChild<QLineEdit *>(u"batchModels"_s);
        auto *calls = page.findChild<QSpinBox *>(u"batchConcurrency"_s);
        const auto *note = page.findChild<QLabel *>(u"batchLimitNote"_s);
        models->setText(u"a/m"_s);
        calls->setValue(4);
        QVERIFY(!note->isVisible());
        calls->setValue(5);
        QVERIFY(note->isVisible());
        QCOMPARE(note->text(), u"First is limited to 4 calls at once in the settings."_s);
        models->setText(u"b/m"_s);
        QVERIFY(!note->isVisible());
        world.chooser.setPolicy({ .candidates = { { u"a"_s, u"m"_s } } });
        models->setText(u"auto"_s);
        QVERIFY(note->isVisible());
        page.findChild<QComboBox *>(u"batchWay"_s)->setCurrentIndex(1);
        QVERIFY(!note->isVisible());
        QVERIFY(world.settings.setValue("limits/overall", 2));
        page.findChild<QComboBox *>(u"batchWay"_s)->setCurrentIndex(0);
        QVERIFY2(note->text().contains(u"together"_s), qPrintable(note->text()));
    }
};

QTEST_MAIN(BatchLimitsTest)
#include "tst_batchlimits.moc"
