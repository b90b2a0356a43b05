#pragma once

#include "ui/settings/modelnames.h"

#include <QCompleter>

class QListView;
class QStandardItem;
class QStandardItemModel;

namespace talkbench::ui {

/// Below a field of models: those the providers list that have all the words of the name which the cursor is in. The arrow keys
/// choose one, Enter or Tab puts it in that name's place.
class ModelCompleter final : public QCompleter {
    Q_OBJECT

public:
    /// `field` is a QLineEdit or a QPlainTextEdit.
    ModelCompleter(AppContext &context, const ModelNames &names, QWidget *field);

    /// For what stands before the cursor; again when a list comes that was not there yet.
    void offer();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QList<QStandardItem *> found(const QStringList &words) const;
    void show();
    void take(const QModelIndex &index);
    void askForLists();

    AppContext &m_context;
    const ModelNames m_names;
    QStandardItemModel *m_found;
    QListView *m_list;
    bool m_asked = false;
    bool m_offering = false; ///< until one is taken, or none is wanted
    bool m_taking = false;
};

} // namespace talkbench::ui
