#pragma once

#include "core/run/repricing.h"
#include "ui/appcontext.h"

#include <QPushButton>

#include <functional>
#include <memory>

namespace talkbench::ui {

class ToneLabel;

/// The button that puts today's prices on past calls: it says first what would come of it, and asks.
class RecomputeCosts final : public QPushButton {
    Q_OBJECT

public:
    /// `isSaved`: whether the prices on display are those that hold.
    RecomputeCosts(AppContext &context, std::function<bool()> isSaved, QWidget *parent);

    /// What came of it; for a place below. Hidden while there is nothing to say.
    ToneLabel *outcome() const { return m_outcome; }

private:
    using Sums = run::Repricing::Sums;

    void look();
    void ask(const Sums &sums);
    void recompute();
    void putPrices(bool dryRun, const std::function<void(const Sums &)> &then);

    AppContext &m_context;
    const std::function<bool()> m_isSaved;
    ToneLabel *m_outcome;
};

} // namespace talkbench::ui
