#pragma once

#include "core/base/result.h"

#include <QHash>
#include <QWidget>

class QFormLayout;
class QLabel;

namespace talkbench::config {
class Settings;
struct Setting;
} // namespace talkbench::config

namespace talkbench::ui {

/// A form of rows of the settings table, each with the field its type asks for.
class ValuesPage final : public QWidget {
    Q_OBJECT

public:
    /// `keys`: of the table, in order; a key that ends in '/' stands for all that begin with it.
    ValuesPage(config::Settings &settings, const QList<QByteArray> &keys, QWidget *parent = nullptr);

    /// Stores what was changed. An error is shown beside its field too.
    base::Result<void> save();

private:
    QWidget *addRow(QFormLayout *form, const config::Setting &setting);
    QWidget *fieldFor(const config::Setting &setting);
    static QVariant valueOf(const QWidget *field);

    config::Settings &m_settings;
    struct Row {
        QByteArray key;
        QWidget *field;
        QLabel *problem;
        QVariant shown;
    };
    QList<Row> m_rows;
};

} // namespace talkbench::ui
