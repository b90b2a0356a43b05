#include "ui/compare/compareresults.h"

#include "core/config/settings.h"
#include "ui/chat/modelpicker.h"
#include "ui/compare/differencetable.h"
#include "ui/theme/controls.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

/// Of a page, below which the answers need all of it.
constexpr int roomForBoth = 600;

} // namespace

CompareResults::CompareResults(AppContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_fold(new Disclosure(u"compareFold"_s, tr("How the answers differ"), this)),
      m_table(new DifferenceTable(this))
{
    m_table->setObjectName(u"compareTable"_s);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::half);
    layout->addWidget(makeBar());
    layout->addWidget(m_table);
    hide();
}

QWidget *CompareResults::makeBar()
{
    auto *bar = new QWidget(this);
    auto *line = new QHBoxLayout(bar);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addWidget(m_fold);
    line->addStretch();
    const auto addCopy = [&](const QString &name, const QString &text,
                             QString (*write)(const QList<Difference> &, const QStringList &)) {
        auto *button = textButton(name, u"copy"_s, text, bar);
        connect(button, &QToolButton::clicked, this,
                [this, write] { QGuiApplication::clipboard()->setText(write(m_rows, m_titles)); });
        line->addWidget(button);
    };
    addCopy(u"compareCopyMarkdown"_s, tr("Copy as Markdown"), toMarkdown);
    addCopy(u"compareCopyCsv"_s, tr("Copy as CSV"), toCsv);
    connect(m_fold, &Disclosure::toggled, m_table, &QWidget::setVisible);
    connect(m_fold, &Disclosure::clicked, this, [this] { m_byHand = true; });
    return bar;
}

void CompareResults::setRecords(const QList<profile::RunRecord> &records)
{
    m_rows = differencesOf(records);
    m_titles.clear();
    for (const profile::RunRecord &record : records)
        m_titles << titleOf(record);
    m_table->setRows(m_rows, m_titles);
    fit();
    setVisible(records.size() >= 2);
}

/// Figures of an answer that did not end well are not to be taken for those of a whole one.
QString CompareResults::titleOf(const profile::RunRecord &record) const
{
    const QString name = modelTitle(m_context.settings, { record.providerId, record.model });
    return record.ok() ? name : record.cancelled() ? tr("%1 (stopped)").arg(name) : tr("%1 (failed)").arg(name);
}

void CompareResults::setRoom(int height)
{
    m_room = height;
    fit();
}

void CompareResults::fit()
{
    m_table->setFixedHeight(std::min(m_table->wantedHeight(), std::max(m_room / 4, grid::gap * 6)));
    if (!m_byHand)
        m_fold->setChecked(m_room >= roomForBoth);
    m_table->setVisible(m_fold->isChecked());
}

void CompareResults::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if ((event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) && !m_rows.isEmpty()) {
        m_table->setRows(m_rows, m_titles);
        fit();
    }
}

} // namespace talkbench::ui
