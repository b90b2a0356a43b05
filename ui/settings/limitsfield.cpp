#include "ui/settings/limitsfield.h"

#include "ui/settings/formparts.h"
#include "ui/theme/metrics.h"

#include <QFormLayout>
#include <QSignalBlocker>
#include <QSpinBox>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

QSpinBox *spinBox(int maximum, int step)
{
    auto *box = new QSpinBox;
    box->setRange(0, maximum);
    box->setSingleStep(step);
    box->setGroupSeparatorShown(true);
    box->setSpecialValueText(LimitsField::tr("no limit of its own"));
    box->setMinimumWidth(grid::gap * 12);
    return box;
}

} // namespace

LimitsField::LimitsField(QWidget *parent)
    : QWidget(parent), m_concurrent(spinBox(4096, 1)), m_requests(spinBox(1'000'000, 10)),
      m_tokens(spinBox(1'000'000'000, 10'000))
{
    auto *hint = new ToneLabel(u"providerLimitsHint"_s);
    hint->setText(tr("What goes beyond waits in the queue, and the wait is measured. Set them to what your account "
                     "allows, and the server need not refuse anything."));
    QFormLayout *form = settingsForm(nullptr);
    form->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
    addField(form, u"providerConcurrent"_s, tr("Calls at once"), m_concurrent);
    addField(form, u"providerRequestsPerMinute"_s, tr("Requests a minute"), m_requests);
    addField(form, u"providerTokensPerMinute"_s, tr("Tokens a minute"), m_tokens);
    fillTab(this, form, hint);
    for (QSpinBox *box : { m_concurrent, m_requests, m_tokens })
        connect(box, &QSpinBox::valueChanged, this, &LimitsField::edited);
}

void LimitsField::setLimits(const llm::ProviderLimits &limits)
{
    const QSignalBlocker silent(this);
    m_concurrent->setValue(limits.concurrent);
    m_requests->setValue(limits.requestsPerMinute);
    m_tokens->setValue(limits.tokensPerMinute);
}

llm::ProviderLimits LimitsField::limits() const
{
    return { m_concurrent->value(), m_requests->value(), m_tokens->value() };
}

} // namespace talkbench::ui
