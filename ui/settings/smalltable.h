#pragma once

#include <QWidget>

class QHBoxLayout;
class QPushButton;
class QTableWidget;

namespace talkbench::ui {

/// A table of a few rows to type in, as high as they are. Some of its rows always stand, at its top and at its end; between
/// them rows are added and removed by buttons.
class SmallTable final : public QWidget {
    Q_OBJECT

public:
    struct Look {
        QString objectName; ///< of the table; its buttons are …Add and …Remove
        QString title; ///< its accessible name
        QStringList headers;
        QStringList tips; ///< of the headers
        QString add; ///< what the buttons say
        QString remove;
        QStringList hints = {}; ///< an example for each column, shown in the empty cells of rows that were added
        int firstFigure = 1; ///< from this column on the cells hold figures
    };

    explicit SmallTable(const Look &look, QWidget *parent = nullptr);

    /// A row that always stands, whose first cell only names it; those behind the others are added last.
    void addFixed(const QString &name, const QStringList &texts);
    /// One that can be removed, in front of the fixed ones at the end.
    void add(const QStringList &texts);
    int rowCount() const;
    bool isFixed(int row) const;
    /// As typed, without spaces around it.
    QString text(int row, int column) const;
    void setCurrent(int row, int column);

Q_SIGNALS:
    void edited();

private:
    void insert(int row, const QStringList &texts, bool fixed);
    int end() const;
    void addByUser();
    void removeCurrent();
    void showState();
    void fitHeight();

    QTableWidget *m_table;
    const int m_firstFigure;
    QPushButton *m_remove;
};

} // namespace talkbench::ui
