#include "ui/settings/cachepage.h"

#include "core/config/settings.h"
#include "core/profile/format.h"
#include "core/run/runservice.h"
#include "core/store/cachestore.h"
#include "ui/appcontext.h"
#include "ui/settings/formparts.h"
#include "ui/settings/providerhours.h"
#include "ui/settings/valuespage.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

CachePage::CachePage(AppContext &context, QWidget *parent)
    : QWidget(parent), m_context(context),
      m_values(new ValuesPage(context,
                              { "cache/policy", "cache/pace", "cache/ttl_hours", "cache/memory_mb", "cache/disk_mb",
                                "cache/entries", "cache/redis" },
                              this)),
      m_hours(new ProviderHours(context.settings, this)), m_size(new QLabel(this)), m_hits(new QLabel(this)),
      m_saved(new QLabel(this)), m_models(new QComboBox(this)),
      m_clearModel(new QPushButton(tr("Clear answers of"), this)), m_clearAll(new QPushButton(tr("Clear all"), this)),
      m_outcome(new ToneLabel(u"cacheOutcome"_s, ToneLabel::Tone::Ok, this))
{
    auto *hint = new ToneLabel(u"cacheHint"_s);
    hint->setText(
        tr("The same question, with the same options to the same model, is answered from what was kept: at once "
           "and for nothing. “Answer again” always asks the model."));
    hint->setWordWrap(true);
    QFormLayout *figures = settingsForm(nullptr);
    m_size->setObjectName(u"cacheSize"_s);
    m_hits->setObjectName(u"cacheHits"_s);
    m_saved->setObjectName(u"cacheSaved"_s);
    figures->addRow(tr("Kept"), m_size);
    figures->addRow(tr("Hits"), m_hits);
    figures->addRow(tr("Saved"), m_saved);
    m_outcome->hide();
    if (auto *form = qobject_cast<QFormLayout *>(m_values->layout()))
        form->addRow(tr("Of one provider (hours; 0: for ever)"), m_hours);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::gap);
    column->addWidget(hint);
    column->addWidget(m_values);
    column->addLayout(figures);
    column->addWidget(clearRow());
    column->addWidget(m_outcome);
    column->addStretch();
    look();
}

QWidget *CachePage::clearRow()
{
    auto *row = new QWidget(this);
    m_clearAll->setObjectName(u"cacheClearAll"_s);
    m_clearAll->setAutoDefault(false);
    m_clearModel->setObjectName(u"cacheClearModel"_s);
    m_clearModel->setAutoDefault(false);
    m_models->setObjectName(u"cacheModels"_s);
    markTransient(m_models);
    m_models->setAccessibleName(tr("Model whose answers are cleared"));
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addWidget(m_clearAll);
    line->addSpacing(grid::gap);
    line->addWidget(m_clearModel);
    line->addWidget(m_models);
    line->addStretch();
    connect(m_clearAll, &QPushButton::clicked, this, [this] { clear({}); });
    connect(m_clearModel, &QPushButton::clicked, this, [this] { clear({ .model = m_models->currentText() }); });
    return row;
}

void CachePage::look()
{
    showStats({});
    showModels({});
    whenReady(this, m_context.cache.stats(), [this](const profile::CacheStats &stats) { showStats(stats); });
    whenReady(this, m_context.cache.models(), [this](const QStringList &models) { showModels(models); });
}

void CachePage::showStats(const profile::CacheStats &stats)
{
    const qint64 asked = stats.hits + stats.misses;
    const QString entries =
        stats.entries == 1 ? tr("1 answer") : tr("%1 answers").arg(profile::formatCount(stats.entries));
    m_size->setText(tr("%1, %2").arg(entries, profile::formatBytes(stats.bytes)));
    m_hits->setText(asked == 0
                        ? tr("none asked for")
                        : tr("%1 of %2 (%3 %)")
                              .arg(profile::formatCount(stats.hits), profile::formatCount(asked))
                              .arg(100 * static_cast<double>(stats.hits) / static_cast<double>(asked), 0, 'f', 1));
    m_saved->setText(tr("%1 and %2").arg(profile::formatMs(stats.savedMs), profile::formatUsd(stats.savedUsd)));
    m_clearAll->setEnabled(stats.entries > 0);
}

void CachePage::showModels(const QStringList &models)
{
    m_models->clear();
    m_models->addItems(models);
    m_models->setEnabled(!models.isEmpty());
    m_clearModel->setEnabled(!models.isEmpty());
}

/// The engine forgets what it has in memory; the disk says how many there were.
void CachePage::clear(const profile::CacheFilter &filter)
{
    whenReady(this, m_context.cache.clear(filter), [this](std::optional<qint64> gone) {
        if (!gone) {
            m_outcome->say(tr("The cache could not be cleared: its file can't be opened or written."),
                           ToneLabel::Tone::Error);
            return;
        }
        QString said =
            *gone == 1 ? tr("1 answer cleared.") : tr("%1 answers cleared.").arg(profile::formatCount(*gone));
        if (!m_context.settings.value("cache/redis").toString().isEmpty())
            said += u' ' + tr("The shared cache keeps its answers until they expire.");
        m_outcome->say(said, ToneLabel::Tone::Ok);
        look();
    });
    m_context.runs.clearCache(filter);
}

base::Result<void> CachePage::save()
{
    const auto values = m_values->save();
    const auto hours = m_hours->save();
    return values ? hours : values;
}

} // namespace talkbench::ui
