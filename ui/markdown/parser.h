#pragma once

#include "ui/markdown/row.h"

#include <QByteArray>

namespace talkbench::ui {

/// GitHub-flavoured markdown (tables, strikethrough, autolinks, task lists) as rows. Raw HTML comes out as the text it
/// is, an image as a link to it; nothing is ever loaded. Any bytes are valid input; what would grow out of all proportion,
/// by links that copy long definitions, comes out as it is.
Rows parseMarkdown(QByteArrayView utf8);

/// Text as it is, a row a line.
Rows plainRows(const QString &text);

/// How many bytes at the start of `utf8` make blocks that no further text can change: up to the last block that its
/// complete lines open. 0 where there is none.
qsizetype settledLength(QByteArrayView utf8);

/// Whether it may hold link reference definitions, which reach back to blocks before them.
bool mayDefineReferences(QByteArrayView utf8);

/// Whether a table in it may hold more cells than bytes, for short rows are filled up to the columns, or more columns than
/// anyone reads, for cmark takes their square in time. Such a text is shown without tables.
bool inflatesTables(QByteArrayView utf8);

} // namespace talkbench::ui
