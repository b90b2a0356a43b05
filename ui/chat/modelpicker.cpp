#include "ui/chat/modelpicker.h"

#include "core/config/settings.h"
#include "core/run/runservice.h"
#include "ui/endpoints.h"
#include "ui/theme/colours.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QFrame>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int providerRole = Qt::UserRole;
constexpr int modelRole = Qt::UserRole + 1;
constexpr int popupWidth = 360;
constexpr int popupHeight = 380;
constexpr int widest = 340;
constexpr int rowHeight = 28;

} // namespace

ModelPicker::ModelPicker(AppContext &context, QWidget *parent)
    : QToolButton(parent), m_context(context), m_popup(new QFrame(this, Qt::Popup)), m_filter(new QLineEdit(m_popup)),
      m_list(new QListWidget(m_popup))
{
    setObjectName(u"modelPicker"_s);
    setAutoRaise(true);
    setMinimumHeight(grid::control);
    setMaximumWidth(widest);
    setFocusPolicy(Qt::TabFocus);
    setToolTip(tr("Choose provider and model (Ctrl+Shift+M)"));
    connect(this, &QToolButton::clicked, this, &ModelPicker::open);
    setCurrent({}, {});

    m_popup->setObjectName(u"modelPopup"_s);
    m_popup->setFrameShape(QFrame::StyledPanel);
    m_filter->setObjectName(u"modelFilter"_s);
    m_filter->setPlaceholderText(tr("Find a model or type its name"));
    m_filter->setAccessibleName(tr("Find a model or type its name"));
    m_filter->installEventFilter(this);
    m_list->setObjectName(u"models"_s);
    m_list->setAccessibleName(tr("Models"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setTextElideMode(Qt::ElideMiddle);
    m_list->setUniformItemSizes(false);
    auto *column = new QVBoxLayout(m_popup);
    column->setContentsMargins(grid::unit, grid::unit, grid::unit, grid::unit);
    column->setSpacing(grid::unit);
    column->addWidget(m_filter);
    column->addWidget(m_list);
    connect(m_filter, &QLineEdit::textChanged, this, &ModelPicker::fill);
    connect(m_list, &QListWidget::itemClicked, this, &ModelPicker::choose);
    connect(m_list, &QListWidget::itemActivated, this, &ModelPicker::choose);
    connect(&m_context.settings, &config::Settings::providersChanged, this, [this] {
        m_listed.clear();
        setCurrent(m_providerId, m_model);
    });
}

void ModelPicker::setCurrent(const QString &providerId, const QString &model)
{
    m_providerId = providerId;
    m_model = model;
    const auto provider = m_context.settings.provider(providerId);
    const QString name = provider ? provider->name : providerId;
    const QString text = model.isEmpty() ? tr("Choose a model") : model;
    setText(provider && provider->id != config::simulatorId ? name + u" · "_s + text : text);
    setAccessibleName(model.isEmpty() ? text : tr("Model: %1 of %2").arg(model, name));
    updateGeometry();
}

QSize ModelPicker::sizeHint() const
{
    const int text = fontMetrics().horizontalAdvance(this->text());
    return { std::min(text + 2 * grid::block + grid::unit, widest), grid::control };
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
    ui::icon(u"model"_s, IconTone::Accent).paint(&painter, QRect(inside.left(), inside.center().y() - 8, 16, 16));
    ui::icon(u"chevron-down"_s, IconTone::Muted)
        .paint(&painter, QRect(inside.right() - 15, inside.center().y() - 7, 15, 15));
    painter.setPen(c.text);
    const QRect words = inside.adjusted(grid::section, 0, -20, 0);
    painter.drawText(words, Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(text(), Qt::ElideMiddle, words.width()));
}

void ModelPicker::open()
{
    m_filter->clear();
    const QList<config::ProviderConfig> providers = m_context.settings.providers();
    for (const config::ProviderConfig &provider : providers)
        fetch(provider.id);
    fill();
    m_popup->resize(popupWidth, popupHeight);
    const QPoint corner = mapToGlobal(QPoint(0, height() + grid::half));
    m_popup->move(corner);
    m_popup->show();
    m_filter->setFocus();
}

void ModelPicker::fetch(const QString &providerId)
{
    if (m_listed[providerId].asked && m_listed[providerId].problem.isEmpty())
        return;
    m_listed[providerId] = { .models = {}, .problem = {}, .asked = true };
    const auto arrived = [this, providerId](const base::Result<QList<llm::ModelInfo>> &models) {
        if (models)
            m_listed[providerId].models = *models;
        else
            m_listed[providerId].problem = models.error().message;
        if (m_popup->isVisible())
            fill();
    };
    whenReady(this, m_context.endpoints.resolve(providerId),
              [this, arrived](const base::Result<llm::Endpoint> &endpoint) {
                  if (endpoint)
                      whenReady(this, m_context.runs.listModels(*endpoint), arrived);
                  else
                      arrived(endpoint.error());
              });
}

void ModelPicker::fill()
{
    const QString wanted = m_filter->text().trimmed();
    m_list->clear();
    QListWidgetItem *best = nullptr;
    const auto add = [this](const QString &text, const QString &provider, const QString &model) {
        auto *item = new QListWidgetItem(text, m_list);
        item->setData(providerRole, provider);
        item->setData(modelRole, model);
        item->setSizeHint({ 0, std::max(rowHeight, fontMetrics().height() + grid::unit) });
        item->setToolTip(text);
        return item;
    };
    const auto note = [this](const QString &text, bool heading) {
        auto *item = new QListWidgetItem(text, m_list);
        item->setFlags(Qt::NoItemFlags);
        item->setSizeHint({ 0, std::max(rowHeight, fontMetrics().height() + grid::unit) });
        QFont font = m_list->font();
        font.setWeight(heading ? QFont::DemiBold : QFont::Normal);
        item->setFont(font);
        item->setForeground(colours(this).mutedText);
    };
    const QList<config::ProviderConfig> providers = m_context.settings.providers();
    for (const config::ProviderConfig &provider : providers) {
        const Listed &listed = m_listed[provider.id];
        QStringList ids;
        for (const llm::ModelInfo &model : listed.models)
            ids.append(model.id);
        for (const QString &known : { provider.defaultModel, provider.id == m_providerId ? m_model : QString() })
            if (!known.isEmpty() && !ids.contains(known))
                ids.append(known);
        note(provider.name, true);
        for (const QString &id : std::as_const(ids)) {
            if (!wanted.isEmpty() && !id.contains(wanted, Qt::CaseInsensitive))
                continue;
            QListWidgetItem *item = add(id, provider.id, id);
            if (provider.id == m_providerId && id == m_model) {
                item->setIcon(ui::icon(u"check"_s, IconTone::Accent));
                best = item;
            } else if (!best) {
                best = item;
            }
        }
        if (!wanted.isEmpty() && !ids.contains(wanted)) {
            QListWidgetItem *typed = add(tr("Use “%1”").arg(wanted), provider.id, wanted);
            typed->setIcon(ui::icon(u"plus"_s, IconTone::Muted));
            if (!best)
                best = typed;
        }
        if (!listed.problem.isEmpty())
            note(tr("No list: %1").arg(listed.problem), false);
    }
    m_list->setCurrentItem(best);
}

void ModelPicker::choose(const QListWidgetItem *item)
{
    if (!item || item->data(modelRole).toString().isEmpty())
        return;
    m_popup->hide();
    Q_EMIT chosen(item->data(providerRole).toString(), item->data(modelRole).toString());
}

void ModelPicker::step(int by)
{
    for (int row = m_list->currentRow() + by; row >= 0 && row < m_list->count(); row += by) {
        if (m_list->item(row)->flags().testFlag(Qt::ItemIsSelectable)) {
            m_list->setCurrentRow(row);
            return;
        }
    }
}

bool ModelPicker::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_filter || event->type() != QEvent::KeyPress)
        return QToolButton::eventFilter(watched, event);
    switch (static_cast<QKeyEvent *>(event)->key()) {
    case Qt::Key_Down:
        step(1);
        return true;
    case Qt::Key_Up:
        step(-1);
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        choose(m_list->currentItem());
        return true;
    case Qt::Key_Escape:
        m_popup->hide();
        return true;
    default:
        return QToolButton::eventFilter(watched, event);
    }
}

} // namespace talkbench::ui
