#include "ui/chat/decisioncard.h"

#include "core/profile/format.h"
#include "ui/theme/metrics.h"

#include <QEvent>
#include <QGridLayout>
#include <QLocale>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr double leastShown = 0.005;
constexpr double cellScale = 0.92;
constexpr int noteCharacters = 16; ///< that a line of a note has at least

enum Column { Model, Time, Cost, Fails, Chance, Note, Use };

QStringList columnTitles()
{
    return { DecisionCard::tr("Model"), DecisionCard::tr("Whole answer"), DecisionCard::tr("Cost"),
             DecisionCard::tr("Fails"), DecisionCard::tr("Chance"),       {} };
}

/// Nothing is rounded to none or all.
QString percent(double share)
{
    const QLocale locale;
    if (share > 0 && share < 0.001)
        return DecisionCard::tr("under %1 %").arg(locale.toString(0.1, 'f', 1));
    if (share > 0.999 && share < 1)
        return DecisionCard::tr("over %1 %").arg(locale.toString(99.9, 'f', 1));
    const bool isNearAnEnd = (share > 0 && share < 0.1) || (share > 0.99 && share < 1);
    return locale.toString(share * 100, 'f', isNearAnEnd ? 1 : 0) + u" %"_s;
}

/// In the utility's own measure, where 1 is as much as ten seconds.
QString preferenceText(double preference)
{
    const QString figure = QLocale().toString(std::abs(preference), 'f', 2);
    return preference > 0 ? DecisionCard::tr("you prefer it: +%1").arg(figure)
                          : DecisionCard::tr("you replaced it: −%1").arg(figure);
}

QString noteOf(const select::DecisionRow &row, bool chosen)
{
    const QString note = chosen   ? DecisionCard::tr("chosen")
        : !row.excluded.isEmpty() ? row.excluded
        : row.calls == 0          ? DecisionCard::tr("not measured yet")
        : row.calls == 1          ? DecisionCard::tr("1 call measured")
                                  : DecisionCard::tr("%1 calls measured").arg(row.calls);
    const bool prefers = std::abs(row.preference) >= leastShown;
    return prefers ? note + u" · "_s + preferenceText(row.preference) : note;
}

} // namespace

QString nameOf(const select::ModelRef &ref, const select::ProviderNames &providerNames)
{
    return providerNames ? DecisionCard::tr("%1 of %2").arg(ref.model, providerNames(ref.providerId)) : toText(ref);
}

DecisionCard::DecisionCard(QWidget *parent) : Card(Tone::Plain, parent), m_content(new QWidget(this))
{
    setObjectName(u"decisionCard"_s);
    setAccessibleName(tr("The candidates of this choice"));
    // It takes what width there is, and lays itself out for that.
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(grid::wide, grid::unit, grid::wide, grid::unit);
    column->addWidget(m_content);
}

void DecisionCard::setDecision(const select::Decision &decision, bool canOverrule,
                               const select::ProviderNames &providerNames)
{
    QList<select::DecisionRow> rows = decision.rows;
    std::stable_sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) {
        return a.excluded.isEmpty() != b.excluded.isEmpty() ? a.excluded.isEmpty() : a.utility > b.utility;
    });
    m_rows.clear();
    for (const select::DecisionRow &row : std::as_const(rows)) {
        const bool chosen = row.ref == decision.chosen;
        const bool canBeAsked = row.excluded.isEmpty() || row.circuit != select::Circuit::Closed;
        m_rows.append({ { nameOf(row.ref, providerNames), profile::formatMs(row.predictedMs),
                          row.predictedUsd ? profile::formatUsd(*row.predictedUsd) : tr("unknown"),
                          percent(row.failureProbability), percent(row.propensity), noteOf(row, chosen) },
                        chosen,
                        !chosen && canOverrule && canBeAsked ? std::optional(row.ref) : std::nullopt });
    }
    m_isFilled = false;
    if (isVisible())
        fill();
}

bool DecisionCard::hasRoomForTable() const
{
    QFont font = this->font();
    font.setPointSizeF(font.pointSizeF() * cellScale);
    const QFontMetrics metrics(font);
    const QStringList titles = columnTitles();
    int needed = noteCharacters * metrics.averageCharWidth() + 2 * grid::wide;
    for (int column = Model; column < Note; ++column) {
        int widest = metrics.horizontalAdvance(titles.at(column));
        for (const Row &row : m_rows)
            widest = std::max(widest, metrics.horizontalAdvance(row.cells.at(column)));
        needed += widest + grid::gap;
    }
    if (std::any_of(m_rows.begin(), m_rows.end(), [](const Row &row) { return row.use.has_value(); }))
        needed += fontMetrics().horizontalAdvance(tr("Use")) + iconSide(this) + grid::section + grid::gap;
    return needed <= width();
}

void DecisionCard::fill()
{
    layout()->removeWidget(m_content);
    m_content->hide();
    m_content->deleteLater(); // a click on its button may have led here
    m_content = new QWidget(this);
    auto *cells = new QGridLayout(m_content);
    cells->setContentsMargins(0, 0, 0, 0);
    cells->setHorizontalSpacing(grid::gap);
    cells->setVerticalSpacing(grid::half);
    m_isFilled = true;
    m_isTable = hasRoomForTable();
    if (m_isTable)
        fillTable(cells);
    else
        fillStack(cells);
    layout()->addWidget(m_content);
    m_content->show();
}

void DecisionCard::fillTable(QGridLayout *cells)
{
    const auto add = [&](int row, int column, const QString &text, bool isMuted) {
        QLabel *label = cell(text, isMuted);
        const bool isText = column == Model || column == Note;
        label->setAlignment((isText ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        label->setWordWrap(column == Note);
        cells->addWidget(label, row, column);
    };
    const QStringList titles = columnTitles();
    for (int column = Model; column <= Note; ++column)
        add(0, column, titles.at(column), true);
    for (int i = 0; i < m_rows.size(); ++i) {
        const Row &row = m_rows.at(i);
        for (int column = Model; column <= Note; ++column)
            add(i + 1, column, row.cells.at(column), column == Note || !row.chosen);
        if (row.use)
            cells->addWidget(useButton(row), i + 1, Use);
    }
    cells->setColumnStretch(Note, 1);
}

void DecisionCard::fillStack(QGridLayout *cells)
{
    const QStringList titles = columnTitles();
    int at = 0;
    const auto add = [&](const QString &text, bool isMuted, int span) {
        QLabel *label = cell(text, isMuted);
        label->setWordWrap(true);
        cells->addWidget(label, at, 0, 1, span);
    };
    for (const Row &row : std::as_const(m_rows)) {
        add(row.cells.at(Model), !row.chosen, row.use ? 1 : 2);
        if (row.use)
            cells->addWidget(useButton(row), at, 1);
        QStringList figures;
        for (int column = Time; column <= Chance; ++column)
            figures << u"%1: %2"_s.arg(titles.at(column), row.cells.at(column)).replace(u' ', QChar::Nbsp);
        ++at;
        add(figures.join(u" · "_s), !row.chosen, 2);
        ++at;
        add(row.cells.at(Note), true, 2);
        cells->setRowMinimumHeight(++at, grid::half);
        ++at;
    }
    cells->setColumnStretch(0, 1);
}

QLabel *DecisionCard::cell(const QString &text, bool isMuted)
{
    QLabel *label = isMuted ? mutedLabel({}, m_content, cellScale) : new QLabel(m_content);
    if (!isMuted)
        scaleFont(label, cellScale);
    label->setObjectName(u"decisionCell"_s);
    label->setTextFormat(Qt::PlainText);
    label->setText(text);
    return label;
}

QToolButton *DecisionCard::useButton(const Row &row)
{
    auto *use = textButton(u"useCandidate"_s, u"regenerate"_s, tr("Use"), m_content);
    use->setAccessibleName(tr("Answer again with %1").arg(row.cells.at(Model)));
    connect(use, &QToolButton::clicked, this, [this, ref = *row.use] { Q_EMIT overruled(ref.providerId, ref.model); });
    return use;
}

void DecisionCard::showEvent(QShowEvent *event)
{
    Card::showEvent(event);
    if (!m_isFilled)
        fill();
}

void DecisionCard::resizeEvent(QResizeEvent *event)
{
    Card::resizeEvent(event);
    if (m_isFilled && m_isTable != hasRoomForTable())
        fill();
}

void DecisionCard::changeEvent(QEvent *event)
{
    Card::changeEvent(event);
    if (event->type() == QEvent::FontChange && m_isFilled && m_isTable != hasRoomForTable())
        fill();
}

} // namespace talkbench::ui
