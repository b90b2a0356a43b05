#include "core/select/policy.h"
#include "tests/ui/settingsforms.h"
#include "ui/settings/modelnames.h"
#include "ui/settings/settingsdialog.h"

#include <QApplication>
#include <QLabel>
#include <QListWidget>
#include <QMessageBox>
#include <QMimeData>
#include <QPlainTextEdit>
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

void rename(World &world, const QString &id, const QString &name)
{
    auto providers = world.settings.providers();
    for (config::ProviderConfig &provider : providers)
        provider.name = provider.id == id ? name : provider.name;
    QVERIFY(world.settings.setProviders(providers));
}

/// What the field that has the focus offers.
QListView *offered()
{
    const auto windows = QApplication::topLevelWidgets();
    for (QWidget *window : windows) {
        if (window->objectName() == u"modelCompletions"_s && window->isVisible())
            return qobject_cast<QListView *>(window);
    }
    return nullptr;
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
    void providersGoByTheirNames();
    void anUnknownProviderIsRefused();
    void anAmbiguousNameIsNoName();
    void whatIsGoneCanStay();
    void modelsAreOfferedWhileTyping();
    void theSummariesModelHasAName();
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

void AutoSettingsTest::providersGoByTheirNames()
{
    World world({ { u"a"_s, models() } });
    rename(world, u"a"_s, u"Fast"_s);
    {
        SettingsDialog dialog(world.context);
        openRules(dialog);
        find<QPushButton>(dialog, u"ruleAdd"_s)->click();
        shownField(dialog, u"ruleModels"_s)->setText(u"fast/alpha, a/beta"_s);
        find<QPlainTextEdit>(dialog, u"choiceCandidates"_s)->setPlainText(u"Fast/org/alpha"_s);
        find<QPlainTextEdit>(dialog, u"choiceFallbacks"_s)->setPlainText(u"Fast/alpha -> Fast/beta"_s);
        save(dialog);
        QTRY_VERIFY(!dialog.isVisible());
    }
    QStringList problems;
    const select::Policy kept =
        select::policyFrom([&world](QByteArrayView key) { return world.settings.value(key); }, &problems);
    const select::ModelRef alpha { u"a"_s, u"alpha"_s };
    const select::ModelRef beta { u"a"_s, u"beta"_s };
    QCOMPARE(kept.rules.at(0).models, (QList { alpha, beta }));
    QCOMPARE(kept.candidates, (QList<select::ModelRef> { { u"a"_s, u"org/alpha"_s } }));
    QCOMPARE(kept.fallbacks.value(alpha), QList { beta });
    SettingsDialog again(world.context);
    openRules(again);
    QCOMPARE(shownField(again, u"ruleModels"_s)->text(), u"Fast/alpha, Fast/beta"_s);
    QCOMPARE(find<QPlainTextEdit>(again, u"choiceCandidates"_s)->toPlainText(), u"Fast/org/alpha"_s);
    QCOMPARE(find<QPlainTextEdit>(again, u"choiceFallbacks"_s)->toPlainText(), u"Fast/alpha -> Fast/beta"_s);
    const ModelNames names(world.context);
    rename(world, u"a"_s, u"Quick"_s); // the fields still say Fast
    QCOMPARE(*names.models(u"Fast/alpha, Quick/alpha, Quick/beta"_s), (QList { alpha, beta }));
}

void AutoSettingsTest::anUnknownProviderIsRefused()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    openRules(dialog);
    const auto *problem = find<QLabel>(dialog, u"choiceProblem"_s);
    for (const QString &text : { u"fats/alpha"_s, u"a/alpha, fats/beta"_s }) {
        find<QPlainTextEdit>(dialog, u"choiceCandidates"_s)->setPlainText(text);
        QVERIFY2(problem->text().startsWith(u"There is no provider “fats”"_s), qPrintable(problem->text()));
    }
    save(dialog);
    QVERIFY(dialog.isVisible());
    find<QPlainTextEdit>(dialog, u"choiceCandidates"_s)->setPlainText(u"a/nobody-lists-this"_s);
    QVERIFY(problem->text().isEmpty());
}

void AutoSettingsTest::anAmbiguousNameIsNoName()
{
    World world({ { u"a"_s, models() }, { u"b"_s, models() } });
    rename(world, u"a"_s, u"Twin"_s);
    rename(world, u"b"_s, u"twin"_s);
    ModelNames names(world.context);
    QCOMPARE(names.text({ u"a"_s, u"alpha"_s }), u"a/alpha"_s);
    const auto twin = names.models(u"Twin/alpha"_s);
    QVERIFY(!twin && twin.error().message.contains(u"a, b"_s));
    rename(world, u"b"_s, u"Me, myself/I"_s);
    ModelNames unreadable(world.context);
    QCOMPARE(unreadable.text({ u"b"_s, u"beta"_s }), u"b/beta"_s);
    QCOMPARE(unreadable.text({ u"a"_s, u"alpha"_s }), u"Twin/alpha"_s);
}

void AutoSettingsTest::whatIsGoneCanStay()
{
    World world({ { u"a"_s, models() } });
    QVERIFY(world.settings.setValue("select/candidates", u"gone/alpha"_s));
    SettingsDialog dialog(world.context);
    openRules(dialog);
    auto *candidates = find<QPlainTextEdit>(dialog, u"choiceCandidates"_s);
    QCOMPARE(candidates->toPlainText(), u"gone/alpha"_s);
    candidates->setPlainText(u"gone/alpha\na/beta"_s);
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.settings.value("select/candidates").toString(), u"gone/alpha,a/beta"_s);
}

void AutoSettingsTest::modelsAreOfferedWhileTyping()
{
    World world({ { u"a"_s, models() } });
    rename(world, u"a"_s, u"Fast"_s);
    SettingsDialog dialog(world.context);
    openRules(dialog);
    QVERIFY(QTest::qWaitForWindowActive(&dialog));
    find<QPushButton>(dialog, u"ruleAdd"_s)->click();
    auto *field = shownField(dialog, u"ruleModels"_s);
    field->setFocus();
    QTest::keyClicks(field, u"Fast/alpha, bet"_s);
    QTRY_VERIFY(offered()); // its list has to come first
    QListView *list = offered();
    QTRY_COMPARE(list->model()->rowCount(), 1);
    QCOMPARE(list->model()->index(0, 0).data().toString(), u"beta · Fast"_s);
    QTest::keyClick(list, Qt::Key_Down);
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(field->text(), u"Fast/alpha, Fast/beta"_s);
    QVERIFY(!list->isVisible());
    QVERIFY(dialog.isVisible());
}

void AutoSettingsTest::theSummariesModelHasAName()
{
    World world({ { u"a"_s, models() } });
    rename(world, u"a"_s, u"Fast"_s);
    QVERIFY(world.settings.setValue("context/summary_model", u"a/alpha"_s));
    SettingsDialog dialog(world.context);
    dialog.open();
    auto *field = find<QLineEdit>(dialog, u"setting_context/summary_model"_s);
    QCOMPARE(field->text(), u"Fast/alpha"_s);
    field->setText(u"fats/alpha"_s);
    save(dialog);
    QVERIFY(dialog.isVisible());
    QCOMPARE(world.settings.value("context/summary_model").toString(), u"a/alpha"_s);
    field->setText(u"fast/beta"_s);
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(world.settings.value("context/summary_model").toString(), u"a/beta"_s);
}

QTEST_MAIN(AutoSettingsTest)
#include "tst_autosettings.moc"
