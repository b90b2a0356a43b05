#include "core/base/language.h"

#include <QChar>
#include <QHash>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace talkbench::base {

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
    { "en",
      "the and of to is that it was for with are this be have from you not which they by an or what your how why where "
      "when who please can could does my me a" },
    { "de",
      "der die und das ist nicht ein eine den von zu mit sich auf für im dem des wird auch ich sie es oder wie was wo "
      "wer warum wann bitte kann sind" },
    { "fr",
      "le la les et des est une un du que dans pour qui pas sur vous ce il elle sont avec plus nous ou au je comment "
      "pourquoi quel quelle quand" },
    { "es",
      "el la los las de que y en un una es por con para del se como más pero está son lo su al este cómo qué cuál "
      "dónde" },
    { "it",
      "il di che è e la un una per non sono con del della dei gli nel più come anche si da questo alla le lo cosa "
      "perché dove quale" },
    { "pt", "o os as de que e do da em um uma não para com por mais dos das como se é ao são você seu está qual onde" },
    { "nl",
      "de het een en van is dat niet op te zijn met voor er aan ook als bij maar naar ik je wordt om deze wat hoe "
      "waarom" },
    { "sv",
      "och att det som en är på för av med den till inte har ett om var jag de kan så vi men från ska hur vad varför" },
    { "da", "og at det som en er på for af med den til ikke har et om var jeg de kan så vi men fra skal hvordan hvad" },
    { "pl", "i w nie na się to jest z do że jak po co ale tak za od przez jego są dla oraz czy ich był dlaczego" },
    { "tr", "ve bir bu için da de ile çok olarak daha gibi olan ne kadar var değil ama ya en sonra her o ben nasıl" },
    { "vi", "là và của không có một như thế nào cho được trong này tôi bạn các những với người đã" },
    { "ru", "и в не на что с он как это по но из за от так все для его она был вы то же мы или где кто" },
    { "uk", "і в не на що з він як це по але із за від так все для його вона був ви та же ми або є де хто" },
    { "bg", "и в не на че с той как това по но от за са се да е ще като при или до този която" },
};

/// So many of the common words tell, or in a short text a quarter of its words; and so much more than of the second language.
constexpr int enoughWords = 3;
constexpr int fewestWords = 2;
constexpr double leastLead = 1.15;

bool hasAny(const QString &text, const QString &letters)
{
    return std::any_of(text.cbegin(), text.cend(), [&letters](QChar c) { return letters.contains(c); });
}

using Letters = QHash<QChar::Script, int>;

QString byScript(const QString &text, const Letters &letters, int all)
{
    // A text with kana is Japanese, however much of it is Han.
    if (letters[QChar::Script_Hiragana] + letters[QChar::Script_Katakana] > all / 20)
        return u"ja"_s;
    if (letters[QChar::Script_Han] > all / 3)
        return u"zh"_s;
    if (letters[QChar::Script_Arabic] > all / 2 && hasAny(text, u"پچژگ"_s))
        return u"fa"_s;
    for (const ScriptRow &row : scripts) {
        if (letters[row.script] > all / 2)
            return QString::fromLatin1(row.language);
    }
    return {};
}

QString byWords(const QString &text)
{
    static const QRegularExpression noLetters(u"[^\\p{L}\\p{M}]+"_s);
    const QStringList said = text.toLower().split(noLetters, Qt::SkipEmptyParts);
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
    const bool enough = most >= enoughWords || (most >= fewestWords && most * 4 >= said.size());
    return enough && most >= second * leastLead ? best : QString();
}

/// Of a few words in it.
QString byCyrillic(const QString &text)
{
    if (hasAny(text, u"ґєїіҐЄЇІ"_s) && !hasAny(text, u"ўЎыЫ"_s))
        return u"uk"_s;
    return hasAny(text, u"ўЎјЈљЉњЊћЋђЂџЏ"_s) ? QString() : u"ru"_s;
}

} // namespace

QString languageOf(const QString &text)
{
    static const QRegularExpression code(u"```.*?(```|\\z)|`[^`\\n]*`|https?://\\S+"_s,
                                         QRegularExpression::DotMatchesEverythingOption);
    const QString prose = text.left(mostCharacters).remove(code);
    Letters letters;
    int all = 0;
    for (const QChar c : prose) {
        if (c.isLetter()) {
            ++letters[c.script()];
            ++all;
        }
    }
    if (all == 0)
        return {};
    if (const QString language = byScript(prose, letters, all); !language.isEmpty())
        return language;
    const QString language = byWords(prose);
    return language.isEmpty() && letters[QChar::Script_Cyrillic] > all / 2 ? byCyrillic(prose) : language;
}

QStringList knownLanguages()
{
    QSet<QString> codes { u"zh"_s, u"fa"_s };
    for (const ScriptRow &row : scripts)
        codes.insert(QString::fromLatin1(row.language));
    for (const WordRow &row : words)
        codes.insert(QString::fromLatin1(row.language));
    QStringList sorted(codes.cbegin(), codes.cend());
    sorted.sort();
    return sorted;
}

} // namespace talkbench::base
