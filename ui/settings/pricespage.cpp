#include "ui/settings/pricespage.h"

#include "core/config/settings.h"
#include "core/cost/pricelayers.h"
#include "ui/settings/formparts.h"
#include "ui/settings/pricedialog.h"
#include "ui/settings/pricerows.h"
#include "ui/settings/recomputecosts.h"
#include "ui/theme/metrics.h"
#include "ui/wordfilter.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
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

} // namespace

/// Enter and a double click open a row; typing changes the figure that is current.
class PriceTable final : public QTableView {
    Q_OBJECT

public:
    PriceTable(QAbstractItemModel *model, QWidget *parent);

Q_SIGNALS:
    void opened(const QModelIndex &index);

protected:
    void changeEvent(QEvent *event) override
    {
        QTableView::changeEvent(event);
        if (event->type() == QEvent::FontChange)
            fitColumns();
    }

    void keyPressEvent(QKeyEvent *event) override
    {
        const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
        if (enter && state() != EditingState && currentIndex().isValid())
            Q_EMIT opened(currentIndex());
        else
            QTableView::keyPressEvent(event);
    }

private:
    void fitColumns();
};

PriceTable::PriceTable(QAbstractItemModel *model, QWidget *parent) : QTableView(parent)
{
    setObjectName(u"priceTable"_s);
    setAccessibleName(PricesPage::tr("Prices"));
    setModel(model);
    setSortingEnabled(true);
    sortByColumn(PriceRows::Model, Qt::AscendingOrder);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setEditTriggers(QAbstractItemView::EditKeyPressed | QAbstractItemView::AnyKeyPressed);
    setTabKeyNavigation(false);
    setWordWrap(false);
    setShowGrid(false);
    setTextElideMode(Qt::ElideMiddle); // names differ at their ends
    verticalHeader()->hide();
    horizontalHeader()->setStretchLastSection(true);
    horizontalHeader()->setHighlightSections(false);
    fitColumns();
    connect(this, &QTableView::doubleClicked, this, &PriceTable::opened);
}

/// Names of models and what else there is have their share, the others what they need.
void PriceTable::fitColumns()
{
    QFont bold = font(); // as a price of one's own is shown
    bold.setBold(true);
    const QFontMetrics metrics(bold);
    const auto widthOf = [&metrics](const QString &text) { return metrics.horizontalAdvance(text) + 2 * grid::wide; };
    setColumnWidth(PriceRows::Model, metrics.averageCharWidth() * 26);
    setColumnWidth(PriceRows::Also,
                   widthOf(PriceRows::tr("from %1").arg(u"2026-12-30"_s) + u", "_s + PriceRows::tr("batch")));
    for (const int column : { PriceRows::Provider, PriceRows::Input, PriceRows::Output, PriceRows::CacheRead }) {
        int width = horizontalHeader()->sectionSizeHint(column);
        for (int row = 0; model() && row < model()->rowCount(); ++row)
            width = std::max(width, widthOf(model()->index(row, column).data().toString()));
        setColumnWidth(column, width);
    }
}

PricesPage::PricesPage(AppContext &context, QWidget *parent)
    : QWidget(parent), m_context(context),
      m_rows(new PriceRows(context.prices.prices(),
                           QDateTime::fromMSecsSinceEpoch(context.clock.wallMs()).toUTC().date(), this)),
      m_found(nullptr), m_table(nullptr), m_edit(new QPushButton(tr("Edit…"), this)),
      m_reset(new QPushButton(tr("Reset"), this)), m_recompute(new RecomputeCosts(
                                                       context, [this] { return !isEdited(); }, this)),
      m_problem(new ToneLabel(u"priceProblem"_s, ToneLabel::Tone::Error, this)), m_kept(m_rows->own())
{
    auto *found = new FoundPrices(this);
    m_found = found;
    found->setSourceModel(m_rows);
    found->setSortRole(PriceRows::SortRole);
    found->setSortCaseSensitivity(Qt::CaseInsensitive);
    m_table = new PriceTable(found, this);
    auto *hint = new ToneLabel(u"pricesHint"_s);
    hint->setWordWrap(true);
    hint->setText(
        tr("US dollars a million tokens. A figure that you change becomes a price of your own and goes before "
           "what servers report and the table; Enter opens all that a price can say. What has been spent stays as it "
           "was until you ask for it."));
    auto *search = new QLineEdit(this);
    search->setObjectName(u"priceSearch"_s);
    search->setAccessibleName(tr("Search prices"));
    search->setPlaceholderText(tr("Search models and providers"));
    search->setClearButtonEnabled(true);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::unit);
    column->addWidget(hint);
    column->addWidget(search);
    column->addWidget(m_table, 1);
    m_problem->setWordWrap(true);
    m_problem->hide();
    column->addWidget(m_problem);
    column->addLayout(buttons(search));
    column->addWidget(m_recompute->outcome());
    connect(search, &QLineEdit::textChanged, this,
            [found](const QString &typed) { found->setWords(searchWords(typed)); });
    connect(m_table, &PriceTable::opened, this, &PricesPage::edit);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, &PricesPage::showState);
    connect(m_rows, &PriceRows::dataChanged, this, &PricesPage::showState);
    connect(m_rows, &PriceRows::refused, this,
            [this](const QString &why) { m_problem->say(why, ToneLabel::Tone::Error); });
    showState();
}

QLayout *PricesPage::buttons(QLineEdit *search)
{
    m_edit->setObjectName(u"priceEdit"_s);
    m_edit->setToolTip(tr("All classes of tokens, tiers, batches, hours and days of this price"));
    m_reset->setObjectName(u"priceReset"_s);
    m_reset->setToolTip(tr("Take your own price back"));
    auto *add = new QPushButton(tr("Add a price"), this);
    add->setObjectName(u"priceAdd"_s);
    for (QPushButton *button : { add, m_edit, m_reset })
        button->setAutoDefault(false);
    auto *line = new QHBoxLayout;
    line->addWidget(add);
    line->addWidget(m_edit);
    line->addWidget(m_reset);
    line->addSpacing(grid::gap);
    line->addWidget(m_recompute);
    line->addStretch();
    connect(m_edit, &QPushButton::clicked, this, [this] { edit(m_table->currentIndex()); });
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
    return line;
}

void PricesPage::edit(const QModelIndex &index)
{
    if (!index.isValid())
        return;
    const int row = m_found->mapToSource(index).row();
    auto *dialog = new PriceDialog(m_rows->draft(row), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &PriceDialog::priced, this, [this, row](const cost::Price &price) { m_rows->setOwn(row, price); });
    dialog->open();
}

int PricesPage::selectedRow() const
{
    return m_found->mapToSource(m_table->currentIndex()).row();
}

void PricesPage::showState()
{
    m_edit->setEnabled(selectedRow() >= 0);
    m_reset->setEnabled(m_rows->isOwn(selectedRow()));
    m_problem->hide();
}

bool PricesPage::isEdited() const
{
    return !m_rows->problem().isEmpty() || m_rows->own() != m_kept;
}

base::Result<void> PricesPage::save()
{
    const QString problem = m_rows->problem();
    m_problem->say(problem, ToneLabel::Tone::Error);
    if (!problem.isEmpty())
        return base::Error { base::ErrorKind::Config, problem, {}, 0, std::nullopt };
    const QList<cost::Price> own = m_rows->own();
    if (own == m_kept)
        return {};
    const auto saved = m_context.settings.setValue(
        "prices/own", cost::withChanges(m_context.settings.value("prices/own").toMap(), m_kept, own));
    if (saved)
        m_kept = own;
    return saved;
}

} // namespace talkbench::ui

#include "pricespage.moc"
