#include "ui/chat/modelpicker.h"

#include "core/config/settings.h"
#include "core/select/policy.h"
#include "ui/chat/modelrows.h"
#include "ui/modellists.h"
#include "ui/popupaccess.h"
#include "ui/rowdelegate.h"
#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QFrame>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QScreen>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr QSize usualPopup { 560, 480 };
constexpr QSize leastPopup { 240, 240 };
constexpr int widest = 340;
constexpr int leastCharacters = 6;

} // namespace

ModelPicker::ModelPicker(AppContext &context, QWidget *parent)
    : QToolButton(parent), m_context(context), m_rows(new ModelRows(context, this)),
      m_popup(new QFrame(this, Qt::Popup)), m_filter(new QLineEdit(m_popup)), m_list(new QListView(m_popup))
{
    setObjectName(u"modelPicker"_s);
    setAutoRaise(true);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setFocusPolicy(Qt::TabFocus);
    setToolTip(tr("Choose provider and model (Ctrl+Shift+M)"));
    connect(this, &QToolButton::clicked, this, &ModelPicker::open);
    setCurrent({}, {});
    makePopup();
    connect(&m_context.models, &ModelLists::changed, this, &ModelPicker::listsChanged);
    connect(&m_context.settings, &config::Settings::providersChanged, this, [this] {
        setCurrent(m_providerId, m_model);
        listsChanged();
    });
}

void ModelPicker::makePopup()
{
    exposePopup(*this, *m_popup);
    m_popup->setObjectName(u"modelPopup"_s);
    m_popup->setAccessibleName(tr("Models to choose from"));
    m_popup->setFrameShape(QFrame::StyledPanel);
    m_filter->setObjectName(u"modelFilter"_s);
    m_filter->setPlaceholderText(tr("Find a model or type its name"));
    m_filter->setAccessibleName(tr("Find a model or type its name"));
    m_filter->addAction(ui::icon(u"search"_s, IconTone::Muted), QLineEdit::LeadingPosition)
        ->setText(m_filter->accessibleName());
    m_filter->installEventFilter(this);
    m_list->setObjectName(u"models"_s);
    m_list->setAccessibleName(tr("Models"));
    m_list->setModel(m_rows);
    showRows(m_list, RowDelegate::Lines::One, false);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->viewport()->installEventFilter(this);
    auto *hint = mutedLabel(u"modelHint"_s, m_popup, 0.9);
    hint->setText(tr("Enter chooses · Ctrl+D stars · F5 lists again · prices: $ a million tokens in / out"));
    auto *column = new QVBoxLayout(m_popup);
    column->setContentsMargins(grid::unit, grid::unit, grid::unit, grid::unit);
    column->setSpacing(grid::unit);
    column->addWidget(m_filter);
    column->addWidget(m_list, 1);
    column->addWidget(hint);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString &typed) {
        m_rows->setFilter(typed);
        startFromBest();
    });
}

QString modelTitle(const config::Settings &settings, const select::ModelRef &ref)
{
    const auto provider = settings.provider(ref.providerId);
    return provider && provider->id != config::simulatorId ? provider->name + u" · "_s + ref.model : ref.model;
}

void ModelPicker::offerAuto()
{
    m_rows->offerAuto();
}

void ModelPicker::setCurrent(const QString &providerId, const QString &model)
{
    m_providerId = providerId;
    m_model = model;
    m_rows->setCurrent({ providerId, model });
    if (select::ModelRef { providerId, model } == select::autoRef) {
        setText(tr("Auto"));
        setAccessibleName(tr("Model: chosen for each message"));
        updateGeometry();
        return;
    }
    const QString text = model.isEmpty() ? tr("Choose a model") : model;
    setText(modelTitle(m_context.settings, { providerId, text }));
    setAccessibleName(model.isEmpty() ? text
                                      : tr("Model: %1 of %2").arg(model, m_context.settings.providerName(providerId)));
    updateGeometry();
}

QSize ModelPicker::sizeHint() const
{
    const int text = fontMetrics().horizontalAdvance(this->text());
    return { std::min(text + iconSide(this, 2 * grid::block + grid::unit), iconSide(this, widest)),
             iconSide(this, grid::control) };
}

/// The name is cut rather than what stands beside it.
QSize ModelPicker::minimumSizeHint() const
{
    const int text = fontMetrics().averageCharWidth() * leastCharacters;
    return { std::min(text + iconSide(this, 2 * grid::block + grid::unit), sizeHint().width()), sizeHint().height() };
}

void ModelPicker::paintEvent(QPaintEvent *)
{
    const Colours &c = colours(this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(hasFocus() ? QPen(c.accent, 1.5) : QPen(c.border, 1));
    painter.setBrush(isDown() ? c.pressed : underMouse() ? c.hover : c.raised);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.75, 0.75, -0.75, -0.75), grid::radius, grid::radius);
    const QRect inside = rect().adjusted(grid::unit + 2, 0, -grid::unit, 0);
    const int side = iconSide(this, grid::gap);
    const int top = inside.center().y() - side / 2 + 1;
    ui::icon(u"model"_s, IconTone::Accent).paint(&painter, QRect(inside.left(), top, side, side));
    painter.setPen(c.text);
    const QRect words = inside.adjusted(side + grid::unit, 0, -side - grid::half, 0);
    if (words.width() > 0)
        ui::icon(u"chevron-down"_s, IconTone::Muted).paint(&painter, QRect(inside.right() - side, top, side, side));
    painter.drawText(words, Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(text(), Qt::ElideMiddle, words.width()));
}

void ModelPicker::open()
{
    const QList<config::ProviderConfig> providers = m_context.settings.providers();
    for (const config::ProviderConfig &provider : providers)
        m_context.models.want(provider.id);
    m_filter->clear();
    m_rows->rebuild();
    place();
    m_popup->show();
    m_filter->setFocus();
    startFromBest();
}

/// Below the button, whole within the window as far as that is on the screen; where it has no room, within the screen.
void ModelPicker::place()
{
    const QRect whole = screen()->availableGeometry();
    QRect room = whole.intersected(QRect(window()->mapToGlobal(QPoint()), window()->size()));
    if (room.width() < leastPopup.width() || room.height() < leastPopup.height())
        room = whole;
    const QPoint below = mapToGlobal(QPoint(0, height() + grid::half));
    const int high = std::max(room.bottom() + 1 - below.y(), leastPopup.height());
    m_popup->resize(std::min(iconSide(this, usualPopup.width()), room.width()),
                    std::min({ iconSide(this, usualPopup.height()), high, room.height() }));
    m_popup->move(std::clamp(below.x(), room.left(), room.right() + 1 - m_popup->width()),
                  std::clamp(below.y(), room.top(), room.bottom() + 1 - m_popup->height()));
}

/// The row chosen stays chosen while lists arrive.
void ModelPicker::listsChanged()
{
    if (!m_popup->isVisible())
        return;
    const auto chosenNow = m_rows->choice(currentRow());
    m_rows->rebuild();
    for (int row = 0; chosenNow && row < m_rows->rowCount(); ++row) {
        if (m_rows->choice(row) == chosenNow) {
            goTo(row);
            return;
        }
    }
    startFromBest();
}

void ModelPicker::startFromBest()
{
    const int best = m_rows->best();
    m_list->setCurrentIndex(m_rows->index(best));
    if (best >= 0)
        m_list->scrollTo(m_rows->index(best),
                         best <= pageLength() / 2 ? QListView::PositionAtBottom : QListView::PositionAtCenter);
}

int ModelPicker::currentRow() const
{
    return m_list->currentIndex().isValid() ? m_list->currentIndex().row() : -1;
}

int ModelPicker::pageLength() const
{
    return std::max(1, m_list->viewport()->height() / std::max(1, m_list->sizeHintForRow(0)) - 1);
}

void ModelPicker::goTo(int row)
{
    m_list->setCurrentIndex(m_rows->index(row));
    m_list->scrollTo(m_rows->index(row));
    if (m_rows->next(row, -1) == row)
        m_list->scrollToTop();
}

void ModelPicker::choose(int row)
{
    if (const QString failed = m_rows->failedProvider(row); !failed.isEmpty()) {
        m_context.models.refresh(failed);
        return;
    }
    const auto choice = m_rows->choice(row);
    if (!choice)
        return;
    m_popup->hide();
    Q_EMIT chosen(choice->providerId, choice->model);
}

void ModelPicker::toggleFavourite(int row)
{
    const auto choice = m_rows->choice(row);
    if (!choice)
        return;
    m_rows->toggleFavourite(*choice);
    for (int i = 0; i < m_rows->rowCount(); ++i) {
        if (m_rows->choice(i) == choice) {
            goTo(i);
            return;
        }
    }
}

bool ModelPicker::filterKey(int key, Qt::KeyboardModifiers modifiers)
{
    const int row = currentRow();
    const auto leap = [this, row](int by, int count) {
        int to = row;
        for (int i = 0; i < count; ++i)
            to = m_rows->next(to, by);
        goTo(to);
    };
    switch (key) {
    case Qt::Key_Down:
        leap(1, 1);
        return true;
    case Qt::Key_Up:
        leap(-1, 1);
        return true;
    case Qt::Key_PageDown:
        leap(1, pageLength());
        return true;
    case Qt::Key_PageUp:
        leap(-1, pageLength());
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        choose(row);
        return true;
    case Qt::Key_Escape:
        m_popup->hide();
        return true;
    case Qt::Key_F5: {
        const QList<config::ProviderConfig> providers = m_context.settings.providers();
        for (const config::ProviderConfig &provider : providers)
            m_context.models.refresh(provider.id);
        return true;
    }
    case Qt::Key_D:
        if (modifiers != Qt::ControlModifier)
            return false;
        toggleFavourite(row);
        return true;
    default:
        return false;
    }
}

bool ModelPicker::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_filter && event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        if (filterKey(key->key(), key->modifiers()))
            return true;
    }
    if (watched == m_list->viewport() && event->type() == QEvent::MouseButtonRelease) {
        const QPoint at = static_cast<QMouseEvent *>(event)->position().toPoint();
        const QModelIndex index = m_list->indexAt(at);
        if (index.data(RowStarRole).isValid() && RowDelegate::starRect(m_list->visualRect(index)).contains(at))
            toggleFavourite(index.row());
        else
            choose(index.row());
        return true;
    }
    return QToolButton::eventFilter(watched, event);
}

} // namespace talkbench::ui
