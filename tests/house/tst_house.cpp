#include <QDirIterator>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>

using namespace Qt::StringLiterals;

namespace {

QString read(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

QStringList sources(const QString &folder)
{
    QStringList found;
    QDirIterator it(QStringLiteral(SOURCE_DIR "/") + folder, { u"*.h"_s, u"*.cpp"_s }, QDir::Files,
                    QDirIterator::Subdirectories);
    while (it.hasNext())
        found << it.next();
    return found;
}

/// Every `#include "a/b/c.h"` of a file.
QStringList includes(const QString &text)
{
    static const QRegularExpression line(u"^\\s*#\\s*include\\s+\"([^\"]+)\""_s, QRegularExpression::MultilineOption);
    QStringList found;
    for (auto it = line.globalMatch(text); it.hasNext();)
        found << it.next().captured(1);
    return found;
}

/// What each folder of core may include beside itself. Changing this table is changing the design: README shows it too.
const QMap<QString, QStringList> allowed {
    { u"base"_s, {} },
    { u"llm"_s, { u"base"_s } },
    { u"net"_s, { u"base"_s } },
    { u"profile"_s, { u"base"_s, u"llm"_s } },
    { u"cost"_s, { u"base"_s, u"llm"_s } },
    { u"select"_s, { u"base"_s, u"llm"_s, u"profile"_s, u"cost"_s } },
    { u"validate"_s, { u"base"_s, u"llm"_s, u"profile"_s, u"cost"_s } },
    { u"run"_s, { u"base"_s, u"llm"_s, u"net"_s, u"profile"_s, u"cost"_s, u"select"_s, u"validate"_s } },
    { u"store"_s, { u"base"_s, u"llm"_s, u"profile"_s } },
    { u"bench"_s, { u"base"_s, u"llm"_s, u"net"_s, u"profile"_s, u"cost"_s, u"select"_s, u"validate"_s, u"run"_s } },
    { u"config"_s, { u"base"_s, u"llm"_s } },
    { u"simulator"_s, { u"base"_s, u"llm"_s } },
};

} // namespace

/// The house's rules that a compiler does not hold.
class HouseTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void coreIncludesFollowTheTable();
    void coreKnowsNeitherGuiNorWidgets();
    void dependenciesPointDown();
    void oneClassIncludesQtCharts();
    void coreTestsLinkNeitherGuiNorWidgets();
};

void HouseTest::coreIncludesFollowTheTable()
{
    static const QRegularExpression folderOf(u"^core/([a-z]+)/"_s);
    int checked = 0;
    for (const QString &path : sources(u"core"_s)) {
        const QString relative = QDir(QStringLiteral(SOURCE_DIR)).relativeFilePath(path);
        const QString folder = folderOf.match(relative).captured(1);
        QVERIFY2(allowed.contains(folder), qPrintable(relative + u" is in no folder of the table"_s));
        for (const QString &include : includes(read(path))) {
            if (include.endsWith(u".moc"_s))
                continue;
            const auto match = folderOf.match(include);
            QVERIFY2(match.hasMatch(), qPrintable(relative + u" includes "_s + include));
            const QString other = match.captured(1);
            QVERIFY2(other == folder || allowed[folder].contains(other),
                     qPrintable(relative + u" may not include "_s + include));
            ++checked;
        }
    }
    QVERIFY(checked > 50);
}

void HouseTest::coreKnowsNeitherGuiNorWidgets()
{
    static const QRegularExpression gui(
        u"#\\s*include\\s+<(QtGui|QtWidgets|QtCharts|QApplication|QGuiApplication|QWidget|QColor|QFont|QImage|QPixmap)\\b"_s);
    for (const QString &path : sources(u"core"_s))
        QVERIFY2(!gui.match(read(path)).hasMatch(), qPrintable(path));
}

void HouseTest::dependenciesPointDown()
{
    for (const QString &path : sources(u"ui"_s)) {
        for (const QString &include : includes(read(path)))
            QVERIFY2(!include.startsWith(u"app/"_s), qPrintable(path + u" includes "_s + include));
        static const QRegularExpression deep(
            u"#\\s*include\\s+<(QSql\\w*|QTcp\\w*|QNetwork\\w*|QJson\\w*|QtSql|QtNetwork)\\b"_s);
        QVERIFY2(!deep.match(read(path)).hasMatch(), qPrintable(path + u" does core's work"_s));
    }
}

void HouseTest::oneClassIncludesQtCharts()
{
    static const QRegularExpression charts(
        u"#\\s*include\\s+<(QtCharts|QChart\\w*|QLineSeries|QXYSeries|QScatterSeries|QAreaSeries|QBar\\w+|QValueAxis|QDateTimeAxis|QLegend)\\b"_s);
    QSet<QString> classes;
    for (const QString &folder : { u"app"_s, u"ui"_s, u"core"_s }) {
        for (const QString &path : sources(folder)) {
            // A class may have several files: each names its own header first.
            if (charts.match(read(path)).hasMatch())
                classes << QFileInfo(includes(read(path)).value(0)).completeBaseName();
        }
    }
    QCOMPARE(classes, QSet<QString> { u"livechart"_s });
}

void HouseTest::coreTestsLinkNeitherGuiNorWidgets()
{
    // Every test program that lies beside this one's folder but those of the ui and the app.
    QDir tests(QCoreApplication::applicationDirPath() + u"/.."_s);
    int checked = 0;
    const QStringList areas = tests.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &area : areas) {
        if (area == u"ui"_s || area == u"app"_s || area == u"bench"_s || area.startsWith(u"CMakeFiles"_s))
            continue;
        const auto programs = QDir(tests.filePath(area)).entryInfoList({ u"tst_*"_s }, QDir::Files | QDir::Executable);
        for (const QFileInfo &program : programs) {
            QProcess ldd;
            ldd.start(u"ldd"_s, { program.absoluteFilePath() });
            QVERIFY2(ldd.waitForFinished(), qPrintable(ldd.errorString()));
            const QByteArray linked = ldd.readAllStandardOutput();
            QVERIFY2(linked.contains("Qt6Core"), qPrintable(program.fileName()));
            QVERIFY2(!linked.contains("Qt6Gui") && !linked.contains("Qt6Widgets"), qPrintable(program.fileName()));
            ++checked;
        }
    }
    QVERIFY(checked > 5);
}

QTEST_GUILESS_MAIN(HouseTest)
#include "tst_house.moc"
