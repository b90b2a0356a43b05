#pragma once

#include "core/llm/providerlimits.h"

#include <QWidget>

class QSpinBox;

namespace talkbench::ui {

/// What may be asked of one provider at a time.
class LimitsField final : public QWidget {
    Q_OBJECT

public:
    explicit LimitsField(QWidget *parent = nullptr);

    void setLimits(const llm::ProviderLimits &limits);
    llm::ProviderLimits limits() const;

Q_SIGNALS:
    void edited();

private:
    QSpinBox *m_concurrent;
    QSpinBox *m_requests;
    QSpinBox *m_tokens;
};

} // namespace talkbench::ui
