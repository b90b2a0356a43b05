#pragma once

#include <QWidget>

class QGridLayout;

namespace talkbench::ui {

/// Fields below their titles, row after row, in as many columns as have room, of those numbers that divide all of them.
class FieldGrid final : public QWidget {
    Q_OBJECT

public:
    FieldGrid(int columns, QWidget *parent);

    /// `span` of all columns; of fewer its share. The cell, which may be hidden.
    QWidget *add(const QString &title, QWidget *field, int span = 1);
    /// A cell that has its title, if any, itself.
    void add(QWidget *cell, int span = 1);

protected:
    bool event(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    struct Cell {
        QWidget *widget;
        int span;
    };

    int spanOf(const Cell &cell, int columns) const { return std::max(1, cell.span * columns / m_most); }
    bool hasRoom(int columns) const;
    void fit();
    void arrange(int columns);

    const int m_most;
    int m_columns;
    QList<Cell> m_cells;
    QGridLayout *m_grid;
};

} // namespace talkbench::ui
