#pragma once

#include "core/base/result.h"
#include "core/cost/pricebook.h"
#include "ui/appcontext.h"

#include <QWidget>

class QLayout;
class QLineEdit;
class QModelIndex;
class QPushButton;
class QSortFilterProxyModel;

namespace talkbench::ui {

class PriceRows;
class PriceTable;
class RecomputeCosts;
class ToneLabel;

/// The prices that hold, with who says so. A figure that is changed here becomes a price of one's own; Enter opens all that the
/// price of a model can say.
class PricesPage final : public QWidget {
    Q_OBJECT

public:
    explicit PricesPage(AppContext &context, QWidget *parent = nullptr);

    base::Result<void> save();
    bool isEdited() const;

private:
    QLayout *buttons(QLineEdit *search);
    void showState();
    void edit(const QModelIndex &index);
    int selectedRow() const;

    AppContext &m_context;
    PriceRows *m_rows;
    QSortFilterProxyModel *m_found;
    PriceTable *m_table;
    QPushButton *m_edit;
    QPushButton *m_reset;
    RecomputeCosts *m_recompute;
    ToneLabel *m_problem;
    QList<cost::Price> m_kept; ///< as they were when the page was made, or saved last
};

} // namespace talkbench::ui
