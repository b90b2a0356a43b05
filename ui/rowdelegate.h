#pragma once

#include <QStyledItemDelegate>

class QListView;

namespace talkbench::ui {

/// What a row of a list shows beside its name (Qt::DisplayRole) and its icon (Qt::DecorationRole). All optional.
enum RowRole {
    RowKindRole = Qt::UserRole, ///< RowKind
    RowSecondRole, ///< QString: a muted line below the name
    RowDetailRole, ///< QString: muted, at the right
    RowBadgesRole, ///< QStringList: names of icons, left of the detail
    RowStarRole, ///< bool: whether the star at the right is set; without it there is none
    RowRoleEnd,
};

enum class RowKind {
    Item,
    Heading, ///< the title of those below it; can't be chosen
    Note, ///< a muted sentence
};

/// Paints such rows. All lines of one list have one height, so that a long list costs nothing until it is seen.
class RowDelegate final : public QStyledItemDelegate {
    Q_OBJECT

public:
    enum class Lines { One, Two };

    explicit RowDelegate(Lines lines, QObject *parent = nullptr);

    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;

    /// Where the star of a row is.
    static QRect starRect(const QRect &row);

private:
    int paintRight(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const;
    void paintWords(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index, QRect space) const;

    Lines m_lines;
};

/// Gives a list such rows; without a frame it has no background of its own either.
void showRows(QListView *list, RowDelegate::Lines lines, bool framed);

} // namespace talkbench::ui
