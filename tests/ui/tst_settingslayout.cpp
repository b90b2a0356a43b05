#include "tests/ui/settingsforms.h"
#include "tests/ui/world.h"
#include "ui/settings/formparts.h"
#include "ui/settings/settingsdialog.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QToolButton>

using namespace talkbench;
using namespace talkbench::test;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

/// Where the settings' fields stand, and how they are reached.
class SettingsLayoutTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyFieldHasAName();
    void tabGoesFromTheListToTheForm();
    void labelsStandBesideTheirFields();
    void aSmallWindowCutsNothing();
    void aSecondKeyHasItsRoom();
    void arrowsEditANumber();
    void tabGoesAsOneReads_data();
    void tabGoesAsOneReads();
    void aNewRuleIsNamedFirst();
    void listsAndTabsShowTheFocus();
    void pricesAreNotCut();
    void aNarrowRuleWrapsItsFields();
    void tryingAPromptMovesNoButton();
};

void SettingsLayoutTest::everyFieldHasAName()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    find<QToolButton>(dialog, u"providerKeyAdd"_s)->click();
    const auto fields = find<QWidget>(dialog, u"providersPage"_s)->findChildren<QLineEdit *>();
    QVERIFY(fields.size() > 8);
    for (const QLineEdit *field : fields) {
        if (field->objectName() != u"qt_spinbox_lineedit"_s)
            QVERIFY2(!field->accessibleName().isEmpty(), qPrintable(field->parent()->objectName()));
    }
}

void SettingsLayoutTest::tabGoesFromTheListToTheForm()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    const QStringList wanted { u"settingsPages"_s,  u"providerSearch"_s, u"providerList"_s, u"providerAdd"_s,
                               u"providerRemove"_s, u"providerName"_s,   u"providerTest"_s, u"settingsSave"_s };
    QStringList order;
    const QWidget *start = find<QWidget>(dialog, wanted.constFirst());
    const QWidget *widget = start;
    do {
        if (wanted.contains(widget->objectName()))
            order << widget->objectName();
        widget = widget->nextInFocusChain();
    } while (widget != start);
    QCOMPARE(order, wanted);
}

void SettingsLayoutTest::labelsStandBesideTheirFields()
{
    const Theme theme(*qApp);
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    const auto middle = [&dialog](const QWidget *widget) {
        return widget->mapTo(&dialog, widget->rect().center()).y();
    };
    const auto labelOf = [&dialog](const QWidget *field) {
        const auto labels = dialog.findChildren<QLabel *>();
        const auto found = std::find_if(labels.begin(), labels.end(),
                                        [field](const QLabel *label) { return label->buddy() == field; });
        return found == labels.end() ? nullptr : *found;
    };
    // Of several lines the first one counts.
    const QLabel *key = labelOf(find<QWidget>(dialog, u"providerKeys"_s));
    QVERIFY(qAbs(middle(key) - middle(find<QWidget>(dialog, u"providerKey"_s))) <= 1);
    dialog.showPage(SettingsDialog::General);
    const auto *box = find<QCheckBox>(dialog, u"setting_default/auto"_s);
    QTRY_VERIFY(box->isVisible());
    QVERIFY(qAbs(middle(labelOf(box)) - middle(box)) <= 1);
    // Beside each other.
    dialog.showPage(SettingsDialog::Network);
    auto *proxying = find<QComboBox>(dialog, u"networkProxying"_s);
    proxying->setCurrentIndex(2);
    Q_EMIT proxying->activated(2);
    const auto *host = find<QWidget>(dialog, u"networkProxyHost"_s);
    const auto *port = find<QWidget>(dialog, u"networkProxyPort"_s);
    QTRY_VERIFY(host->isVisible());
    QTRY_COMPARE(port->geometry().top(), host->geometry().top());
    QCOMPARE(port->height(), host->height());
}

void SettingsLayoutTest::aSmallWindowCutsNothing()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    dialog.resize(900, 560);
    for (const auto &name : { u"providerAdd"_s, u"providerRemove"_s, u"providerTest"_s, u"settingsSave"_s }) {
        const auto *button = find<QPushButton>(dialog, name);
        QTRY_COMPARE(button->visibleRegion().boundingRect(), button->rect());
    }
}

void SettingsLayoutTest::aSecondKeyHasItsRoom()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.resize(940, 700);
    dialog.open();
    find<QToolButton>(dialog, u"providerKeyAdd"_s)->click();
    const auto *model = find<QComboBox>(dialog, u"providerModel"_s);
    QTRY_VERIFY(find<QWidget>(dialog, u"providerKeyChoice"_s)->isVisible());
    QTRY_COMPARE(model->visibleRegion().boundingRect(), model->rect());
}

void SettingsLayoutTest::arrowsEditANumber()
{
    QWidget form;
    QSpinBox whole(&form);
    QDoubleSpinBox number(&form);
    int edits = 0;
    whenEdited(&form, &form, [&edits] { ++edits; });
    QTest::keyClick(&whole, Qt::Key_Up);
    QCOMPARE(edits, 1);
    number.stepUp();
    QCOMPARE(edits, 2);
    whole.setValue(7);
    QCOMPARE(edits, 3);
}

void SettingsLayoutTest::tabGoesAsOneReads_data()
{
    QTest::addColumn<int>("page");
    QTest::addColumn<QStringList>("wanted");
    QTest::newRow("prices") << int(SettingsDialog::Prices)
                            << QStringList { u"settingsPages"_s, u"priceSearch"_s,    u"priceTable"_s,  u"priceAdd"_s,
                                             u"priceEdit"_s,     u"recomputeCosts"_s, u"settingsSave"_s };
    QTest::newRow("rules") << int(SettingsDialog::Choice) << QStringList { u"settingsPages"_s, u"qt_tabwidget_tabbar"_s,
                                                                           u"ruleAdd"_s,       u"ruleRemove"_s,
                                                                           u"ruleList"_s,      u"ruleName"_s,
                                                                           u"ruleEnabled"_s,   u"tryPrompt"_s,
                                                                           u"settingsSave"_s };
}

void SettingsLayoutTest::tabGoesAsOneReads()
{
    QFETCH(int, page);
    QFETCH(QStringList, wanted);
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Page(page));
    dialog.open();
    QVERIFY(QTest::qWaitForWindowActive(&dialog));
    find<QTabWidget>(dialog, u"choiceTabs"_s)->setCurrentIndex(1);
    find<QPushButton>(dialog, u"ruleAdd"_s)->click();
    auto *prices = find<QTableView>(dialog, u"priceTable"_s);
    prices->setCurrentIndex(prices->model()->index(0, 0));
    QWidget *start = find<QWidget>(dialog, wanted.constFirst());
    start->setFocus();
    QStringList order;
    int steps = 0;
    do {
        if (const QString name = dialog.focusWidget()->objectName(); wanted.contains(name))
            order << name;
        QTest::keyClick(dialog.focusWidget(), Qt::Key_Tab);
    } while (dialog.focusWidget() != start && ++steps < 100);
    QCOMPARE(order, wanted);
}

void SettingsLayoutTest::aNewRuleIsNamedFirst()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Choice);
    dialog.open();
    find<QTabWidget>(dialog, u"choiceTabs"_s)->setCurrentIndex(1);
    QVERIFY(QTest::qWaitForWindowActive(&dialog));
    find<QPushButton>(dialog, u"ruleAdd"_s)->click();
    QCOMPARE(dialog.focusWidget()->objectName(), u"ruleName"_s);
    QTest::keyClicks(dialog.focusWidget(), u"Code"_s);
    QCOMPARE(find<QListWidget>(dialog, u"ruleList"_s)->item(0)->text(), u"Code"_s);
}

void SettingsLayoutTest::listsAndTabsShowTheFocus()
{
    const Theme theme(*qApp);
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Choice);
    dialog.open();
    QVERIFY(QTest::qWaitForWindowActive(&dialog));
    auto *prompt = find<QLineEdit>(dialog, u"tryPrompt"_s);
    for (const auto &name : { u"settingsPages"_s, u"qt_tabwidget_tabbar"_s }) {
        auto *widget = name == u"settingsPages"_s
            ? find<QWidget>(dialog, name)
            : find<QTabWidget>(dialog, u"choiceTabs"_s)->findChild<QWidget *>(name);
        prompt->setFocus(Qt::ShortcutFocusReason);
        const QImage calm = widget->grab().toImage();
        widget->setFocus(Qt::ShortcutFocusReason);
        QVERIFY2(widget->grab().toImage() != calm, qPrintable(name));
    }
}

void SettingsLayoutTest::pricesAreNotCut()
{
    const Theme theme(*qApp);
    test::World world({ { u"a"_s, models() } });
    cost::Price price;
    price.model = u"m"_s;
    price.providerId = u"openrouter-of-mine"_s;
    price.batchFactor = 0.5;
    price.from = QDate(2026, 11, 30);
    world.prices.setRows(cost::PriceOrigin::User, { price });
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Prices);
    dialog.open();
    auto *table = find<QTableView>(dialog, u"priceTable"_s);
    const QHeaderView *header = table->horizontalHeader();
    QVERIFY(!header->highlightSections());
    QFont bold = table->font();
    bold.setBold(true);
    const QFontMetrics metrics(bold);
    for (int row = 0; row < table->model()->rowCount(); ++row) {
        for (int column = 1; column < 6; ++column) {
            const QString text = table->model()->index(row, column).data().toString();
            QVERIFY2(metrics.horizontalAdvance(text) < table->columnWidth(column), qPrintable(text));
        }
    }
    for (int column = 2; column < 5; ++column)
        QVERIFY(header->sectionSizeHint(column) <= table->columnWidth(column));
}

void SettingsLayoutTest::aNarrowRuleWrapsItsFields()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Choice);
    dialog.open();
    find<QTabWidget>(dialog, u"choiceTabs"_s)->setCurrentIndex(1);
    QVERIFY(find<QLabel>(dialog, u"rulesHint"_s)->isVisible());
    find<QPushButton>(dialog, u"ruleAdd"_s)->click();
    QVERIFY(!find<QLabel>(dialog, u"rulesHint"_s)->isVisible());
    const auto *name = find<QLineEdit>(dialog, u"ruleName"_s);
    QWidget *form = name->parentWidget();
    const int least = name->fontMetrics().averageCharWidth() * 18;
    QVERIFY(form->minimumSizeHint().width() < 2 * least); // beside their labels they would need more
    QVERIFY(name->width() >= least);
}

void SettingsLayoutTest::tryingAPromptMovesNoButton()
{
    test::World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Choice);
    dialog.open();
    find<QTabWidget>(dialog, u"choiceTabs"_s)->setCurrentIndex(1);
    auto *add = find<QPushButton>(dialog, u"ruleAdd"_s);
    add->click();
    find<QLineEdit>(dialog, u"ruleModels"_s)->setText(u"a/alpha"_s);
    const QPoint before = add->mapTo(&dialog, QPoint());
    find<QLineEdit>(dialog, u"tryPrompt"_s)->setText(u"Tell me a story"_s);
    QTRY_VERIFY(find<QLabel>(dialog, u"tryTrial"_s)->isVisible());
    QTRY_VERIFY(find<QLabel>(dialog, u"tryTrial"_s)->height() > 0);
    QCOMPARE(add->mapTo(&dialog, QPoint()), before);
}

QTEST_MAIN(SettingsLayoutTest)
#include "tst_settingslayout.moc"
