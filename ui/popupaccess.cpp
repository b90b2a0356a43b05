#include "ui/popupaccess.h"

#include <QAccessibleWidget>
#include <QPointer>
#include <QToolButton>

namespace talkbench::ui {

namespace {

constexpr char popupProperty[] = "popup";
constexpr char ownerProperty[] = "popupOwner";

QWidget *linked(const QObject *object, const char *property)
{
    return object->property(property).value<QWidget *>();
}

class PopupButtonAccess final : public QAccessibleWidget {
public:
    explicit PopupButtonAccess(QToolButton *button, QWidget *popup)
        : QAccessibleWidget(button, QAccessible::ButtonMenu), m_button(*button), m_popup(popup)
    {
    }

    int childCount() const override { return m_popup && m_popup->isVisible() ? 1 : 0; }
    QAccessibleInterface *child(int index) const override
    {
        return index == 0 && childCount() == 1 ? QAccessible::queryAccessibleInterface(m_popup) : nullptr;
    }
    int indexOfChild(const QAccessibleInterface *child) const override
    {
        return childCount() == 1 && child->object() == m_popup ? 0 : -1;
    }
    QAccessible::State state() const override
    {
        QAccessible::State state = QAccessibleWidget::state();
        state.hasPopup = true;
        return state;
    }
    QStringList actionNames() const override { return { pressAction(), setFocusAction() }; }
    void doAction(const QString &action) override
    {
        if (action == pressAction())
            m_button.click();
        else
            QAccessibleWidget::doAction(action);
    }

private:
    QToolButton &m_button;
    QPointer<QWidget> m_popup;
};

class PopupAccess final : public QAccessibleWidget {
public:
    explicit PopupAccess(QWidget *popup) : QAccessibleWidget(popup, QAccessible::Dialog) { }

    QAccessibleInterface *parent() const override
    {
        return QAccessible::queryAccessibleInterface(linked(object(), ownerProperty));
    }
};

QAccessibleInterface *accessOf(const QString &, QObject *object)
{
    if (QWidget *popup = linked(object, popupProperty))
        return new PopupButtonAccess(qobject_cast<QToolButton *>(object), popup);
    if (linked(object, ownerProperty))
        return new PopupAccess(qobject_cast<QWidget *>(object));
    return nullptr;
}

} // namespace

void exposePopup(QToolButton &button, QWidget &popup)
{
    button.setProperty(popupProperty, QVariant::fromValue(&popup));
    popup.setProperty(ownerProperty, QVariant::fromValue<QWidget *>(&button));
    QAccessible::installFactory(accessOf);
    // A name that was set made interfaces already.
    for (QWidget *widget : { static_cast<QWidget *>(&button), &popup })
        QAccessible::deleteAccessibleInterface(QAccessible::uniqueId(QAccessible::queryAccessibleInterface(widget)));
}

} // namespace talkbench::ui
