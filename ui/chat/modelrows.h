#pragma once

#include "core/llm/modelinfo.h"
#include "ui/appcontext.h"

#include <QAbstractListModel>
#include <QSet>

namespace talkbench::ui {

/// The models to choose from, as rows for RowDelegate: favourites, then by provider, then the name as it was typed.
class ModelRows final : public QAbstractListModel {
    Q_OBJECT

public:
    struct Choice {
        QString providerId;
        QString model;

        bool operator==(const Choice &) const = default;
        friend size_t qHash(const Choice &choice, size_t seed = 0)
        {
            return qHashMulti(seed, choice.providerId, choice.model);
        }
    };

    explicit ModelRows(AppContext &context, QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;

    void setCurrent(const Choice &current);
    /// Before the models, 'Auto'.
    void offerAuto();
    /// Words in any order, of a model's name or its provider's; also a name that no server lists.
    void setFilter(const QString &typed);
    /// What the servers list, the providers or the favourites have changed.
    void rebuild();

    /// Unset where the row is no model.
    std::optional<Choice> choice(int row) const;
    /// The provider whose list failed, of the row that says so; empty of others.
    QString failedProvider(int row) const;
    /// The row to start from: the one typed exactly, the current one, else the first. -1: none.
    int best() const;
    /// The next row in that direction that can be chosen; `from` if there is none.
    int next(int from, int by) const;
    void toggleFavourite(const Choice &choice);

private:
    enum class Kind { Auto, Heading, Model, Typed, Problem, Asking };
    struct Entry {
        Choice choice;
        llm::ModelInfo info;
        QString folded; ///< what a search looks at
    };
    struct Row {
        Kind kind;
        qsizetype entry = -1;
        Choice choice = {};
        QString text = {};
        QString detail = {};
    };

    void addProvider(const QString &id, const QString &name, const QString &defaultModel);
    void filter();
    void filterProvider(const QString &id, const QStringList &words, QList<Row> &rows) const;
    void addAuto(const QStringList &words, QList<Row> &rows) const;
    void addTyped(QList<Row> &rows) const;
    QString providerName(const QString &id) const;
    QVariant modelData(const Row &row, int role) const;
    /// USD per million tokens.
    struct Price {
        double input;
        double output;
        bool listed; ///< by the server
    };
    std::optional<Price> priceOf(const Entry &entry) const;
    QString detailOf(const Entry &entry) const;
    QString tooltipOf(const Entry &entry) const;
    void loadFavourites();

    AppContext &m_context;
    bool m_offersAuto = false;
    QString m_typed;
    Choice m_current;
    QSet<Choice> m_favourites;
    QStringList m_providers; ///< in their order
    QList<Entry> m_entries; ///< by provider
    QList<Row> m_rows;
};

} // namespace talkbench::ui
