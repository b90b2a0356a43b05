#pragma once

#include <QList>
#include <QString>

namespace talkbench::cost {

/// Where a text may be cut: the ends of its sentences by Unicode's rules (UAX #29), and of its fenced code blocks
/// (CommonMark's ``` and ~~~), which stay whole. From 0 to the size, ascending; empty for an empty text.
QList<qsizetype> cutPoints(const QString &text);

} // namespace talkbench::cost
