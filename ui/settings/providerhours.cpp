#include "ui/settings/providerhours.h"

#include "core/config/settings.h"
#include "ui/theme/metrics.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QSignalBlocker>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr auto key = "cache/provider_ttl_hours";
/// As for all; 0 is for ever.
constexpr double none = -1;
constexpr double longest = 876'000;
constexpr int fieldCharacters = 36; // as the fields around it
constexpr int nameRole = Qt::UserRole + 1;

/// Half an hour is written 0.5, a day 24.
class HoursBox final : public QDoubleSpinBox {
public:
    using QDoubleSpinBox::QDoubleSpinBox;

protected:
    QString textFromValue(double value) const override
    {
        return locale().toString(value, 'f', QLocale::FloatingPointShortest);
    }
};

} // namespace

ProviderHours::ProviderHours(config::Settings &settings, QWidget *parent)
    : QWidget(parent), m_settings(settings), m_kept(settings.value(key).toMap()), m_provider(new QComboBox(this)),
      m_hours(new HoursBox(this))
{
    m_provider->setObjectName(u"cacheHoursProvider"_s);
    m_provider->setAccessibleName(tr("Provider whose answers are kept for hours of their own"));
    m_provider->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_hours->setObjectName(u"cacheHours"_s);
    m_hours->setAccessibleName(tr("Hours for which its answers are kept"));
    m_hours->setRange(none, longest);
    m_hours->setDecimals(4);
    m_hours->setSpecialValueText(tr("as for all"));
    const auto providers = settings.providers();
    for (const config::ProviderConfig &provider : providers) {
        m_provider->addItem(provider.name, provider.id);
        m_provider->setItemData(m_provider->count() - 1, provider.name, nameRole);
        showTitle(m_provider->count() - 1);
    }
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addWidget(m_provider, 3);
    line->addWidget(m_hours, 2);
    setFixedWidth(fontMetrics().averageCharWidth() * fieldCharacters);
    setFocusProxy(m_provider);
    connect(m_provider, &QComboBox::currentIndexChanged, this, &ProviderHours::showHours);
    connect(m_hours, &QDoubleSpinBox::valueChanged, this, &ProviderHours::take);
    showHours();
}

void ProviderHours::showHours()
{
    const QSignalBlocker quiet(m_hours);
    m_hours->setValue(m_kept.value(m_provider->currentData().toString(), none).toDouble());
}

void ProviderHours::take(double hours)
{
    const QString id = m_provider->currentData().toString();
    if (hours < 0)
        m_kept.remove(id);
    else
        m_kept.insert(id, hours);
    showTitle(m_provider->currentIndex());
}

/// Its own hours are seen in the list, too.
void ProviderHours::showTitle(int index)
{
    const QString name = m_provider->itemData(index, nameRole).toString();
    const auto hours = m_kept.constFind(m_provider->itemData(index).toString());
    m_provider->setItemText(index,
                            hours == m_kept.cend()      ? name
                                : hours->toDouble() > 0 ? tr("%1: %2 h").arg(name).arg(hours->toDouble())
                                                        : tr("%1: for ever").arg(name));
}

base::Result<void> ProviderHours::save()
{
    if (m_kept == m_settings.value(key).toMap())
        return {};
    return m_settings.setValue(key, m_kept);
}

} // namespace talkbench::ui
