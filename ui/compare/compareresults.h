#pragma once

#include "ui/appcontext.h"
#include "ui/compare/differences.h"

#include <QWidget>

namespace talkbench::ui {

class DifferenceTable;
class Disclosure;

/// How the answers of a comparison differ: a table that folds, and can be copied. Hidden while there are fewer than two.
class CompareResults final : public QWidget {
    Q_OBJECT

public:
    CompareResults(AppContext &context, QWidget *parent);

    void setRecords(const QList<profile::RunRecord> &records);
    /// The height of the page: most of it is the answers'. In a low one the table is folded until someone opens it.
    void setRoom(int height);

protected:
    void changeEvent(QEvent *event) override;

private:
    QWidget *makeBar();
    QString titleOf(const profile::RunRecord &record) const;
    void fit();

    AppContext &m_context;
    Disclosure *m_fold;
    DifferenceTable *m_table;
    QList<Difference> m_rows;
    QStringList m_titles;
    int m_room = 0;
    bool m_byHand = false; ///< somebody has folded or opened it: it stays so
};

} // namespace talkbench::ui
