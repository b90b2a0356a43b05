#pragma once

#include "ui/compare/differences.h"

#include <QTableWidget>

namespace talkbench::ui {

/// How several answers to the same prompt differ: a row a metric, a column an answer, the best one marked.
class DifferenceTable final : public QTableWidget {
    Q_OBJECT

public:
    explicit DifferenceTable(QWidget *parent);

    /// As many titles as answers.
    void setRows(const QList<Difference> &rows, const QStringList &titles);
    /// Of all its rows.
    int wantedHeight() const;

private:
    void fillRow(int row, const Difference &difference);
};

} // namespace talkbench::ui
