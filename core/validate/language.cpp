#include "core/validate/language.h"

#include <QChar>
#include <QHash>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace talkbench::validate {

using namespace Qt::StringLiterals;

namespace {

/// Enough to tell by.
constexpr qsizetype mostCharacters = 4'000;

struct ScriptRow {
    QChar::Script script;
    const char *language;
};

/// Scripts that say it alone; more than one language is written in the others.
constexpr ScriptRow scripts[] = {
    { QChar::Script_Greek, "el" },    { QChar::Script_Hebrew, "he" },   { QChar::Script_Thai, "th" },
    { QChar::Script_Hangul, "ko" },   { QChar::Script_Hiragana, "ja" }, { QChar::Script_Katakana, "ja" },
    { QChar::Script_Armenian, "hy" }, { QChar::Script_Georgian, "ka" }, { QChar::Script_Devanagari, "hi" },
    { QChar::Script_Tamil, "ta" },    { QChar::Script_Bengali, "bn" },  { QChar::Script_Arabic, "ar" },
};

struct WordRow {
    const char *language;
    const char *words; ///< common in it, and few of them in the others
};

constexpr WordRow words[] = {
    { "en", "the and of to is that it was for with are this be have from you not which they by an or what your" },
    { "de", "der die und das ist nicht ein eine den von zu mit sich auf für im dem des wird auch ich sie es oder" },
    { "fr", "le la les et des est une un du que dans pour qui pas sur vous ce il elle sont avec plus nous ou au" },
    { "es", "el la los las de que y en un una es por con para del se como más pero está son lo su al este" },
    { "it", "il di che è e la un una per non sono con del della dei gli nel più come anche si da questo alla le" },
    { "pt", "o os as de que e do da em um uma não para com por mais dos das como se é ao são você seu" },
    { "nl", "de het een en van is dat niet op te zijn met voor er aan ook als bij maar naar ik je wordt om deze" },
    { "sv", "och att det som en är på för av med den till inte har ett om var jag de kan så vi men från ska" },
    { "da", "og at det som en er på for af med den til ikke har et om var jeg de kan så vi men fra skal" },
    { "pl", "i w nie na się to jest z do że jak po co ale tak za od przez jego są dla oraz czy ich był" },
    { "tr", "ve bir bu için da de ile çok olarak daha gibi olan ne kadar var değil ama ya en sonra her o ben" },
    { "ru", "и в не на что с он как это по но из за от так все для его она был вы то же мы или" },
    { "uk", "і в не на що з він як це по але із за від так все для його вона був ви та же ми або є" },
};

/// At least so many of the common words, and so much more than of the second language.
constexpr int leastWords = 3;
constexpr double leastLead = 1.15;

QString byScript(const QString &text)
{
    QHash<QChar::Script, int> counts;
    int letters = 0;
    for (const QChar c : text) {
        if (!c.isLetter())
            continue;
        ++counts[c.script()];
        ++letters;
    }
    // A text with kana is Japanese, however much of it is Han.
    if (counts[QChar::Script_Hiragana] + counts[QChar::Script_Katakana] > letters / 20 && letters > 0)
        return u"ja"_s;
    if (counts[QChar::Script_Han] > letters / 3)
        return u"zh"_s;
    for (const ScriptRow &row : scripts) {
        if (counts[row.script] > letters / 2)
            return QString::fromLatin1(row.language);
    }
    return {};
}

} // namespace

QString languageOf(const QString &text)
{
    static const QRegularExpression code(u"```.*?(```|\\z)|`[^`\\n]*`|https?://\\S+"_s,
                                         QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression noLetters(u"[^\\p{L}]+"_s);
    const QString prose = text.left(mostCharacters).remove(code);
    if (const QString language = byScript(prose); !language.isEmpty())
        return language;
    const QStringList said = prose.toLower().split(noLetters, Qt::SkipEmptyParts);
    QString best;
    int most = 0;
    int second = 0;
    for (const WordRow &row : words) {
        const QStringList list = QString::fromUtf8(row.words).split(u' ');
        const QSet<QString> common(list.cbegin(), list.cend());
        const auto count = static_cast<int>(std::count_if(
            said.cbegin(), said.cend(), [&common](const QString &word) { return common.contains(word); }));
        if (count > most) {
            second = most;
            most = count;
            best = QString::fromLatin1(row.language);
        } else {
            second = std::max(second, count);
        }
    }
    return most >= leastWords && most >= second * leastLead ? best : QString();
}

QStringList knownLanguages()
{
    QSet<QString> codes { u"zh"_s };
    for (const ScriptRow &row : scripts)
        codes.insert(QString::fromLatin1(row.language));
    for (const WordRow &row : words)
        codes.insert(QString::fromLatin1(row.language));
    QStringList sorted(codes.cbegin(), codes.cend());
    sorted.sort();
    return sorted;
}

} // namespace talkbench::validate
