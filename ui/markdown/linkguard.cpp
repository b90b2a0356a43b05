#include "ui/markdown/linkguard.h"

#include <QCoreApplication>
#include <QDesktopServices>
#include <QMessageBox>
#include <QPushButton>
#include <QUrl>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("LinkGuard", text);
}

} // namespace

void askToOpenLink(QWidget *parent, const QUrl &url)
{
    const QString scheme = url.scheme();
    const bool mail = scheme == "mailto"_L1;
    if (!mail && scheme != "http"_L1 && scheme != "https"_L1)
        return;
    // The host as it is resolved (punycode), so that a look-alike name shows.
    const QString target = mail ? url.path() : QString::fromLatin1(url.host(QUrl::FullyEncoded).toLatin1());
    auto *box = new QMessageBox(QMessageBox::Question, tr("Open link"),
                                mail ? tr("Write a mail to “%1”?").arg(target) : tr("Open a page on “%1”?").arg(target),
                                QMessageBox::Cancel, parent);
    box->setObjectName(u"linkDialog"_s);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(QString::fromUtf8(url.toEncoded()).left(500));
    box->setAttribute(Qt::WA_DeleteOnClose);
    QPushButton *open = box->addButton(tr("Open"), QMessageBox::AcceptRole);
    box->setDefaultButton(QMessageBox::Cancel);
    QObject::connect(open, &QPushButton::clicked, box, [url] { QDesktopServices::openUrl(url); });
    box->open();
}

} // namespace talkbench::ui
