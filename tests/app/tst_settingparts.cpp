#include "app/settingparts.h"

#include "core/config/settings.h"

#include <QTest>

using namespace talkbench;
using namespace talkbench::app;
using namespace Qt::StringLiterals;

/// What a change of a setting has the program do.
class SettingPartsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aChangeConcernsWhatItHasAPartIn_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<Parts>("parts");
        QTest::newRow("zoom") << u"text_zoom"_s << Parts(Part::Theme);
        QTest::newRow("a limit") << u"limits/overall"_s << Parts(Part::Limits);
        QTest::newRow("attempts") << u"retry/max_attempts"_s << Parts(Part::Limits);
        QTest::newRow("the cache's size") << u"cache/memory_mb"_s << Parts(Part::Limits);
        QTest::newRow("the cache's server") << u"cache/redis"_s << (Part::Limits | Part::CacheStorage);
        QTest::newRow("a weight") << u"select/weights"_s << Parts(Part::Choice);
        QTest::newRow("the standard candidates") << u"models/favourites"_s << Parts(Part::Choice);
        QTest::newRow("a price") << u"prices/own"_s << Parts(Part::Prices);
        QTest::newRow("the chosen model") << u"chat/last_model"_s << Parts();
        QTest::newRow("a batch that begins") << u"batch/form"_s << Parts();
        QTest::newRow("the window") << u"window/geometry"_s << Parts();
        QTest::newRow("the beginning of a key") << u"themes"_s << Parts();
    }

    void aChangeConcernsWhatItHasAPartIn()
    {
        QFETCH(QString, key);
        QFETCH(Parts, parts);
        QCOMPARE(int(partsOf(key)), int(parts));
    }

    /// A group that is renamed in the settings' table would change nothing any more.
    void everyPartHasASetting()
    {
        Parts all;
        for (const config::Setting &setting : config::settingsTable())
            all |= partsOf(QString::fromUtf8(setting.key));
        QCOMPARE(int(all), int(Part::Theme | Part::Limits | Part::CacheStorage | Part::Choice | Part::Prices));
    }
};

QTEST_GUILESS_MAIN(SettingPartsTest)
#include "tst_settingparts.moc"
