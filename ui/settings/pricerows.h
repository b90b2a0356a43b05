#pragma once

#include "ui/settings/pricedialog.h"

#include <QAbstractTableModel>
#include <QSet>

#include <optional>

namespace talkbench::ui {

/// Every price that holds, one a provider and model, and what the user makes of them: a changed figure makes an own row,
/// which can be taken back. Own rows that begin on different days stand side by side.
class PriceRows final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Model, Provider, Input, Output, CacheRead, Also, Source, ColumnCount };
    /// What a search looks through.
    static constexpr int SearchRole = Qt::UserRole;
    static constexpr int SortRole = Qt::UserRole + 1;

    PriceRows(const QList<cost::Price> &prices, const QDate &today, QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;

    bool isOwn(int row) const;
    /// The price that the own row stands before; the row goes if there was none.
    void reset(int row);
    /// An own row for a model that the table doesn't know; what it costs is not known either until it is typed.
    int add();
    /// What is to be edited of a row, and what became of it; nothing happens where that is the same.
    PriceDraft draft(int row) const;
    void setOwn(int row, const cost::Price &price);
    /// Why the own rows can't be kept as they are, in words; empty if they can.
    QString problem() const;
    /// Without those that have no price yet.
    QList<cost::Price> own() const;

Q_SIGNALS:
    /// What was typed is no price, in words.
    void refused(const QString &why);

private:
    struct Row {
        std::optional<cost::Price> given;
        std::optional<cost::Price> own;
        QSet<int> unknown = {}; ///< columns of `own` that have no figure yet

        const cost::Price &shown() const { return own ? *own : *given; }
    };

    QString text(const cost::Price &price, int column) const;
    QString alsoText(const cost::Price &price) const;
    QString sourceText(const cost::Price &price) const;
    cost::Price madeOwn(const cost::Price &price) const;

    QList<Row> m_rows;
    const QDate m_today;
};

} // namespace talkbench::ui
