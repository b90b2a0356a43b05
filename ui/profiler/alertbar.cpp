#include "ui/profiler/alertbar.h"

#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

using Severity = profile::AlertRule::Severity;

Card::Tone toneOf(Severity severity)
{
    return severity == Severity::Error ? Card::Tone::Error
        : severity == Severity::Info   ? Card::Tone::Plain
                                       : Card::Tone::Warning;
}

QIcon iconOf(Severity severity)
{
    return severity == Severity::Info
        ? icon(u"info"_s, IconTone::Muted)
        : icon(u"alert"_s, severity == Severity::Error ? IconTone::Error : IconTone::Warning);
}

} // namespace

AlertBar::AlertBar(QWidget *parent) : QWidget(parent), m_column(new QVBoxLayout(this))
{
    setObjectName(u"alertBar"_s);
    setAccessibleName(tr("Alerts"));
    m_column->setContentsMargins(grid::gap, grid::unit, grid::gap, 0);
    m_column->setSpacing(grid::half);
    hide();
}

void AlertBar::show(const profile::AlertEvent &event)
{
    remove(event.ruleId);
    if (event.raised)
        add(event);
    setVisible(!m_lines.isEmpty());
}

void AlertBar::add(const profile::AlertEvent &event)
{
    auto *card = new Card(toneOf(event.severity), this);
    card->setObjectName(u"alert_"_s + event.ruleId);
    card->setAccessibleName(event.text);
    auto *text = new QLabel(event.text, card);
    text->setObjectName(u"alertText"_s);
    text->setWordWrap(true);
    text->setTextFormat(Qt::PlainText);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *settings = new QPushButton(tr("Settings…"), card);
    settings->setObjectName(u"alertSettings"_s);
    settings->setAccessibleName(tr("Settings of the alerts"));
    settings->setAutoDefault(false);
    connect(settings, &QPushButton::clicked, this, &AlertBar::settingsRequested);
    auto *close = iconButton(u"alertClose"_s, u"close"_s, tr("Dismiss"), card);
    connect(close, &QToolButton::clicked, this, [this, id = event.ruleId] {
        remove(id);
        setVisible(!m_lines.isEmpty());
    });
    auto *line = new QHBoxLayout(card);
    line->setContentsMargins(grid::gap, grid::half, grid::half, grid::half);
    line->setSpacing(grid::unit);
    line->addWidget(new IconLabel(iconOf(event.severity), grid::icon, card));
    line->addWidget(text, 1);
    line->addWidget(settings);
    line->addWidget(close);
    m_column->addWidget(card);
    m_lines.insert(event.ruleId, card);
}

void AlertBar::remove(const QString &ruleId)
{
    if (QWidget *line = m_lines.take(ruleId)) {
        line->hide();
        line->deleteLater();
    }
}

} // namespace talkbench::ui
