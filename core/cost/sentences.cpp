#include "core/cost/sentences.h"

#include <QSet>
#include <QTextBoundaryFinder>

#include <algorithm>
#include <iterator>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

/// The backticks or tildes that a line opens or closes a code block with; empty if it does neither.
QStringView fenceOf(QStringView line)
{
    const qsizetype indented = std::find_if(line.begin(), line.end(), [](QChar c) { return c != u' '; }) - line.begin();
    const QStringView rest = line.sliced(indented);
    if (indented > 3 || rest.isEmpty() || (rest[0] != u'`' && rest[0] != u'~'))
        return {};
    const auto end = std::find_if(rest.begin(), rest.end(), [&](QChar c) { return c != rest[0]; });
    const QStringView fence = rest.first(end - rest.begin());
    const bool inlineCode = fence[0] == u'`' && rest.sliced(fence.size()).contains(u'`');
    return fence.size() >= 3 && !inlineCode ? fence : QStringView();
}

bool closes(QStringView line, QStringView opening)
{
    const QStringView fence = fenceOf(line);
    return fence.size() >= opening.size() && fence[0] == opening[0] && line.trimmed().size() == fence.size();
}

qsizetype lineEnd(const QString &text, qsizetype start)
{
    const qsizetype lineBreak = text.indexOf(u'\n', start);
    return lineBreak < 0 ? text.size() : lineBreak + 1;
}

/// After these comes a capital or a number without a new sentence.
bool endsInAbbreviation(QStringView prose)
{
    static const QSet<QString> abbreviations {
        u"e.g."_s, u"i.e."_s,  u"etc."_s, u"vs."_s,  u"cf."_s,  u"approx."_s, u"fig."_s, u"al."_s,
        u"dr."_s,  u"prof."_s, u"mr."_s,  u"mrs."_s, u"ms."_s,  u"st."_s,     u"jr."_s,  u"sr."_s,
        u"inc."_s, u"z.b."_s,  u"d.h."_s, u"bzw."_s, u"usw."_s, u"ca."_s,     u"vgl."_s, u"p.ex."_s,
    };
    const QStringView text = prose.trimmed();
    const bool newLine = QStringView(text.end(), prose.end()).contains(u'\n');
    const auto before = [](QChar c) { return c.isSpace() || c == u'(' || c == u'[' || c == u'"'; };
    const auto start =
        std::find_if(std::make_reverse_iterator(text.end()), std::make_reverse_iterator(text.begin()), before).base();
    return !newLine && abbreviations.contains(QStringView(start, text.end()).toString().toLower());
}

void appendSentences(QList<qsizetype> &points, const QString &text, qsizetype start, qsizetype end)
{
    const QStringView prose = QStringView(text).sliced(start, end - start);
    QTextBoundaryFinder finder(QTextBoundaryFinder::Sentence, prose.data(), prose.size());
    for (qsizetype at = finder.toNextBoundary(); at > 0; at = finder.toNextBoundary()) {
        if (at == prose.size() || !endsInAbbreviation(prose.first(at)))
            points.append(start + at);
    }
}

/// The end of the code block whose first line begins at `start`: an open one ends with the text.
qsizetype blockEnd(const QString &text, qsizetype start, QStringView fence)
{
    qsizetype line = lineEnd(text, start);
    while (line < text.size()) {
        const qsizetype end = lineEnd(text, line);
        if (closes(QStringView(text).sliced(line, end - line), fence))
            return end;
        line = end;
    }
    return text.size();
}

} // namespace

QList<qsizetype> cutPoints(const QString &text)
{
    if (text.isEmpty())
        return {};
    QList<qsizetype> points { 0 };
    qsizetype proseStart = 0;
    for (qsizetype line = 0; line < text.size();) {
        const qsizetype end = lineEnd(text, line);
        const QStringView fence = fenceOf(QStringView(text).sliced(line, end - line));
        if (fence.isEmpty()) {
            line = end;
            continue;
        }
        appendSentences(points, text, proseStart, line);
        line = proseStart = blockEnd(text, line, fence);
        points.append(line);
    }
    appendSentences(points, text, proseStart, text.size());
    return points;
}

} // namespace talkbench::cost
