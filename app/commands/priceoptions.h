#pragma once

#include "core/cost/pricebook.h"

class QCommandLineParser;

namespace talkbench::app {

/// All that a price can say: --input, --output and the other classes, --tier, --off-peak, --batch, --batch-factor, --from,
/// --until, --source, --provider.
void addPriceOptions(QCommandLineParser &parser);
/// The price of the one model that is named. An error is of kind Usage.
base::Result<cost::Price> readPrice(const QCommandLineParser &parser);

/// The one model that is named.
base::Result<QString> modelOf(const QCommandLineParser &parser);
/// Of an option that takes a day, "2026-11-24"; invalid where it is not there.
base::Result<QDate> dayOf(const QCommandLineParser &parser, const QString &option);

} // namespace talkbench::app
