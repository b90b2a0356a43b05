#include "ui/settings/pricedialog.h"

#include "core/cost/rates.h"
#include "ui/settings/formparts.h"
#include "ui/settings/smalltable.h"
#include "ui/taborder.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

const auto timeFormat = u"HH:mm"_s;

base::Error wrong(const QString &message)
{
    return { base::ErrorKind::Config, message, {}, 0, std::nullopt };
}

SmallTable *ratesTable(QWidget *parent)
{
    return new SmallTable(
        { u"priceRates"_s,
          PriceDialog::tr("Rates"),
          { PriceDialog::tr("Input above"), PriceDialog::tr("Input"), PriceDialog::tr("Output"),
            PriceDialog::tr("Cache read"), PriceDialog::tr("Cache write"), PriceDialog::tr("… for 1 h"),
            PriceDialog::tr("Reasoning"), PriceDialog::tr("Pictures") },
          { PriceDialog::tr("Tokens of input above which the whole call costs what stands beside it"),
            PriceDialog::tr("Has to be known"), PriceDialog::tr("Has to be known"),
            PriceDialog::tr("Input that the provider read from its cache. Empty: as input"),
            PriceDialog::tr("Input that it wrote to its cache, for five minutes. Empty: as input"),
            PriceDialog::tr("Input that it wrote to its cache for an hour. Empty: as for five minutes"),
            PriceDialog::tr("Thoughts. Empty: as output"), PriceDialog::tr("Pictures in the input. Empty: as input") },
          PriceDialog::tr("Add a tier"),
          PriceDialog::tr("Remove the tier"),
          { u"200000"_s, QLocale().toString(2.5), QLocale().toString(10) } },
        parent);
}

SmallTable *hoursTable(QWidget *parent)
{
    return new SmallTable({ u"priceHours"_s,
                            PriceDialog::tr("Hours at which it costs more or less"),
                            { PriceDialog::tr("From (UTC)"), PriceDialog::tr("Until"), PriceDialog::tr("Times") },
                            {},
                            PriceDialog::tr("Add hours"),
                            PriceDialog::tr("Remove the hours"),
                            { u"16:30"_s, u"00:30"_s, QLocale().toString(0.5) },
                            2 },
                          parent);
}

QStringList textsOf(const std::optional<cost::Rates> &rates)
{
    QStringList texts;
    for (const cost::TokenClass each : cost::rateClasses)
        texts << (rates ? rateText(cost::rateOf(*rates, each)) : QString());
    return texts;
}

bool isEmptyRow(const SmallTable &table, int row)
{
    for (int column = 1; column <= int(cost::rateClasses.size()); ++column) {
        if (!table.text(row, column).isEmpty())
            return false;
    }
    return true;
}

/// An empty class costs as another one does; input and output have none to cost as.
base::Result<cost::Rates> ratesIn(const SmallTable &table, int row)
{
    cost::Rates rates;
    for (std::size_t i = 0; i < cost::rateClasses.size(); ++i) {
        const QString typed = table.text(row, int(i) + 1);
        if (typed.isEmpty() && i >= 2)
            continue;
        if (typed.isEmpty())
            return wrong(
                PriceDialog::tr("What input and output cost has to be known (0: free); it is not in the row “%1”.")
                    .arg(table.text(row, 0)));
        const auto rate = rateFromText(typed);
        if (!rate)
            return wrong(noPriceText(typed));
        cost::setRate(rates, cost::rateClasses[i], *rate);
    }
    return rates;
}

base::Result<double> factorIn(const QString &typed)
{
    bool isNumber = false;
    const double factor = QLocale().toDouble(typed, &isNumber);
    if (!isNumber || !(factor >= 0 && factor <= cost::highestFactor))
        return wrong(PriceDialog::tr("“%1” is nothing to multiply a price by: type a number like %2.")
                         .arg(typed, QLocale().toString(0.5)));
    return factor;
}

} // namespace

QString rateText(std::optional<double> rate)
{
    QLocale locale;
    locale.setNumberOptions(QLocale::OmitGroupSeparator);
    return rate ? locale.toString(*rate, 'f', QLocale::FloatingPointShortest) : QString();
}

std::optional<double> rateFromText(const QString &typed)
{
    bool isNumber = false;
    const double rate = QLocale().toDouble(typed.trimmed(), &isNumber);
    return isNumber && rate >= 0 && rate <= cost::highestRate ? std::optional(rate) : std::nullopt;
}

QString noPriceText(const QString &typed)
{
    return PriceDialog::tr("“%1” is no price. A price is a figure from 0 to %2, like %3.")
        .arg(typed, QLocale().toString(cost::highestRate, 'f', 0), QLocale().toString(0.7));
}

PriceDialog::PriceDialog(const PriceDraft &draft, QWidget *parent)
    : QDialog(parent), m_before(draft.price), m_problem(new ToneLabel(u"priceDialogProblem"_s, ToneLabel::Tone::Error))
{
    setObjectName(u"priceDialog"_s);
    setWindowTitle(draft.known ? tr("The price of %1").arg(draft.price.model) : tr("A price"));
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Ok)->setObjectName(u"priceDialogOk"_s);
    buttons->button(QDialogButtonBox::Ok)->setDefault(true);
    auto *scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidgetResizable(true);
    scroll->setWidget(form(draft));
    m_problem->hide();
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(grid::gap, grid::gap, grid::gap, grid::gap);
    column->setSpacing(grid::wide);
    column->addWidget(scroll, 1);
    column->addWidget(m_problem);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &PriceDialog::confirm);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    fillRates(draft);
    for (const SmallTable *table : { m_rates, m_hours })
        connect(table, &SmallTable::edited, m_problem, &QWidget::hide);
    resize(fitting(this, { iconSide(this, 860), iconSide(this, 680) }));
    m_rates->setCurrent(0, 1);
}

QWidget *PriceDialog::form(const PriceDraft &draft)
{
    auto *body = new QWidget;
    auto *fields = settingsForm(body);
    const bool isFresh = !draft.given;
    m_model = addLine(fields, u"priceModel"_s, tr("Model"), draft.price.model,
                      tr("its id, or the beginning of several: claude-*"));
    m_provider = addLine(fields, u"priceProvider"_s, tr("Provider"), draft.price.providerId, tr("any"));
    m_model->setReadOnly(!isFresh);
    m_provider->setReadOnly(!isFresh);
    auto *given = new ToneLabel(u"priceGiven"_s);
    given->setText(
        isFresh ? tr("US dollars a million tokens. An empty figure costs as the class it belongs to.")
                : tr("US dollars a million tokens. An empty figure costs as the class it belongs to. Without a price "
                     "of your own it is that of: %1, %2.")
                      .arg(draft.given->source, draft.given->date.toString(Qt::ISODate)));
    fields->addRow(given);
    m_rates = ratesTable(body);
    fields->addRow(m_rates);
    m_hours = hoursTable(body);
    fields->addRow(m_hours);
    m_batchFactor = addLine(fields, u"priceBatchFactor"_s, tr("Batch, times"),
                            rateText(draft.price.batch ? std::nullopt : draft.price.batchFactor),
                            tr("a share of every rate, where its row above is empty; empty: the provider's rule"));
    m_from =
        addLine(fields, u"priceFrom"_s, tr("First day"), draft.price.from.toString(Qt::ISODate), tr("it always was"));
    m_until =
        addLine(fields, u"priceUntil"_s, tr("Last day"), draft.price.until.toString(Qt::ISODate), tr("it still is"));
    const bool isOwn = draft.price.origin == cost::PriceOrigin::User;
    m_source = addLine(fields, u"priceSource"_s, tr("Source"), isOwn ? draft.price.source : QString(), tr("your own"));
    if (isOwn && draft.price.date.isValid())
        m_source->setToolTip(tr("Of %1").arg(draft.price.date.toString(Qt::ISODate)));
    return body;
}

QLineEdit *PriceDialog::addLine(QFormLayout *form, const QString &objectName, const QString &title, const QString &text,
                                const QString &hint)
{
    auto *line = new QLineEdit(text);
    line->setPlaceholderText(hint);
    addField(form, objectName, title, line);
    connect(line, &QLineEdit::textEdited, m_problem, &QWidget::hide);
    return line;
}

void PriceDialog::fillRates(const PriceDraft &draft)
{
    const cost::Price &price = draft.price;
    m_rates->addFixed(tr("any length"), textsOf(draft.known ? std::optional<cost::Rates>(price) : std::nullopt));
    m_rates->addFixed(tr("in a batch"), textsOf(price.batch));
    for (const cost::Tier &tier : price.tiers)
        m_rates->add(QStringList { QString::number(tier.above) } + textsOf(tier.rates));
    for (const cost::OffPeak &window : price.offPeak)
        m_hours->add({ window.from.toString(timeFormat), window.until.toString(timeFormat), rateText(window.factor) });
}

base::Result<void> PriceDialog::readRates(cost::Price &price) const
{
    const int last = m_rates->rowCount() - 1;
    const auto usual = ratesIn(*m_rates, 0);
    if (!usual)
        return usual.error();
    static_cast<cost::Rates &>(price) = *usual;
    price.tiers.clear();
    for (int row = 1; row < last; ++row) {
        bool isNumber = false;
        const qint64 above = QLocale().toLongLong(m_rates->text(row, 0), &isNumber);
        if (!isNumber || above <= 0)
            return wrong(tr("A tier begins above a whole number of tokens, not “%1”.").arg(m_rates->text(row, 0)));
        const auto rates = ratesIn(*m_rates, row);
        if (!rates)
            return rates.error();
        price.tiers.append({ above, *rates });
    }
    std::stable_sort(price.tiers.begin(), price.tiers.end(),
                     [](const cost::Tier &a, const cost::Tier &b) { return a.above < b.above; });
    price.batch.reset();
    if (isEmptyRow(*m_rates, last))
        return {};
    const auto batch = ratesIn(*m_rates, last);
    if (!batch)
        return batch.error();
    price.batch = *batch;
    return {};
}

base::Result<void> PriceDialog::readHours(cost::Price &price) const
{
    price.offPeak.clear();
    for (int row = 0; row < m_hours->rowCount(); ++row) {
        const QTime from = QTime::fromString(m_hours->text(row, 0), timeFormat);
        const QTime until = QTime::fromString(m_hours->text(row, 1), timeFormat);
        if (!from.isValid() || !until.isValid())
            return wrong(tr("A time is written as 18:00, not “%1”.").arg(m_hours->text(row, from.isValid() ? 1 : 0)));
        const auto factor = factorIn(m_hours->text(row, 2));
        if (!factor)
            return factor.error();
        price.offPeak.append({ from, until, *factor });
    }
    return {};
}

base::Result<void> PriceDialog::readBatchFactor(cost::Price &price) const
{
    const QString typed = m_batchFactor->text().trimmed();
    if (typed.isEmpty()) {
        price.batchFactor.reset();
        price.batchSource.clear();
        return {};
    }
    const auto factor = factorIn(typed);
    if (!factor)
        return factor.error();
    if (price.batch)
        return wrong(tr("A batch has rates of its own or a share of every rate, not both."));
    if (price.batchFactor != *factor)
        price.batchSource = u"your own"_s;
    price.batchFactor = *factor;
    return {};
}

base::Result<void> PriceDialog::readDays(cost::Price &price) const
{
    for (const auto &[field, day] : { std::pair(m_from, &price.from), std::pair(m_until, &price.until) }) {
        const QString typed = field->text().trimmed();
        *day = QDate::fromString(typed, Qt::ISODate);
        if (!typed.isEmpty() && !day->isValid())
            return wrong(tr("A day is written as 2026-11-24, not “%1”.").arg(typed));
    }
    return {};
}

base::Result<cost::Price> PriceDialog::price() const
{
    cost::Price price = m_before;
    price.model = m_model->text().trimmed();
    price.providerId = m_provider->text().trimmed();
    price.source = m_source->text().simplified();
    for (const auto &read :
         { readRates(price), readHours(price), readBatchFactor(price), readDays(price), cost::checkPrice(price) }) {
        if (!read)
            return read.error();
    }
    return price;
}

bool PriceDialog::focusNextPrevChild(bool next)
{
    return moveFocus({ this }, next);
}

void PriceDialog::confirm()
{
    const auto read = price();
    if (!read) {
        m_problem->say(read.error().message, ToneLabel::Tone::Error);
        return;
    }
    Q_EMIT priced(*read);
    accept();
}

} // namespace talkbench::ui
