#pragma once

#include "core/store/store.h"

#include <QDate>
#include <QWidget>

#include <functional>

class QLineEdit;
class QListWidget;
class QListWidgetItem;
class QPushButton;
class QTimer;
class QToolButton;

namespace talkbench::ui {

class ElidedLabel;

/// "Today", "Yesterday", "Previous 7 days", "Previous 30 days", else the month.
QString dateGroup(qint64 wallMs, const QDate &today);

/// "work, private": without what is empty or there twice.
QStringList tagsFrom(const QString &text);

/// The conversations by date, newest first. A conversation that is still being answered turns its spinner.
class Sidebar final : public QWidget {
    Q_OBJECT

public:
    explicit Sidebar(QWidget *parent = nullptr);

    void setConversations(const QList<store::Conversation> &conversations, const QDate &today);
    void setCurrent(const QString &conversationId);
    void setGenerating(const std::function<bool(const QString &)> &isGenerating);
    void focusFilter();
    void clearFilter();
    /// Offers to take a removal back; an empty title withdraws the offer.
    void offerUndo(const QString &title);
    /// For some seconds: how many kept answers were forgotten; unset: it failed.
    void sayForgotten(const std::optional<qint64> &count);

Q_SIGNALS:
    /// A conversation was chosen to go on with: what is typed next belongs to it.
    void composeRequested();
    void newRequested();
    void opened(const QString &conversationId);
    void renamed(const QString &conversationId, const QString &title);
    void tagged(const QString &conversationId, const QStringList &tags);
    void removeRequested(const QString &conversationId);
    void forgetRequested(const QString &conversationId);
    void undoRequested();

protected:
    void paintEvent(QPaintEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void makeFilter();
    void makeList();
    void makeFoot();
    void rebuild();
    void menuFor(QListWidgetItem *item, const QPoint &where);
    void beginRename(QListWidgetItem *item);
    void askTags(const QString &conversationId);
    void remove(const QString &conversationId);
    void openSelected();
    void openFirst();
    QString neighbourOf(const QString &conversationId) const;
    QListWidgetItem *itemOf(const QString &conversationId) const;

    QLineEdit *m_filter;
    QListWidget *m_list;
    QToolButton *m_new;
    QWidget *m_undo;
    ElidedLabel *m_undoText;
    QPushButton *m_undoButton;
    QLabel *m_forgotten;
    QTimer *m_said;
    QTimer *m_spin;
    QList<store::Conversation> m_conversations;
    QDate m_today;
    QString m_current;
    bool m_filling = false;
};

} // namespace talkbench::ui
