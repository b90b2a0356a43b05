#pragma once

#include "core/select/modelref.h"
#include "ui/appcontext.h"

#include <QToolButton>

class QFrame;
class QLineEdit;
class QListView;

namespace talkbench::ui {

class ModelRows;

/// "Provider · model"; the simulation's models stand alone, as do those of a provider that is gone.
QString modelTitle(const config::Settings &settings, const select::ModelRef &ref);

/// The provider and the model of the next answer. Lists come from the servers; a name typed by hand works whatever they
/// list.
class ModelPicker final : public QToolButton {
    Q_OBJECT

public:
    explicit ModelPicker(AppContext &context, QWidget *parent = nullptr);

    /// 'Auto' stands before the models.
    void offerAuto();
    void setCurrent(const QString &providerId, const QString &model);
    void open();
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void chosen(const QString &providerId, const QString &model);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void makePopup();
    void place();
    void listsChanged();
    void startFromBest();
    void choose(int row);
    void goTo(int row);
    void toggleFavourite(int row);
    bool filterKey(int key, Qt::KeyboardModifiers modifiers);
    int currentRow() const;
    int pageLength() const;

    AppContext &m_context;
    ModelRows *m_rows;
    QString m_providerId;
    QString m_model;
    QFrame *m_popup;
    QLineEdit *m_filter;
    QListView *m_list;
};

} // namespace talkbench::ui
