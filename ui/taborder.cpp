#include "ui/taborder.h"

#include <QApplication>
#include <QLayout>
#include <QScrollArea>
#include <QSet>
#include <QWidget>

#include <algorithm>

namespace talkbench::ui {

namespace {

class Walk {
public:
    void visit(QWidget *widget)
    {
        if (!widget->isVisible() || m_seen.contains(widget))
            return;
        m_seen.insert(widget);
        order.append(widget);
        visit(widget->layout());
        visitChildren(*widget);
    }

    QList<QWidget *> order;

private:
    void visit(const QLayout *layout)
    {
        for (int i = 0; layout && i < layout->count(); ++i) {
            if (QWidget *widget = layout->itemAt(i)->widget())
                visit(widget);
            else
                visit(layout->itemAt(i)->layout());
        }
    }

    void visitChildren(const QWidget &parent)
    {
        QList<QWidget *> children = parent.findChildren<QWidget *>(Qt::FindDirectChildrenOnly);
        std::stable_sort(children.begin(), children.end(), [](const QWidget *a, const QWidget *b) {
            return std::pair(a->y(), a->x()) < std::pair(b->y(), b->x());
        });
        for (QWidget *child : std::as_const(children)) {
            if (!child->isWindow())
                visit(child);
        }
    }

    QSet<QWidget *> m_seen;
};

bool isTabStop(const QWidget *widget)
{
    return widget->isEnabled() && !widget->focusProxy() && widget->focusPolicy() & Qt::TabFocus;
}

void bringIntoView(QWidget *widget)
{
    for (QWidget *around = widget->parentWidget(); around; around = around->parentWidget()) {
        if (auto *area = qobject_cast<QScrollArea *>(around))
            area->ensureWidgetVisible(widget);
    }
}

} // namespace

QList<QWidget *> readingOrder(const QList<QWidget *> &panels)
{
    Walk walk;
    for (QWidget *panel : panels)
        walk.visit(panel);
    return walk.order;
}

bool moveFocus(const QList<QWidget *> &panels, bool next)
{
    const QList<QWidget *> order = readingOrder(panels);
    const qsizetype count = order.size();
    const qsizetype from = order.indexOf(QApplication::focusWidget());
    for (qsizetype i = 1; i <= count; ++i) {
        const qsizetype at = next ? from + i : (from < 0 ? 0 : from) - i + count;
        QWidget *widget = order.at(at % count);
        if (!isTabStop(widget))
            continue;
        widget->setFocus(next ? Qt::TabFocusReason : Qt::BacktabFocusReason);
        bringIntoView(widget);
        return true;
    }
    return false;
}

} // namespace talkbench::ui
