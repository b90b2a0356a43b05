#pragma once

#include "core/bench/batchrunner.h"

#include <QAbstractTableModel>
#include <QList>
#include <QSet>

#include <array>
#include <functional>

class QTableView;

namespace talkbench::ui {

/// The results of a batch as they come. It keeps what a row shows, and no more, as there may be very many; the whole is in
/// the journal.
class BatchResults final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Id, Model, State, Answer, Tokens, Cost, FirstToken, Whole, Columns };
    /// BatchResult::key; Qt::UserRole is what is sorted by.
    static constexpr int KeyRole = Qt::UserRole + 1;

    /// A provider's name, by its id.
    using ProviderName = std::function<QString(const QString &id)>;

    explicit BatchResults(ProviderName providerName, QObject *parent = nullptr);

    void clear();
    void append(const bench::BatchResult &result);
    void appendAll(const QList<bench::BatchResult> &results);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        QByteArray key;
        QString id;
        QString model; ///< shared with all rows of the model
        QString answer; ///< its beginning
        /// From Tokens on; NaN where unknown.
        std::array<double, Columns - Tokens> values;
        bool ok = false;
        bool invalid = false;
        bool unchecked = false;
    };

    Row rowOf(const bench::BatchResult &result);
    static QString textOf(const Row &row, int column);

    const ProviderName m_providerName;
    QList<Row> m_rows;
    QSet<QString> m_models;
};

/// A table of them, that can be sorted. An answer takes what the figures leave; below a readable width it scrolls. It is
/// activated by Enter, by a double click and from the menu of a row.
QTableView *tableOf(BatchResults *results, QWidget *parent);

} // namespace talkbench::ui
