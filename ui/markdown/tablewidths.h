#pragma once

#include "ui/markdown/row.h"

#include <QFont>

class QTextDocument;
class QTextTableFormat;

namespace talkbench::ui {

inline constexpr int tableCellPadding = 7;

/// Measures the columns of a table, whose format remembers it, and makes them as wide as fits `room`.
void setColumnWidths(QTextTableFormat &format, const Row &table, const QFont &text, const QFont &code, qreal room);
/// Makes the columns of all tables of a document as wide as fits its new width. A table whose longest words ask for more is
/// wider than that.
void fitTables(QTextDocument &document, qreal width);

} // namespace talkbench::ui
