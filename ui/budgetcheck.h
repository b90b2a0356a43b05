#pragma once

#include "core/base/error.h"

#include <QString>

#include <functional>

class QWidget;

namespace talkbench::ui {

struct SpendingQuestion {
    QString title;
    QString reason;
    QString yes;
    QString no; ///< the default
};

/// A dialog over `parent`; `then` is told whether the money may be spent, unless `parent` has gone.
void askToSpend(QWidget *parent, const SpendingQuestion &question, const std::function<void(bool may)> &then);
/// What becomes of a call for which the answer is no: no model was asked.
base::Error notSent(const QString &reason);

} // namespace talkbench::ui
