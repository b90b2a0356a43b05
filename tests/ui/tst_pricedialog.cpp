#include "core/cost/pricelayers.h"
#include "tests/ui/settingsforms.h"
#include "ui/settings/pricedialog.h"
#include "ui/settings/pricespage.h"

#include <QLabel>
#include <QSignalSpy>
#include <QTableView>
#include <QTableWidget>

using namespace talkbench;
using namespace talkbench::test;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

namespace {

QTableWidget *rates(const QWidget &dialog)
{
    return find<QTableWidget>(dialog, u"priceRates"_s);
}

void type(const QTableWidget *table, int row, const QStringList &texts)
{
    for (int column = 0; column < texts.size(); ++column) {
        if (!texts.at(column).isNull())
            table->item(row, column)->setText(texts.at(column));
    }
}

cost::Price known()
{
    cost::Price price;
    price.model = u"m"_s;
    price.input = 1;
    price.output = 2;
    price.source = u"a list"_s;
    price.date = QDate(2026, 1, 2);
    return price;
}

/// All that a price can say.
cost::Price whole()
{
    cost::Price price = known();
    price.cacheRead = 0.123456789;
    price.cacheWrite = 1.25;
    price.cacheWrite1h = 2;
    price.reasoning = 3;
    price.image = 12'345.5;
    price.tiers = { { 200'000, { 2, 3 } }, { 500'000, { 4, 5, 0.4 } } };
    price.offPeak = { { QTime(16, 30), QTime(0, 30), 0.5 } };
    price.batch = cost::Rates { 0.5, 1 };
    price.from = QDate(2026, 1, 1);
    price.until = QDate(2026, 12, 31);
    return price;
}

} // namespace

class PriceDialogTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatIsNotTouchedStays()
    {
        const PriceDialog dialog({ whole(), whole() }, nullptr);
        const auto read = dialog.price();
        QVERIFY(read);
        cost::Price expected = whole();
        expected.source.clear(); // whose word an edited one is
        QCOMPARE(*read, expected);
        QVERIFY(find<QLabel>(dialog, u"priceGiven"_s)->text().contains(u"a list, 2026-01-02"_s));
        QVERIFY(find<QLineEdit>(dialog, u"priceModel"_s)->isReadOnly());
    }

    void everythingCanBeTyped()
    {
        PriceDialog dialog({ known() }, nullptr);
        find<QPushButton>(dialog, u"priceRatesAdd"_s)->click();
        find<QPushButton>(dialog, u"priceRatesAdd"_s)->click();
        find<QPushButton>(dialog, u"priceHoursAdd"_s)->click();
        type(rates(dialog), 0, { {}, u"1"_s, u"2"_s, u"0.123456789"_s, u"1.25"_s, u"2"_s, u"3"_s, u"12345.5"_s });
        type(rates(dialog), 1, { u"500000"_s, u"4"_s, u"5"_s, u"0.4"_s }); // tiers find their order
        type(rates(dialog), 2, { u"200000"_s, u"2"_s, u"3"_s });
        type(rates(dialog), 3, { {}, u"0.5"_s, u"1"_s });
        type(find<QTableWidget>(dialog, u"priceHours"_s), 0, { u"16:30"_s, u"00:30"_s, u"0.5"_s });
        find<QLineEdit>(dialog, u"priceFrom"_s)->setText(u"2026-01-01"_s);
        find<QLineEdit>(dialog, u"priceUntil"_s)->setText(u"2026-12-31"_s);
        find<QLineEdit>(dialog, u"priceSource"_s)->setText(u"a list"_s);
        const auto read = dialog.price();
        QVERIFY2(read, qPrintable(read ? QString() : read.error().message));
        QCOMPARE(*read, whole());
        rates(dialog)->setCurrentCell(0, 1);
        QVERIFY(!find<QPushButton>(dialog, u"priceRatesRemove"_s)->isEnabled());
        rates(dialog)->setCurrentCell(1, 1);
        find<QPushButton>(dialog, u"priceRatesRemove"_s)->click();
        QCOMPARE(dialog.price()->tiers, (QList<cost::Tier> { { 200'000, { 2, 3 } } }));
    }

    void anEmptyCellSaysWhatItTakes()
    {
        PriceDialog dialog({ known() }, nullptr);
        dialog.show();
        find<QPushButton>(dialog, u"priceHoursAdd"_s)->click();
        const auto *hours = find<QTableWidget>(dialog, u"priceHours"_s);
        const auto editors = hours->viewport()->findChildren<QLineEdit *>();
        QCOMPARE(editors.size(), 1); // of the new row's first cell
        QCOMPARE(editors.at(0)->placeholderText(), u"16:30"_s);
        for (int column = 0; column < 2; ++column)
            QVERIFY(!(hours->item(0, column)->textAlignment() & Qt::AlignRight));
        QVERIFY(hours->item(0, 2)->textAlignment() & Qt::AlignRight);
    }

    void aCorrectedCellTakesTheErrorAway()
    {
        PriceDialog dialog({ known() }, nullptr);
        dialog.show();
        type(rates(dialog), 0, { {}, u"cheap"_s });
        find<QPushButton>(dialog, u"priceDialogOk"_s)->click();
        const auto *problem = find<QLabel>(dialog, u"priceDialogProblem"_s);
        QVERIFY(problem->isVisible());
        type(rates(dialog), 0, { {}, u"1"_s });
        QVERIFY(!problem->isVisible());
    }

    void nonsenseIsRefusedInWords_data()
    {
        QTest::addColumn<int>("row");
        QTest::addColumn<QStringList>("texts");
        QTest::addColumn<QString>("why");
        const QString empty = u""_s;
        QTest::newRow("no output") << 0 << QStringList { {}, u"1"_s, empty } << u"has to be known"_s;
        QTest::newRow("cheap") << 0 << QStringList { {}, u"cheap"_s } << u"“cheap” is no price"_s;
        QTest::newRow("negative") << 0 << QStringList { {}, {}, {}, {}, {}, {}, {}, u"-1"_s } << u"“-1” is no price"_s;
        QTest::newRow("dear") << 0 << QStringList { {}, u"1e9"_s } << u"is no price"_s;
        QTest::newRow("an empty tier") << 1 << QStringList { u"9"_s } << u"row “9”"_s;
        QTest::newRow("a tier above nothing") << 1 << QStringList { u"many"_s, u"1"_s, u"1"_s } << u"not “many”"_s;
        QTest::newRow("half a batch") << 2 << QStringList { {}, u"1"_s } << u"in a batch"_s;
    }
    void nonsenseIsRefusedInWords()
    {
        QFETCH(int, row);
        QFETCH(QStringList, texts);
        QFETCH(QString, why);
        cost::Price price = known();
        price.tiers = { { 100, { 1, 1 } } };
        if (row == 1)
            price.tiers = {};
        PriceDialog dialog({ price }, nullptr);
        dialog.show();
        if (row == 1)
            find<QPushButton>(dialog, u"priceRatesAdd"_s)->click();
        QSignalSpy priced(&dialog, &PriceDialog::priced);
        type(rates(dialog), row, texts);
        find<QPushButton>(dialog, u"priceDialogOk"_s)->click();
        const auto *problem = find<QLabel>(dialog, u"priceDialogProblem"_s);
        QVERIFY(dialog.isVisible() && problem->isVisible());
        QVERIFY2(problem->text().contains(why), qPrintable(problem->text()));
        QVERIFY(priced.isEmpty());
    }

    void otherFieldsAreRefusedInWordsToo()
    {
        for (const auto &[field, typed, why] :
             { std::tuple(u"priceModel"_s, u""_s, u"name it"_s), std::tuple(u"priceFrom"_s, u"soon"_s, u"not “soon”"_s),
               std::tuple(u"priceUntil"_s, u"2020-01-01"_s, u"ends before"_s),
               std::tuple(u"priceBatchFactor"_s, u"half"_s, u"“half”"_s),
               std::tuple(u"priceBatchFactor"_s, u"2"_s, u"from 0 to 1"_s) }) {
            cost::Price price = known();
            price.from = QDate(2026, 1, 1);
            const PriceDialog dialog({ price }, nullptr);
            find<QLineEdit>(dialog, field)->setText(typed);
            const auto read = dialog.price();
            QVERIFY2(!read && read.error().message.contains(why), qPrintable(read ? field : read.error().message));
        }
    }

    void whatIsUnknownIsEmptyNotFree()
    {
        PriceDraft draft { known() };
        draft.known = false;
        const PriceDialog dialog(draft, nullptr);
        QCOMPARE(rates(dialog)->item(0, 1)->text(), QString());
        QVERIFY(!dialog.price());
    }

    void enterOpensARowOfTheTable()
    {
        World world({ { u"a"_s, models() } });
        {
            SettingsDialog dialog(world.context);
            dialog.showPage(SettingsDialog::Prices);
            dialog.open();
            auto *table = find<QTableView>(dialog, u"priceTable"_s);
            table->setCurrentIndex(table->model()->index(0, 0));
            QTest::keyClick(table, Qt::Key_Return);
            auto *form = dialog.findChild<PriceDialog *>();
            QVERIFY(form && form->isVisible() && dialog.isVisible());
            find<QPushButton>(*form, u"priceDialogOk"_s)->click(); // nothing was changed
            QVERIFY(!find<QPushButton>(dialog, u"priceReset"_s)->isEnabled());
            QTRY_VERIFY(!dialog.findChild<PriceDialog *>());
            find<QPushButton>(dialog, u"priceEdit"_s)->click();
            form = dialog.findChild<PriceDialog *>();
            QVERIFY(form);
            type(rates(*form), 0, { {}, {}, {}, {}, u"1.25"_s });
            find<QPushButton>(*form, u"priceDialogOk"_s)->click();
            QVERIFY(find<QPushButton>(dialog, u"priceReset"_s)->isEnabled());
            QCOMPARE(table->model()->index(0, 5).data().toString(), u"cache writes"_s);
            QVERIFY(table->model()->index(0, 6).data().toString().startsWith(u"your own"_s));
            save(dialog);
            QTRY_VERIFY(!dialog.isVisible());
        }
        QStringList problems;
        const auto own = cost::userPrices(world.settings.value("prices/own").toMap(), &problems);
        QCOMPARE(own.size(), 1);
        QCOMPARE(own[0].cacheWrite, std::optional(1.25));
        QCOMPARE(own[0].output, 10.0);
    }

    /// What was set on the command line for another day, and what a later version wrote.
    void whatHasNoPlaceInTheTableIsKept()
    {
        World world({ { u"a"_s, models() } });
        cost::Price own = known();
        own.model = u"priced"_s;
        own.origin = cost::PriceOrigin::User;
        cost::Price later = own;
        later.from = QDate(2100, 1, 1);
        later.input = 9;
        QVariantMap setting = cost::toSetting({ own, later });
        setting.insert(u"rows"_s,
                       setting.value(u"rows"_s).toList() + QVariantList { QVariantMap { { u"model"_s, u"?"_s } } });
        world.settings.setValue("prices/own", setting);
        world.prices.setRows(cost::PriceOrigin::User, { own, later });
        SettingsDialog dialog(world.context);
        dialog.open();
        auto *table = find<QTableView>(dialog, u"priceTable"_s);
        QCOMPARE(table->model()->rowCount(), 2);
        QVERIFY(!dialog.findChild<PricesPage *>()->isEdited());
        for (int row = 0; row < 2; ++row) {
            if (table->model()->index(row, 2).data().toString() == "9"_L1)
                QVERIFY(table->model()->setData(table->model()->index(row, 2), u"8"_s));
        }
        save(dialog);
        QTRY_VERIFY(!dialog.isVisible());
        QStringList problems;
        const auto kept = cost::userPrices(world.settings.value("prices/own").toMap(), &problems);
        QCOMPARE(problems.size(), 1);
        QCOMPARE(kept.size(), 2);
        QCOMPARE(kept[0].input, 1.0);
        QCOMPARE(kept[1].input, 8.0);
        QCOMPARE(kept[1].from, later.from);
    }
};

QTEST_MAIN(PriceDialogTest)
#include "tst_pricedialog.moc"
