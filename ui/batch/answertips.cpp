#include "ui/batch/answertips.h"

#include "ui/batch/batchresults.h"

#include <QHelpEvent>
#include <QTableView>
#include <QToolTip>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

AnswerTips::AnswerTips(QTableView *table) : QObject(table), m_table(table)
{
    table->viewport()->installEventFilter(this);
}

bool AnswerTips::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Leave)
        m_key.clear();
    if (event->type() != QEvent::ToolTip)
        return QObject::eventFilter(watched, event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const QModelIndex index = m_table->indexAt(help->pos());
    m_key = index.column() == BatchResults::Answer ? index.data(BatchResults::KeyRole).toString() : QString();
    m_place = help->globalPos();
    if (!m_key.isEmpty())
        Q_EMIT wanted(m_key);
    return !m_key.isEmpty();
}

void AnswerTips::show(const QString &key, const QString &text)
{
    if (key != m_key || text.isEmpty())
        return;
    QWidget *viewport = m_table->viewport();
    const QModelIndex index = m_table->indexAt(viewport->mapFromGlobal(m_place));
    // Left to guess, a tool tip would take an answer for markup.
    const QString plain = u"<p style='white-space:pre-wrap'>%1</p>"_s.arg(text.toHtmlEscaped());
    QToolTip::showText(m_place, plain, viewport, m_table->visualRect(index));
}

} // namespace talkbench::ui
