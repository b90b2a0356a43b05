#include "ui/chat/sidebar.h"

#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QLocale>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int idRole = Qt::UserRole;
constexpr int busyRole = Qt::UserRole + 1;
constexpr int noteRole = Qt::UserRole + 2;
constexpr int spinMs = 80;
constexpr int saidMs = 8'000;
constexpr int rowPadding = 7;

bool isHeading(const QModelIndex &index)
{
    return index.data(idRole).toString().isEmpty();
}

class RowPainter final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    int angle = 0;

    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const int text = option.fontMetrics.height();
        if (index.data(noteRole).toBool())
            return { 60, 4 * text };
        return { 60, isHeading(index) ? text + grid::gap + grid::half : text + 2 * rowPadding };
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const Colours &c = colours(option.palette);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const QRect row = option.rect.adjusted(grid::unit, 1, -grid::unit, -1);
        QRect text = row.adjusted(grid::unit, 0, -grid::unit, 0);
        QFont font = option.font;
        if (index.data(noteRole).toBool()) {
            painter->setPen(c.mutedText);
            painter->drawText(text, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, index.data().toString());
            painter->restore();
            return;
        }
        if (isHeading(index)) {
            if (font.pointSizeF() > 0)
                font.setPointSizeF(font.pointSizeF() * 0.88);
            font.setWeight(QFont::DemiBold);
            painter->setFont(font);
            painter->setPen(c.mutedText);
            painter->drawText(text.adjusted(0, 0, 0, -3), Qt::AlignLeft | Qt::AlignBottom, index.data().toString());
            painter->restore();
            return;
        }
        const bool selected = option.state & QStyle::State_Selected;
        if (selected || option.state & QStyle::State_MouseOver) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(selected ? c.pressed : c.hover);
            painter->drawRoundedRect(row, 6, 6);
        }
        if (option.state & QStyle::State_HasFocus && option.state & QStyle::State_KeyboardFocusChange) {
            painter->setBrush(Qt::NoBrush);
            painter->setPen(QPen(c.accent, 1.5));
            painter->drawRoundedRect(row.adjusted(1, 1, -1, -1), 6, 6);
        }
        if (index.data(busyRole).toBool()) {
            const QRectF ring(row.right() - 22, row.center().y() - 6, 12, 12);
            painter->setPen(QPen(c.accent, 1.75, Qt::SolidLine, Qt::RoundCap));
            painter->setBrush(Qt::NoBrush);
            painter->drawArc(ring, -angle * 16, 270 * 16);
            text.setRight(int(ring.left()) - grid::half);
        }
        painter->setFont(font);
        painter->setPen(c.text);
        painter->drawText(text, Qt::AlignLeft | Qt::AlignVCenter,
                          QFontMetrics(font).elidedText(index.data().toString(), Qt::ElideRight, text.width()));
        painter->restore();
    }

    void updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option, const QModelIndex &) const override
    {
        editor->setGeometry(option.rect.adjusted(grid::unit, 0, -grid::unit, 0));
    }
};

} // namespace

QString dateGroup(qint64 wallMs, const QDate &today)
{
    const QDate day = QDateTime::fromMSecsSinceEpoch(wallMs).date();
    const qint64 ago = day.daysTo(today);
    if (ago <= 0)
        return Sidebar::tr("Today");
    if (ago == 1)
        return Sidebar::tr("Yesterday");
    if (ago <= 7)
        return Sidebar::tr("Previous 7 days");
    if (ago <= 30)
        return Sidebar::tr("Previous 30 days");
    return QLocale().standaloneMonthName(day.month())
        + (day.year() == today.year() ? QString() : u' ' + QString::number(day.year()));
}

QStringList tagsFrom(const QString &text)
{
    QStringList tags;
    const QStringList parts = text.split(u',', Qt::SkipEmptyParts);
    for (const QString &part : parts) {
        if (const QString tag = part.simplified(); !tag.isEmpty() && !tags.contains(tag, Qt::CaseInsensitive))
            tags.append(tag);
    }
    return tags;
}

Sidebar::Sidebar(QWidget *parent)
    : QWidget(parent), m_filter(new QLineEdit(this)), m_list(new QListWidget(this)),
      m_new(textButton(u"newChat"_s, u"compose"_s, tr("New chat"), this)), m_undo(new Card(Card::Tone::Plain, this)),
      m_undoText(new ElidedLabel(m_undo)), m_undoButton(new QPushButton(tr("Undo"), m_undo)),
      m_forgotten(mutedLabel(u"forgottenText"_s, this)), m_said(new QTimer(this)), m_spin(new QTimer(this))
{
    setObjectName(u"sidebar"_s);
    m_new->setToolTip(tr("New chat (Ctrl+N)"));
    m_new->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(m_new, &QToolButton::clicked, this, &Sidebar::newRequested);
    makeFilter();
    makeList();
    makeFoot();
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, grid::unit, 0, grid::unit);
    column->setSpacing(grid::unit);
    auto *head = new QVBoxLayout;
    head->setContentsMargins(grid::unit, 0, grid::unit, 0);
    head->setSpacing(grid::unit);
    head->addWidget(m_new);
    head->addWidget(m_filter);
    column->addLayout(head);
    column->addWidget(m_list, 1);
    auto *foot = new QVBoxLayout;
    foot->setContentsMargins(grid::unit, 0, grid::unit, 0);
    foot->addWidget(m_forgotten);
    foot->addWidget(m_undo);
    column->addLayout(foot);
}

void Sidebar::makeFilter()
{
    m_filter->setObjectName(u"conversationFilter"_s);
    m_filter->setAccessibleName(tr("Filter conversations by title or tag"));
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->addAction(icon(u"search"_s, IconTone::Muted), QLineEdit::LeadingPosition)
        ->setText(m_filter->accessibleName());
    connect(m_filter, &QLineEdit::textChanged, this, &Sidebar::rebuild);
    m_filter->installEventFilter(this);
}

void Sidebar::makeList()
{
    auto *painter = new RowPainter(m_list);
    m_list->setObjectName(u"conversations"_s);
    m_list->setAccessibleName(tr("Conversations"));
    m_list->setItemDelegate(painter);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setMouseTracking(true);
    m_list->viewport()->setAutoFillBackground(false);
    m_list->installEventFilter(this);
    // A row that only takes the focus is not opened.
    connect(m_list, &QListWidget::itemSelectionChanged, this, &Sidebar::openSelected);
    connect(m_list, &QListWidget::itemClicked, this, &Sidebar::composeRequested);
    connect(m_list, &QListWidget::itemActivated, this, &Sidebar::composeRequested);
    connect(m_list, &QListWidget::customContextMenuRequested, this,
            [this](const QPoint &where) { menuFor(m_list->itemAt(where), m_list->viewport()->mapToGlobal(where)); });
    connect(m_list, &QListWidget::itemChanged, this, [this](QListWidgetItem *item) {
        if (!m_filling)
            Q_EMIT renamed(item->data(idRole).toString(), item->text());
    });
    m_spin->setInterval(spinMs);
    connect(m_spin, &QTimer::timeout, m_list, [this, painter] {
        painter->angle = (painter->angle + 30) % 360;
        m_list->viewport()->update();
    });
}

void Sidebar::makeFoot()
{
    m_undoText->setObjectName(u"undoText"_s);
    m_undoText->setTextFormat(Qt::PlainText);
    m_undoButton->setObjectName(u"undoRemove"_s);
    m_undoButton->setToolTip(tr("Undo (Ctrl+Z)"));
    connect(m_undoButton, &QPushButton::clicked, this, &Sidebar::undoRequested);
    auto *undoLine = new QHBoxLayout(m_undo);
    undoLine->setContentsMargins(grid::wide, grid::unit, grid::unit, grid::unit);
    undoLine->addWidget(m_undoText, 1);
    undoLine->addWidget(m_undoButton);
    m_undo->hide();
    m_forgotten->setWordWrap(true);
    m_forgotten->hide();
    m_said->setSingleShot(true);
    m_said->setInterval(saidMs);
    connect(m_said, &QTimer::timeout, m_forgotten, &QWidget::hide);
}

void Sidebar::paintEvent(QPaintEvent *)
{
    QPainter(this).fillRect(rect(), colours(this).surface);
}

void Sidebar::setConversations(const QList<store::Conversation> &conversations, const QDate &today)
{
    m_conversations = conversations;
    m_today = today;
    rebuild();
}

void Sidebar::rebuild()
{
    m_filling = true;
    QStringList busy;
    for (int row = 0; row < m_list->count(); ++row)
        if (m_list->item(row)->data(busyRole).toBool())
            busy.append(m_list->item(row)->data(idRole).toString());
    m_list->clear();
    const QString wanted = m_filter->text().trimmed();
    QString group;
    for (const store::Conversation &conversation : std::as_const(m_conversations)) {
        const QString tags = conversation.tags.join(u", "_s);
        if (!wanted.isEmpty() && !conversation.title.contains(wanted, Qt::CaseInsensitive)
            && !tags.contains(wanted, Qt::CaseInsensitive))
            continue;
        const QString itsGroup = dateGroup(conversation.updatedMs, m_today);
        if (itsGroup != group) {
            group = itsGroup;
            auto *heading = new QListWidgetItem(group, m_list);
            heading->setFlags(Qt::NoItemFlags);
        }
        auto *item = new QListWidgetItem(conversation.title, m_list);
        item->setData(idRole, conversation.id);
        item->setData(busyRole, busy.contains(conversation.id));
        item->setToolTip(tags.isEmpty() ? conversation.title : tr("%1\nTags: %2").arg(conversation.title, tags));
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable);
    }
    if (m_list->count() == 0) {
        auto *none = new QListWidgetItem(wanted.isEmpty() ? tr("No conversations yet. What you ask appears here.")
                                                          : tr("No title or tag matches"),
                                         m_list);
        none->setData(noteRole, true);
        none->setFlags(Qt::NoItemFlags);
    }
    m_list->setFocusPolicy(m_list->item(0)->data(noteRole).toBool() ? Qt::NoFocus : Qt::StrongFocus);
    m_filling = false;
    setCurrent(m_current);
}

void Sidebar::openSelected()
{
    const QList<QListWidgetItem *> selected = m_list->selectedItems();
    if (!m_filling && !selected.isEmpty())
        Q_EMIT opened(selected.first()->data(idRole).toString());
}

void Sidebar::openFirst()
{
    for (int row = 0; row < m_list->count(); ++row) {
        const QString id = m_list->item(row)->data(idRole).toString();
        if (id.isEmpty())
            continue;
        Q_EMIT opened(id);
        Q_EMIT composeRequested();
        return;
    }
}

/// What is opened once this conversation is gone: the next one, else the one before.
QString Sidebar::neighbourOf(const QString &conversationId) const
{
    const int gone = m_list->row(itemOf(conversationId));
    for (const int step : { 1, -1 }) {
        for (int row = gone + step; row >= 0 && row < m_list->count(); row += step) {
            if (QString id = m_list->item(row)->data(idRole).toString(); !id.isEmpty())
                return id;
        }
    }
    return {};
}

void Sidebar::remove(const QString &conversationId)
{
    const QString next = conversationId == m_current ? neighbourOf(conversationId) : QString();
    Q_EMIT removeRequested(conversationId);
    if (!next.isEmpty())
        m_list->setCurrentItem(itemOf(next));
}

QListWidgetItem *Sidebar::itemOf(const QString &conversationId) const
{
    for (int row = 0; row < m_list->count(); ++row)
        if (m_list->item(row)->data(idRole).toString() == conversationId)
            return m_list->item(row);
    return nullptr;
}

void Sidebar::setCurrent(const QString &conversationId)
{
    m_current = conversationId;
    m_filling = true;
    QListWidgetItem *item = conversationId.isEmpty() ? nullptr : itemOf(conversationId);
    m_list->setCurrentItem(item);
    if (!item)
        m_list->clearSelection();
    m_filling = false;
}

void Sidebar::setGenerating(const std::function<bool(const QString &)> &isGenerating)
{
    m_filling = true;
    bool any = false;
    for (int row = 0; row < m_list->count(); ++row) {
        const QString id = m_list->item(row)->data(idRole).toString();
        const bool busy = !id.isEmpty() && isGenerating(id);
        m_list->item(row)->setData(busyRole, busy);
        any = any || busy;
    }
    m_filling = false;
    if (any)
        m_spin->start();
    else
        m_spin->stop();
}

void Sidebar::focusFilter()
{
    m_filter->setFocus();
    m_filter->selectAll();
}

void Sidebar::clearFilter()
{
    m_filter->clear();
}

void Sidebar::offerUndo(const QString &title)
{
    const bool listed = m_list->focusPolicy() != Qt::NoFocus;
    const bool focused = m_undo->isAncestorOf(window()->focusWidget());
    m_undoText->setText(tr("Deleted “%1”").arg(title));
    m_undo->setVisible(!title.isEmpty());
    if (!title.isEmpty() && m_list->hasFocus() && !listed)
        m_undoButton->setFocus();
    else if (title.isEmpty() && focused)
        (listed ? static_cast<QWidget *>(m_list) : m_new)->setFocus();
}

void Sidebar::sayForgotten(const std::optional<qint64> &count)
{
    m_forgotten->setText(!count ? tr("The kept answers can't be forgotten: their file can't be opened or written")
                             : *count == 0 ? tr("No answer of it was kept for reuse")
                             : *count == 1 ? tr("1 kept answer forgotten")
                                           : tr("%1 kept answers forgotten").arg(QLocale().toString(*count)));
    m_forgotten->show();
    m_said->start();
}

void Sidebar::menuFor(QListWidgetItem *item, const QPoint &where)
{
    if (!item || item->data(idRole).toString().isEmpty())
        return;
    const QString id = item->data(idRole).toString();
    auto *menu = new QMenu(this);
    menu->setObjectName(u"conversationMenu"_s);
    menu->setToolTipsVisible(true);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(icon(u"edit"_s, IconTone::Muted), tr("Rename"), this, [this, id] { beginRename(itemOf(id)); });
    menu->addAction(icon(u"tag"_s, IconTone::Muted), tr("Tags…"), this, [this, id] { askTags(id); });
    menu->addAction(icon(u"regenerate"_s, IconTone::Muted), tr("Forget kept answers"), this,
                    [this, id] { Q_EMIT forgetRequested(id); })
        ->setToolTip(tr("The same question asks the model again; the conversation keeps its answers"));
    menu->addAction(icon(u"trash"_s, IconTone::Muted), tr("Delete"), this, [this, id] { remove(id); });
    menu->popup(where);
}

void Sidebar::beginRename(QListWidgetItem *item)
{
    if (item)
        m_list->editItem(item);
}

void Sidebar::askTags(const QString &conversationId)
{
    const auto conversation = std::find_if(m_conversations.cbegin(), m_conversations.cend(),
                                           [&](const store::Conversation &c) { return c.id == conversationId; });
    if (conversation == m_conversations.cend())
        return;
    auto *dialog = new QInputDialog(this);
    dialog->setObjectName(u"tagsDialog"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Tags"));
    dialog->setLabelText(
        tr("Tags of this conversation, with commas between. Rules of automatic choices may ask for them."));
    dialog->setTextValue(conversation->tags.join(u", "_s));
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, conversationId](const QString &text) { Q_EMIT tagged(conversationId, tagsFrom(text)); });
    dialog->open();
}

bool Sidebar::eventFilter(QObject *watched, QEvent *event)
{
    const bool keyed = event->type() == QEvent::KeyPress || event->type() == QEvent::ShortcutOverride;
    if (!keyed)
        return QWidget::eventFilter(watched, event);
    if (event->type() == QEvent::ShortcutOverride) {
        // Esc clears the filter before it stops an answer.
        if (watched == m_filter && !m_filter->text().isEmpty()
            && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Escape)
            event->accept();
        return QWidget::eventFilter(watched, event);
    }
    const int key = static_cast<QKeyEvent *>(event)->key();
    QListWidgetItem *item = m_list->currentItem();
    if (watched == m_filter && key == Qt::Key_Down) {
        m_list->setFocus();
        return true;
    }
    if (watched == m_filter && (key == Qt::Key_Return || key == Qt::Key_Enter)) {
        openFirst();
        return true;
    }
    if (watched == m_filter && key == Qt::Key_Escape) {
        m_filter->clear();
        return true;
    }
    if (watched == m_list && item && key == Qt::Key_F2) {
        beginRename(item);
        return true;
    }
    if (watched == m_list && item && key == Qt::Key_Delete) {
        remove(item->data(idRole).toString());
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace talkbench::ui
