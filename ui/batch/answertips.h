#pragma once

#include <QObject>
#include <QPoint>

class QTableView;

namespace talkbench::ui {

/// The beginning of an answer, where the pointer rests on it in the table of a batch's results. The table does not hold it:
/// it is asked for.
class AnswerTips final : public QObject {
    Q_OBJECT

public:
    /// Goes with the table, which is tableOf() some results.
    explicit AnswerTips(QTableView *table);

    /// Unless the pointer has gone on meanwhile.
    void show(const QString &key, const QString &text);

Q_SIGNALS:
    /// show() is to follow. `key` is BatchResult::key.
    void wanted(const QString &key);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QTableView *m_table;
    QString m_key; ///< of the answer under the pointer
    QPoint m_place; ///< on the screen
};

} // namespace talkbench::ui
