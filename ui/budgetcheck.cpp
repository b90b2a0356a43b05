#include "ui/budgetcheck.h"

#include <QCoreApplication>
#include <QMessageBox>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

void askToSpend(QWidget *parent, const SpendingQuestion &question, const std::function<void(bool may)> &then)
{
    auto *box = new QMessageBox(QMessageBox::Question, question.title, question.reason, QMessageBox::NoButton, parent);
    box->setObjectName(u"budgetQuestion"_s);
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QPushButton *yes = box->addButton(question.yes, QMessageBox::AcceptRole);
    box->setDefaultButton(box->addButton(question.no, QMessageBox::RejectRole));
    QObject::connect(box, &QDialog::finished, parent, [box, yes, then] { then(box->clickedButton() == yes); });
    box->open();
}

base::Error notSent(const QString &reason)
{
    const QString message = QCoreApplication::translate("BudgetCheck", "Not sent: %1").arg(reason);
    return { base::ErrorKind::Budget, message, {}, 0, std::nullopt };
}

} // namespace talkbench::ui
