#include "ui/profiler/callrow.h"

#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

CallRow::CallRow(QWidget *parent)
    : QWidget(parent), m_model(new ElidedLabel(this)), m_state(mutedLabel(u"callState"_s, this, 0.92)),
      m_cancel(textButton(u"cancelCall"_s, u"close"_s, tr("Cancel"), this))
{
    setObjectName(u"callRow"_s);
    m_model->setObjectName(u"callModel"_s);
    m_model->setTextFormat(Qt::PlainText);
    m_state->setTextFormat(Qt::PlainText);
    m_state->setWordWrap(true);
    auto *words = new QVBoxLayout;
    words->setSpacing(grid::hair);
    words->addWidget(m_model);
    words->addWidget(m_state);
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addLayout(words, 1);
    line->addWidget(m_cancel, 0, Qt::AlignVCenter);
    connect(m_cancel, &QToolButton::clicked, this, [this] {
        m_cancel->setEnabled(false);
        Q_EMIT cancelled();
    });
}

void CallRow::setCall(const QString &model, const QString &provider, const QString &whose, const QString &state)
{
    const QString name = u"%1 · %2"_s.arg(model, provider);
    if (name != m_model->text()) {
        m_model->setText(name);
        m_model->setToolTip(name);
        m_cancel->setAccessibleName(tr("Cancel the call of %1, %2").arg(whose, model));
    }
    const QString line = u"%1 · %2"_s.arg(whose, state);
    if (line == m_state->text())
        return;
    m_state->setText(line);
    setAccessibleName(u"%1, %2"_s.arg(name, line));
}

} // namespace talkbench::ui
