#pragma once

#include "core/base/result.h"
#include "ui/settings/modelnames.h"

#include <QWidget>

class QFormLayout;
class QLabel;

namespace talkbench::config {
struct Setting;
}

namespace talkbench::ui {

/// A form of rows of the settings table, each with the field its type asks for.
class ValuesPage final : public QWidget {
    Q_OBJECT

public:
    /// `keys`: of the table, in order; a key that ends in '/' stands for all that begin with it.
    ValuesPage(AppContext &context, const QList<QByteArray> &keys, QWidget *parent = nullptr);

    /// Stores what was changed. An error is shown beside its field too.
    base::Result<void> save();

private:
    QWidget *addRow(QFormLayout *form, const config::Setting &setting);
    QWidget *fieldFor(const config::Setting &setting);
    QWidget *textField(const config::Setting &setting, const QString &text);
    base::Result<QVariant> valueOf(const QByteArray &key, const QVariant &shown) const;

    config::Settings &m_settings;
    ModelNames m_names;
    struct Row {
        QByteArray key;
        QWidget *field;
        QLabel *problem;
        QVariant shown; ///< what stood in the field when it was stored last
    };
    QList<Row> m_rows;
};

} // namespace talkbench::ui
