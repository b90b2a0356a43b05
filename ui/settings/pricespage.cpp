#include "ui/settings/pricespage.h"

#include "core/config/settings.h"
#include "core/cost/pricelayers.h"
#include "ui/settings/formparts.h"
#include "ui/settings/pricerows.h"
#include "ui/settings/recomputecosts.h"
#include "ui/theme/metrics.h"
#include "ui/wordfilter.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

/// Rows that have all the words of the search.
class FoundPrices final : public QSortFilterProxyModel {
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    void setWords(const QStringList &words)
    {
        m_words = words;
        invalidateFilter();
    }

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override
    {
        return hasAllWords(sourceModel()->index(row, 0, parent).data(PriceRows::SearchRole).toString(), m_words);
    }

private:
    QStringList m_words;
};

QTableView *tableOf(QAbstractItemModel *model, QWidget *parent)
{
    auto *table = new QTableView(parent);
    table->setObjectName(u"priceTable"_s);
    table->setAccessibleName(PricesPage::tr("Prices"));
    table->setModel(model);
    table->setSortingEnabled(true);
    table->sortByColumn(PriceRows::Model, Qt::AscendingOrder);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed
                           | QAbstractItemView::AnyKeyPressed);
    table->setTabKeyNavigation(false);
    table->setWordWrap(false);
    table->setShowGrid(false);
    table->setTextElideMode(Qt::ElideMiddle); // names differ at their ends
    table->verticalHeader()->hide();
    table->horizontalHeader()->setStretchLastSection(true);
    table->setColumnWidth(PriceRows::Model, grid::gap * 18);
    for (const int rate : { PriceRows::Input, PriceRows::Output, PriceRows::CacheRead })
        table->setColumnWidth(rate, grid::gap * 4);
    return table;
}

} // namespace

PricesPage::PricesPage(AppContext &context, QWidget *parent)
    : QWidget(parent), m_context(context),
      m_rows(new PriceRows(context.prices.prices(),
                           QDateTime::fromMSecsSinceEpoch(context.clock.wallMs(), Qt::UTC).date(), this)),
      m_found(nullptr), m_table(nullptr), m_reset(new QPushButton(tr("Reset"), this)),
      m_problem(new ToneLabel(u"priceProblem"_s, ToneLabel::Tone::Error, this))
{
    auto *found = new FoundPrices(this);
    m_found = found;
    found->setSourceModel(m_rows);
    found->setSortRole(PriceRows::SortRole);
    found->setSortCaseSensitivity(Qt::CaseInsensitive);
    m_table = tableOf(found, this);
    auto *hint = new ToneLabel(u"pricesHint"_s);
    hint->setWordWrap(true);
    hint->setText(
        tr("US dollars a million tokens. A figure that you change becomes a price of your own and goes before "
           "what servers report and the table. What has been spent stays as it was until you ask for it."));
    auto *search = new QLineEdit(this);
    search->setObjectName(u"priceSearch"_s);
    search->setAccessibleName(tr("Search prices"));
    search->setPlaceholderText(tr("Search models and providers"));
    search->setClearButtonEnabled(true);
    m_reset->setObjectName(u"priceReset"_s);
    m_reset->setAutoDefault(false);
    m_reset->setToolTip(tr("Take your own price back"));
    auto *add = new QPushButton(tr("Add a price"), this);
    add->setObjectName(u"priceAdd"_s);
    add->setAutoDefault(false);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(add);
    buttons->addWidget(m_reset);
    buttons->addSpacing(grid::gap);
    auto *recompute = new RecomputeCosts(
        context, [this] { return !isEdited(); }, this);
    buttons->addWidget(recompute);
    buttons->addStretch();
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::unit);
    column->addWidget(hint);
    column->addWidget(search);
    column->addWidget(m_table, 1);
    m_problem->setWordWrap(true);
    m_problem->hide();
    column->addWidget(m_problem);
    column->addLayout(buttons);
    column->addWidget(recompute->outcome());
    connect(search, &QLineEdit::textChanged, this,
            [found](const QString &typed) { found->setWords(searchWords(typed)); });
    connect(m_reset, &QPushButton::clicked, this, [this] {
        m_rows->reset(selectedRow());
        showState();
    });
    connect(add, &QPushButton::clicked, this, [this, search] {
        search->clear();
        const QModelIndex index = m_found->mapFromSource(m_rows->index(m_rows->add(), PriceRows::Model));
        m_table->setCurrentIndex(index);
        m_table->edit(index);
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, &PricesPage::showState);
    connect(m_rows, &PriceRows::dataChanged, this, &PricesPage::showState);
    connect(m_rows, &PriceRows::refused, this,
            [this](const QString &why) { m_problem->say(why, ToneLabel::Tone::Error); });
    showState();
}

int PricesPage::selectedRow() const
{
    return m_found->mapToSource(m_table->currentIndex()).row();
}

void PricesPage::showState()
{
    m_reset->setEnabled(m_rows->isOwn(selectedRow()));
    m_problem->hide();
}

bool PricesPage::isEdited() const
{
    QStringList unread;
    return !m_rows->problem().isEmpty()
        || m_rows->own() != cost::userPrices(m_context.settings.value("prices/own").toMap(), &unread);
}

base::Result<void> PricesPage::save()
{
    const QString problem = m_rows->problem();
    m_problem->say(problem, ToneLabel::Tone::Error);
    if (!problem.isEmpty())
        return base::Error { base::ErrorKind::Config, problem, {}, 0, std::nullopt };
    return isEdited() ? m_context.settings.setValue("prices/own", cost::toSetting(m_rows->own()))
                      : base::Result<void>();
}

} // namespace talkbench::ui
