#include "ui/profiler/figureitem.h"

#include "ui/profiler/summarytiles.h"

#include <QGuiApplication>
#include <QPalette>

#include <limits>

namespace talkbench::ui {

FigureItem::FigureItem(const profile::ReportValue &value, QByteArrayView unit)
    : QTableWidgetItem(profile::reportText(value, unit)),
      m_value(value.value.value_or(-std::numeric_limits<double>::infinity()))
{
    setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
    if (value.missing == 0)
        return;
    setForeground(QGuiApplication::palette().placeholderText());
    setToolTip(lackingTip(value));
}

bool FigureItem::operator<(const QTableWidgetItem &other) const
{
    const auto *figure = dynamic_cast<const FigureItem *>(&other);
    return figure ? m_value < figure->m_value : QTableWidgetItem::operator<(other);
}

} // namespace talkbench::ui
