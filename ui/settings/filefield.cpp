#include "ui/settings/filefield.h"

#include "ui/theme/metrics.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

FileField::FileField(const QString &objectName, const QString &title, const QString &filter, QWidget *parent)
    : QWidget(parent), m_path(new QLineEdit(this))
{
    m_path->setObjectName(objectName + u"Path"_s);
    m_path->setAccessibleName(title);
    m_path->setPlaceholderText(tr("none"));
    auto *choose = new QPushButton(tr("Choose…"), this);
    choose->setObjectName(objectName + u"Choose"_s);
    choose->setAccessibleName(tr("Choose: %1").arg(title));
    choose->setAutoDefault(false);
    setFocusProxy(m_path);
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addWidget(m_path, 1);
    line->addWidget(choose);
    connect(m_path, &QLineEdit::textEdited, this, &FileField::edited);
    connect(choose, &QPushButton::clicked, this, [this, title, filter] { browse(title, filter); });
}

void FileField::setPath(const QString &path)
{
    m_path->setText(path);
}

QString FileField::path() const
{
    return m_path->text().trimmed();
}

void FileField::browse(const QString &title, const QString &filter)
{
    auto *dialog = new QFileDialog(this, title, QFileInfo(path()).absolutePath(), filter);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &file) {
        setPath(file);
        Q_EMIT edited();
    });
    dialog->open();
}

} // namespace talkbench::ui
