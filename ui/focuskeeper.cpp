#include "ui/focuskeeper.h"

#include <algorithm>

namespace talkbench::ui {

FocusKeeper::FocusKeeper(QWidget *page, const QList<QWidget *> &heirs)
    : m_page(page), m_heirs(heirs), m_had(page->window()->focusWidget()),
      m_wasHere(m_had && (m_had == page || page->isAncestorOf(m_had)))
{
}

FocusKeeper::~FocusKeeper()
{
    if (!m_wasHere)
        return;
    const auto heir = std::find_if(m_heirs.begin(), m_heirs.end(), [this](QWidget *one) { return canHave(one); });
    QWidget *next = m_had != m_page && canHave(m_had) ? m_had.data() : heir != m_heirs.end() ? *heir : m_page;
    if (next != m_page->window()->focusWidget())
        next->setFocus(Qt::OtherFocusReason);
}

bool FocusKeeper::canHave(const QWidget *widget) const
{
    return widget && widget->isEnabled() && widget->isVisibleTo(m_page);
}

} // namespace talkbench::ui
