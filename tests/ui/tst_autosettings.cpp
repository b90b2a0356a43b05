#include "core/select/policy.h"
#include "tests/ui/settingsforms.h"
#include "ui/settings/settingsdialog.h"

#include <QLabel>
#include <QListWidget>
#include <QMessageBox>
#include <QMimeData>
#include <QTabWidget>

using namespace talkbench;
using namespace talkbench::test;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

namespace {

/// The form that is shown: each rule has one with fields of the same names.
QLineEdit *shownField(const SettingsDialog &dialog, const QString &name)
{
    const auto fields = dialog.findChildren<QLineEdit *>(name);
    const auto shown =
        std::find_if(fields.begin(), fields.end(), [](const QLineEdit *field) { return field->isVisible(); });
    if (shown == fields.end())
        qFatal("no %s is shown", qPrintable(name));
    return *shown;
}

void openRules(SettingsDialog &dialog)
{
    dialog.showPage(SettingsDialog::Choice);
    dialog.open();
    find<QTabWidget>(dialog, u"choiceTabs"_s)->setCurrentIndex(1);
}

void keepTwoRules(World &world)
{
    select::Rule one;
    one.name = u"one"_s;
    one.models = { { u"a"_s, u"alpha"_s } };
    select::Rule two = one;
    two.name = u"two"_s;
    QVERIFY(world.settings.setValue("select/rules", select::toText(QList<select::Rule> { one, two })));
}

} // namespace

/// The page of rules and weights, field by field.
class AutoSettingsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void typingStaysInItsRule();
    void aFaultyRuleIsShownOnSaving();
    void draggingKeepsTheButtonsTrue();
    void lookingAroundIsNoEdit();
};

void AutoSettingsTest::typingStaysInItsRule()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    openRules(dialog);
    auto *add = find<QPushButton>(dialog, u"ruleAdd"_s);
    add->click();
    add->click();
    auto *list = find<QListWidget>(dialog, u"ruleList"_s);
    list->setCurrentRow(1);
    QTest::keyClicks(shownField(dialog, u"ruleModels"_s), u"a/alpha, a/beta"_s);
    QCOMPARE(list->currentRow(), 1);
    QCOMPARE(shownField(dialog, u"ruleModels"_s)->text(), u"a/alpha, a/beta"_s);
    QVERIFY(find<QLabel>(dialog, u"choiceProblem"_s)->isVisible()); // of the other one
}

void AutoSettingsTest::aFaultyRuleIsShownOnSaving()
{
    World world({ { u"a"_s, models() } });
    keepTwoRules(world);
    SettingsDialog dialog(world.context);
    openRules(dialog);
    auto *list = find<QListWidget>(dialog, u"ruleList"_s);
    list->setCurrentRow(1);
    shownField(dialog, u"ruleModels"_s)->clear();
    list->setCurrentRow(0);
    auto *tabs = find<QTabWidget>(dialog, u"choiceTabs"_s);
    tabs->setCurrentIndex(0);
    dialog.showPage(SettingsDialog::General);
    save(dialog);
    QVERIFY(dialog.isVisible());
    QCOMPARE(tabs->currentIndex(), 1);
    QCOMPARE(list->currentRow(), 1);
}

void AutoSettingsTest::draggingKeepsTheButtonsTrue()
{
    World world({ { u"a"_s, models() } });
    keepTwoRules(world);
    SettingsDialog dialog(world.context);
    openRules(dialog);
    auto *list = find<QListWidget>(dialog, u"ruleList"_s);
    list->setCurrentRow(1);
    QVERIFY(list->model()->moveRow({}, 1, {}, 0)); // what a drop does
    QCOMPARE(list->item(0)->text(), u"two"_s);
    QVERIFY(!find<QPushButton>(dialog, u"ruleUp"_s)->isEnabled());
    QVERIFY(find<QPushButton>(dialog, u"ruleDown"_s)->isEnabled());
    QCOMPARE(shownField(dialog, u"ruleName"_s)->text(), u"two"_s);
    QTest::failOnWarning(QRegularExpression(u"QVariant::save"_s));
    const std::unique_ptr<QMimeData> dragged(list->model()->mimeData({ list->model()->index(0, 0) }));
    QVERIFY(dragged);
}

void AutoSettingsTest::lookingAroundIsNoEdit()
{
    World world({ { u"a"_s, models() } });
    keepTwoRules(world);
    SettingsDialog dialog(world.context);
    openRules(dialog);
    find<QListWidget>(dialog, u"ruleList"_s)->setCurrentRow(1);
    find<QListWidget>(dialog, u"ruleList"_s)->setCurrentRow(0);
    for (const int tab : { 2, 0, 1 })
        find<QTabWidget>(dialog, u"choiceTabs"_s)->setCurrentIndex(tab);
    dialog.reject();
    QVERIFY(!dialog.findChild<QMessageBox *>(u"discardQuestion"_s));
    QVERIFY(!dialog.isVisible());
}

QTEST_MAIN(AutoSettingsTest)
#include "tst_autosettings.moc"
