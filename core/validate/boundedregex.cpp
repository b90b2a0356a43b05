#include "core/validate/boundedregex.h"

#include "core/validate/workdeadline.h"

#include <QRegularExpression>

namespace talkbench::validate {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype longestPattern = 4'096;

/// PCRE2's limit counts the interpreter's backtracks from one start; compiled code would count next to nothing.
const auto limits = u"(*NO_JIT)(*LIMIT_MATCH=500000)"_s;

base::Error error(const QString &message)
{
    return { base::ErrorKind::Usage, message, {}, 0, std::nullopt };
}

QRegularExpression compiled(const QString &pattern, bool ignoreCase)
{
    return QRegularExpression(
        pattern,
        QRegularExpression::UseUnicodePropertiesOption
            | (ignoreCase ? QRegularExpression::CaseInsensitiveOption : QRegularExpression::NoPatternOption));
}

} // namespace

base::Result<BoundedRegex> BoundedRegex::fromPattern(const QString &pattern, bool ignoreCase)
{
    if (pattern.isEmpty())
        return error(u"the pattern is empty"_s);
    if (pattern.size() > longestPattern)
        return error(u"the pattern is longer than %1 characters"_s.arg(longestPattern));
    const QRegularExpression plain = compiled(pattern, ignoreCase);
    if (!plain.isValid())
        return error(u"%1 at character %2"_s.arg(plain.errorString()).arg(plain.patternErrorOffset()));
    BoundedRegex regex;
    regex.m_pattern = limits + pattern;
    regex.m_ignoreCase = ignoreCase;
    return regex;
}

/// The limit holds for one start only, so that every start is tried by itself, and the clock is looked at in between.
base::Result<bool> BoundedRegex::occursIn(const QString &text) const
{
    const QRegularExpression regex = compiled(m_pattern, m_ignoreCase);
    const QString whole = QString::fromUtf8(text.toUtf8()); // no half characters: they aren't looked for below
    constexpr auto options =
        QRegularExpression::AnchorAtOffsetMatchOption | QRegularExpression::DontCheckSubjectStringMatchOption;
    const WorkDeadline deadline(longestMs);
    for (qsizetype start = 0; start <= whole.size(); ++start) {
        if (start < whole.size() && whole[start].isLowSurrogate())
            continue;
        const QRegularExpressionMatch match = regex.match(whole, start, QRegularExpression::NormalMatch, options);
        if (match.hasMatch())
            return true;
        if (!match.isValid() || deadline.hasExpired())
            return error(u"the regular expression takes too long on this text"_s);
    }
    return false;
}

} // namespace talkbench::validate
