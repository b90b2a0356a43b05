#pragma once

#include "core/base/result.h"
#include "ui/appcontext.h"

#include <QWidget>

class QPushButton;
class QSortFilterProxyModel;
class QTableView;

namespace talkbench::ui {

class PriceRows;
class ToneLabel;

/// The prices that hold, with who says so. A figure that is changed here becomes a price of one's own.
class PricesPage final : public QWidget {
    Q_OBJECT

public:
    explicit PricesPage(AppContext &context, QWidget *parent = nullptr);

    base::Result<void> save();
    bool isEdited() const;

private:
    void showState();
    int selectedRow() const;

    AppContext &m_context;
    PriceRows *m_rows;
    QSortFilterProxyModel *m_found;
    QTableView *m_table;
    QPushButton *m_reset;
    ToneLabel *m_problem;
};

} // namespace talkbench::ui
