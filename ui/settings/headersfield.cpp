#include "ui/settings/headersfield.h"

#include "ui/settings/formparts.h"
#include "ui/theme/metrics.h"

#include <QHeaderView>
#include <QSignalBlocker>
#include <QTableWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

HeadersField::HeadersField(QWidget *parent) : QWidget(parent), m_table(new QTableWidget(1, 2, this))
{
    m_table->setObjectName(u"providerHeaders"_s);
    m_table->setAccessibleName(tr("Headers"));
    m_table->setHorizontalHeaderLabels({ tr("Name"), tr("Value") });
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->verticalHeader()->hide();
    m_table->setStyleSheet(u"QHeaderView::section { border: none; background: transparent; padding: 4px; }"_s);
    m_table->setTabKeyNavigation(false);
    auto *hint = new ToneLabel(u"providerHeadersHint"_s);
    hint->setText(tr("Sent with every request. An empty name removes its row. Keys belong into the key field."));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::unit);
    column->addWidget(hint);
    column->addWidget(m_table, 1);
    connect(m_table, &QTableWidget::itemChanged, this, [this](const QTableWidgetItem *item) {
        if (item->row() == m_table->rowCount() - 1 && item->column() == 0 && !item->text().trimmed().isEmpty())
            m_table->setRowCount(m_table->rowCount() + 1);
        Q_EMIT edited();
    });
}

void HeadersField::setHeaders(const base::HttpHeaders &headers)
{
    const QSignalBlocker silent(m_table);
    m_table->setRowCount(static_cast<int>(headers.size()) + 1);
    for (int i = 0; i < m_table->rowCount(); ++i) {
        const bool last = i == headers.size();
        m_table->setItem(i, 0, new QTableWidgetItem(last ? QString() : QString::fromUtf8(headers.at(i).first)));
        m_table->setItem(i, 1, new QTableWidgetItem(last ? QString() : QString::fromUtf8(headers.at(i).second)));
    }
}

base::HttpHeaders HeadersField::headers() const
{
    const auto text = [this](int row, int column) {
        const QTableWidgetItem *item = m_table->item(row, column);
        return item ? item->text().trimmed().toUtf8() : QByteArray();
    };
    base::HttpHeaders headers;
    for (int i = 0; i < m_table->rowCount(); ++i) {
        if (!text(i, 0).isEmpty())
            headers << std::pair(text(i, 0), text(i, 1));
    }
    return headers;
}

} // namespace talkbench::ui
