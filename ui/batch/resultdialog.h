#pragma once

#include "ui/batch/batchworker.h"

#include <QDialog>

namespace talkbench::ui {

/// One result of a batch whole, as text that can be read and copied: what was asked, the answer, its checks, its error, its
/// figures.
class ResultDialog final : public QDialog {
    Q_OBJECT

public:
    ResultDialog(const BatchDetail &detail, const QString &providerName, QWidget *parent);
};

} // namespace talkbench::ui
