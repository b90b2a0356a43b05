#pragma once

#include "core/select/handoverwords.h"
#include "ui/profiler/elsewhere.h"
#include "ui/profiler/livecall.h"

#include <QAbstractButton>

namespace talkbench::ui {

/// For wrapping: a figure stays in one piece, and a separator ends its line rather than beginning the next.
QString breakable(QString line);

/// The muted line under an answer: "412 ms to first token · 62 tok/s · 318 tok · $0.0021". Live while the answer
/// streams, exact at the end; a click or Enter opens everything that is known of the call.
class NumbersLine final : public QAbstractButton {
    Q_OBJECT

public:
    explicit NumbersLine(QWidget *parent = nullptr);

    /// A new call: forgets the one before.
    void begin();
    void apply(const run::RunUpdate &update);
    /// `lastPart`: the answer above was continued, and the record is of its last part.
    void setRecord(const profile::RunRecord &record, bool lastPart = false);

    /// For the receipt; without it nothing is said of other models.
    void setElsewhere(const ElsewhereOf &elsewhereOf) { m_elsewhereOf = elsewhereOf; }
    /// Likewise; without it providers go by their ids.
    void setProviderNames(const select::ProviderNames &nameOf) { m_nameOf = nameOf; }

    const profile::RunRecord &record() const { return m_call.record(); }
    void openDetails();

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void fitHeight();
    void say(const QString &line);

    LiveCall m_call;
    ElsewhereOf m_elsewhereOf;
    select::ProviderNames m_nameOf;
    QString m_shown; ///< the text as it may be broken
    bool m_ended = false;
};

} // namespace talkbench::ui
