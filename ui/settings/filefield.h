#pragma once

#include <QWidget>

class QLineEdit;

namespace talkbench::ui {

/// The path of a file, typed or chosen.
class FileField final : public QWidget {
    Q_OBJECT

public:
    /// The names of its parts begin with `objectName`.
    FileField(const QString &objectName, const QString &title, const QString &filter, QWidget *parent = nullptr);

    void setPath(const QString &path);
    QString path() const;

Q_SIGNALS:
    void edited();

private:
    void browse(const QString &title, const QString &filter);

    QLineEdit *m_path;
};

} // namespace talkbench::ui
