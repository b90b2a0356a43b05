#include "ui/markdown/highlight.h"

#include <QHash>
#include <QSet>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

struct Highlighter::Grammar {
    QSet<QString> keywords;
    QStringList lineComments;
    QString blockOpen;
    QString blockClose;
    QString quotes;
    bool tripleQuotes = false;
    bool caseless = false;
};

namespace {

QSet<QString> words(const char16_t *list)
{
    const QStringList split = QString::fromUtf16(list).split(u' ', Qt::SkipEmptyParts);
    return { split.begin(), split.end() };
}

const char16_t cFamily[] =
    u"alignas auto bool break case catch char class concept const consteval constexpr constinit continue co_await "
    u"co_return co_yield decltype default delete do double else enum explicit export extern false final float for "
    u"friend "
    u"goto if import inline int long module mutable namespace new noexcept nullptr operator override private protected "
    u"public register requires return short signed sizeof static static_assert static_cast struct switch template this "
    u"throw true try typedef typename union unsigned using virtual void volatile while include define ifdef ifndef "
    u"endif "
    u"pragma abstract boolean extends implements instanceof interface null package super synchronized throws var val "
    u"fun "
    u"when object internal readonly string foreach in is lock params ref out sealed async await record yield";
const char16_t script[] =
    u"any as async await boolean break case catch class const constructor continue debugger declare default delete do "
    u"else "
    u"enum export extends false finally for from function get if implements import in infer instanceof interface keyof "
    u"let "
    u"namespace never new null number of private protected public readonly return set static string super switch this "
    u"throw true try type typeof undefined unknown var void while with yield";
const char16_t rust[] = u"as async await break const continue crate dyn else enum extern false fn for if impl in let "
                        u"loop match mod move mut pub "
                        u"ref return self Self static struct super trait true type unsafe use where while bool char "
                        u"f32 f64 i8 i16 i32 i64 i128 "
                        u"isize str u8 u16 u32 u64 u128 usize String Vec Option Result Some None Ok Err";
const char16_t go[] = u"break case chan const continue default defer else fallthrough for func go goto if import "
                      u"interface map package range "
                      u"return select struct switch type var true false nil iota bool byte error float32 float64 int "
                      u"int8 int16 int32 int64 "
                      u"rune string uint uint8 uint16 uint32 uint64 any";
const char16_t python[] =
    u"and as assert async await break class continue def del elif else except False finally for from global if import "
    u"in is "
    u"lambda match case None nonlocal not or pass raise return self True try while with yield print";
const char16_t shell[] =
    u"if then else elif fi case esac for while until do done in function select time return exit local export readonly "
    u"declare set unset source alias echo cd test sudo true false";
const char16_t sql[] = u"add all alter and as asc begin between by case cast check column commit constraint create "
                       u"cross delete desc distinct "
                       u"drop else end exists foreign from full group having if in index inner insert integer into is "
                       u"join key left like limit "
                       u"not null offset on or order outer over partition primary references returning right rollback "
                       u"select set table text "
                       u"then transaction union unique update using values view when where with";
const char16_t ruby[] =
    u"alias and begin break case class def defined do else elsif end ensure false for if in module next nil not or "
    u"redo "
    u"rescue retry return self super then true undef unless until when while yield require puts attr_accessor";

} // namespace

const Highlighter::Grammar *Highlighter::grammarFor(const QString &language)
{
    static const Grammar cLike { words(cFamily), { u"//"_s }, u"/*"_s, u"*/"_s, u"\"'"_s };
    static const Grammar scriptLike { words(script), { u"//"_s }, u"/*"_s, u"*/"_s, u"\"'`"_s };
    static const Grammar rustLike { words(rust), { u"//"_s }, u"/*"_s, u"*/"_s, u"\""_s };
    static const Grammar goLike { words(go), { u"//"_s }, u"/*"_s, u"*/"_s, u"\"'`"_s };
    static const Grammar pythonLike { words(python), { u"#"_s }, {}, {}, u"\"'"_s, true };
    static const Grammar shellLike { words(shell), { u"#"_s }, {}, {}, u"\"'"_s };
    static const Grammar sqlLike { words(sql), { u"--"_s }, u"/*"_s, u"*/"_s, u"'\""_s, false, true };
    static const Grammar rubyLike { words(ruby), { u"#"_s }, {}, {}, u"\"'"_s };
    static const Grammar data { words(u"true false null yes no on off"), { u"#"_s }, {}, {}, u"\"'"_s };
    static const Grammar json { words(u"true false null"), {}, {}, {}, u"\""_s };
    static const QHash<QString, const Grammar *> names {
        { u"c"_s, &cLike },
        { u"h"_s, &cLike },
        { u"cpp"_s, &cLike },
        { u"c++"_s, &cLike },
        { u"cc"_s, &cLike },
        { u"hpp"_s, &cLike },
        { u"java"_s, &cLike },
        { u"cs"_s, &cLike },
        { u"csharp"_s, &cLike },
        { u"kotlin"_s, &cLike },
        { u"swift"_s, &cLike },
        { u"php"_s, &cLike },
        { u"js"_s, &scriptLike },
        { u"javascript"_s, &scriptLike },
        { u"jsx"_s, &scriptLike },
        { u"ts"_s, &scriptLike },
        { u"typescript"_s, &scriptLike },
        { u"tsx"_s, &scriptLike },
        { u"css"_s, &cLike },
        { u"rust"_s, &rustLike },
        { u"rs"_s, &rustLike },
        { u"go"_s, &goLike },
        { u"golang"_s, &goLike },
        { u"py"_s, &pythonLike },
        { u"python"_s, &pythonLike },
        { u"sh"_s, &shellLike },
        { u"bash"_s, &shellLike },
        { u"shell"_s, &shellLike },
        { u"zsh"_s, &shellLike },
        { u"console"_s, &shellLike },
        { u"dockerfile"_s, &shellLike },
        { u"cmake"_s, &shellLike },
        { u"sql"_s, &sqlLike },
        { u"sqlite"_s, &sqlLike },
        { u"rb"_s, &rubyLike },
        { u"ruby"_s, &rubyLike },
        { u"yaml"_s, &data },
        { u"yml"_s, &data },
        { u"toml"_s, &data },
        { u"ini"_s, &data },
        { u"json"_s, &json },
        { u"jsonl"_s, &json },
    };
    return names.value(language.toLower(), nullptr);
}

Highlighter::Highlighter(const QString &language) : m_grammar(grammarFor(language))
{
}

namespace {

/// The end of a string that opened at `from`; past the end of the text where it is not closed.
qsizetype stringEnd(const QString &text, qsizetype from, QStringView quote)
{
    for (qsizetype i = from; i < text.size(); ++i) {
        if (text.at(i) == u'\\')
            ++i;
        else if (QStringView(text).mid(i).startsWith(quote))
            return i + quote.size();
    }
    return text.size() + 1;
}

bool isWord(QChar c)
{
    return c.isLetterOrNumber() || c == u'_';
}

/// The text from `from` to `to`, joined to the run before where that is of the same kind.
void append(Runs &runs, const QString &text, qsizetype from, qsizetype to, Token token)
{
    const QString part = text.mid(from, to - from);
    if (part.isEmpty())
        return;
    if (!runs.isEmpty() && runs.last().token == token)
        runs.last().text += part;
    else
        runs.append(Run { part, Run::Code, token, {} });
}

} // namespace

Runs Highlighter::line(const QString &text)
{
    Runs runs;
    if (!m_grammar) {
        if (!text.isEmpty())
            runs.append({ text, Run::Code, Token::Plain, {} });
        return runs;
    }
    qsizetype i = m_openUntil.isEmpty() ? 0 : takeOpen(runs, text, 0, 0);
    while (i < text.size())
        i = takeNext(runs, text, i);
    return runs;
}

qsizetype Highlighter::takeOpen(Runs &runs, const QString &text, qsizetype from, qsizetype searchFrom)
{
    const qsizetype close = text.indexOf(m_openUntil, searchFrom);
    const qsizetype end = close < 0 ? text.size() : close + m_openUntil.size();
    append(runs, text, from, end, m_openToken);
    if (close >= 0)
        m_openUntil.clear();
    return end;
}

qsizetype Highlighter::takeNext(Runs &runs, const QString &text, qsizetype from)
{
    const QStringView rest = QStringView(text).mid(from);
    const QChar c = text.at(from);
    const bool comment = std::any_of(m_grammar->lineComments.begin(), m_grammar->lineComments.end(),
                                     [&rest](const QString &mark) { return rest.startsWith(mark); });
    if (comment) {
        append(runs, text, from, text.size(), Token::Comment);
        return text.size();
    }
    if (!m_grammar->blockOpen.isEmpty() && rest.startsWith(m_grammar->blockOpen)) {
        m_openUntil = m_grammar->blockClose;
        m_openToken = Token::Comment;
        return takeOpen(runs, text, from, from + m_grammar->blockOpen.size());
    }
    if (m_grammar->tripleQuotes && (rest.startsWith(u"\"\"\"") || rest.startsWith(u"'''"))) {
        m_openUntil = rest.left(3).toString();
        m_openToken = Token::String;
        return takeOpen(runs, text, from, from + 3);
    }
    if (m_grammar->quotes.contains(c)) {
        const qsizetype end = std::min(stringEnd(text, from + 1, rest.left(1)), text.size());
        append(runs, text, from, end, Token::String);
        return end;
    }
    if (isWord(c))
        return takeWord(runs, text, from);
    append(runs, text, from, from + 1, Token::Plain);
    return from + 1;
}

qsizetype Highlighter::takeWord(Runs &runs, const QString &text, qsizetype from)
{
    const bool number = text.at(from).isDigit();
    qsizetype end = from;
    while (end < text.size() && (isWord(text.at(end)) || (number && text.at(end) == u'.')))
        ++end;
    const QString word = text.mid(from, end - from);
    const bool keyword = m_grammar->keywords.contains(m_grammar->caseless ? word.toLower() : word);
    append(runs, text, from, end, number ? Token::Number : keyword ? Token::Keyword : Token::Plain);
    return end;
}

} // namespace talkbench::ui
