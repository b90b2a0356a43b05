#pragma once

#include "core/bench/batchrunner.h"

#include <QAbstractTableModel>
#include <QList>

#include <array>

class QTableView;

namespace talkbench::ui {

/// The results of a batch as they come. It keeps what a row shows; the whole is in the journal.
class BatchResults final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Id, Model, State, Answer, Tokens, Cost, FirstToken, Whole, Columns };

    explicit BatchResults(QObject *parent = nullptr);

    void clear();
    void append(const bench::BatchResult &result);
    void appendAll(const QList<bench::BatchResult> &results);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        std::array<QString, Columns> texts;
        /// For sorting; NaN where unknown.
        std::array<double, Columns> values;
        QString tip;
        bool ok = false;
        bool invalid = false;
    };

    static Row rowOf(const bench::BatchResult &result);

    QList<Row> m_rows;
};

/// A table of them, that can be sorted.
QTableView *tableOf(BatchResults *results, QWidget *parent);

} // namespace talkbench::ui
