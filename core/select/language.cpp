#include "core/select/language.h"

#include <QHash>
#include <QStringList>

#include <algorithm>
#include <array>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype looksAt = 4096;

struct StopWords {
    const char *language;
    const char *words;
};

constexpr std::array latinWords {
    StopWords { "en", "the and of to is are what how in that this it for with you can why please a my do does" },
    StopWords { "de", "der die das und ist nicht ein eine wie was ich zu den mit auf für von warum bitte es sind" },
    StopWords { "fr", "le la les et est un une des que qui dans pour pas comment pourquoi du je vous avec ce sont" },
    StopWords { "es", "el la los las y es un una que en de por para cómo qué como con no se está son del" },
    StopWords { "it", "il lo la gli e è un una che di per non come perché con sono del della cosa questo" },
    StopWords { "pt", "o a os as e é um uma que de não como por para com do da em são está você" },
    StopWords { "nl", "de het een en is niet van wat hoe ik dat met voor op zijn waarom je aan te ook" },
    StopWords { "pl", "i w nie na jest to się że jak co z do czy dlaczego są dla po jestem" },
    StopWords { "sv", "och är det att en ett som på inte hur vad för med av jag varför den kan till" },
    StopWords { "da", "og er det at en et som på ikke hvordan hvad for med af jeg hvorfor den kan til" },
    StopWords { "tr", "ve bir bu için nasıl ne mi mı da de ile neden çok olarak var değil" },
    StopWords { "vi", "là và của không có một như thế nào cho được trong này tôi bạn các" },
};

/// What a script alone tells. Han, Cyrillic, Arabic and Latin have more than one language.
QString ofScript(QChar::Script script)
{
    switch (script) {
    case QChar::Script_Hiragana:
    case QChar::Script_Katakana:
        return u"ja"_s;
    case QChar::Script_Hangul:
        return u"ko"_s;
    case QChar::Script_Han:
        return u"zh"_s;
    case QChar::Script_Arabic:
        return u"ar"_s;
    case QChar::Script_Hebrew:
        return u"he"_s;
    case QChar::Script_Greek:
        return u"el"_s;
    case QChar::Script_Thai:
        return u"th"_s;
    case QChar::Script_Devanagari:
        return u"hi"_s;
    default:
        return {};
    }
}

QStringList wordsOf(QStringView text)
{
    QStringList words;
    QString word;
    for (const QChar c : text) {
        if (c.isLetter() || c.isMark())
            word.append(c.toLower());
        else if (!word.isEmpty())
            words.append(std::exchange(word, {}));
    }
    if (!word.isEmpty())
        words.append(word);
    return words;
}

/// The language most of whose commonest words stand there; two that are level don't tell.
QString ofWords(QStringView text)
{
    const QStringList words = wordsOf(text);
    QString best;
    qsizetype most = 0;
    bool level = false;
    for (const StopWords &row : latinWords) {
        const QStringList common = QString::fromUtf8(row.words).split(u' ');
        const qsizetype hits =
            std::count_if(words.begin(), words.end(), [&](const QString &word) { return common.contains(word); });
        level = hits == most && hits > 0 ? true : hits > most ? false : level;
        if (hits > most) {
            most = hits;
            best = QString::fromLatin1(row.language);
        }
    }
    return level || most * 12 < words.size() ? QString() : best;
}

} // namespace

QString languageOf(QStringView text)
{
    const QStringView seen = text.first(std::min(text.size(), looksAt));
    QHash<QChar::Script, qsizetype> letters;
    for (const QChar c : seen) {
        if (c.isLetter())
            ++letters[c.script()];
    }
    QChar::Script script = QChar::Script_Unknown;
    for (auto it = letters.cbegin(); it != letters.cend(); ++it) {
        if (it.value() > letters.value(script) || (it.value() == letters.value(script) && it.key() < script))
            script = it.key();
    }
    const qsizetype kana = letters.value(QChar::Script_Hiragana) + letters.value(QChar::Script_Katakana);
    if (script == QChar::Script_Han && kana > 0)
        return u"ja"_s;
    if (script == QChar::Script_Cyrillic) {
        const bool ukrainian = std::any_of(seen.begin(), seen.end(), [](QChar c) { return u"іїєґІЇЄҐ"_s.contains(c); });
        return ukrainian ? u"uk"_s : u"ru"_s;
    }
    if (script == QChar::Script_Arabic) {
        const bool persian = std::any_of(seen.begin(), seen.end(), [](QChar c) { return u"پچژگ"_s.contains(c); });
        return persian ? u"fa"_s : u"ar"_s;
    }
    return script == QChar::Script_Latin ? ofWords(seen) : ofScript(script);
}

} // namespace talkbench::select
