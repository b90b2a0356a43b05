#pragma once

#include "core/llm/modelinfo.h"
#include "ui/appcontext.h"

#include <QHash>
#include <QToolButton>

class QFrame;
class QLabel;
class QLineEdit;
class QListWidget;
class QListWidgetItem;

namespace talkbench::ui {

/// The provider and the model of the next answer. Lists come from the servers, once a session; a name typed by hand
/// works whatever they list.
class ModelPicker final : public QToolButton {
    Q_OBJECT

public:
    explicit ModelPicker(AppContext &context, QWidget *parent = nullptr);

    void setCurrent(const QString &providerId, const QString &model);
    void open();
    QSize sizeHint() const override;

Q_SIGNALS:
    void chosen(const QString &providerId, const QString &model);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    struct Listed {
        QList<llm::ModelInfo> models;
        QString problem;
        bool asked = false;
    };

    void fetch(const QString &providerId);
    void fill();
    void choose(const QListWidgetItem *item);
    void step(int by);

    AppContext &m_context;
    QHash<QString, Listed> m_listed;
    QString m_providerId;
    QString m_model;
    QFrame *m_popup;
    QLineEdit *m_filter;
    QListWidget *m_list;
};

} // namespace talkbench::ui
