#include "core/base/csv.h"

#include <algorithm>
#include <utility>

namespace talkbench::base {

using namespace Qt::StringLiterals;

QString csvField(QString text)
{
    text.removeIf([](QChar c) { return c.category() == QChar::Other_Control && !u"\t\r\n"_s.contains(c); });
    if (!text.isEmpty() && u"=+-@\t\r"_s.contains(text.front()))
        text.prepend(u'\'');
    const bool quoted = std::any_of(text.begin(), text.end(),
                                    [](QChar c) { return c == u',' || c == u'"' || c == u'\r' || c == u'\n'; });
    return quoted ? u'"' + text.replace(u'"', u"\"\""_s) + u'"' : text;
}

Result<QList<QStringList>> csvRows(const QString &text)
{
    QList<QStringList> rows;
    QStringList row;
    QString field;
    bool quoted = false;
    qsizetype line = 1;
    qsizetype quotedSince = 0;
    const auto endRow = [&] {
        row << std::exchange(field, {});
        if (row != QStringList { QString() })
            rows << row;
        row.clear();
    };
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        line += c == u'\n' ? 1 : 0;
        if (quoted) {
            if (c != u'"')
                field += c;
            else if (i + 1 < text.size() && text[i + 1] == u'"')
                field += text[++i];
            else
                quoted = false;
        } else if (c == u'"' && field.isEmpty()) {
            quoted = true;
            quotedSince = line;
        } else if (c == u',') {
            row << std::exchange(field, {});
        } else if (c == u'\n') {
            endRow();
        } else if (c != u'\r' || i + 1 == text.size() || text[i + 1] != u'\n') {
            field += c;
        }
    }
    if (quoted)
        return Error { ErrorKind::Usage, u"Line %1: a quotation mark is never closed."_s.arg(quotedSince), {}, 0, {} };
    endRow();
    return rows;
}

} // namespace talkbench::base
