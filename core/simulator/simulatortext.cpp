#include "core/simulator/simulatortext.h"

#include "core/simulator/knobs.h"
#include "core/simulator/textblocks.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

constexpr int turnTokens = 4; ///< what a chat template adds to each turn
constexpr int imageTokens = 258;
constexpr int maxAsked = 200'000;

quint64 hashOf(const QString &text)
{
    quint64 hash = 0xcbf29ce484222325ULL; // FNV-1a: the same on every machine, unlike qHash
    for (const QChar c : text)
        hash = (hash ^ c.unicode()) * 0x100000001b3ULL;
    return hash;
}

/// What is said about a prompt.
struct Subject {
    QString prompt;
    QString topic;
    QStringList words; ///< lower case
    QStringList keywords; ///< at least three: the prompt's own, then fillers
    int ownKeywords = 0;
};

bool isCjk(QChar c)
{
    const char16_t u = c.unicode();
    return (u >= 0x2e80 && u <= 0x9fff) || (u >= 0xac00 && u <= 0xd7af) || (u >= 0xf900 && u <= 0xfaff)
        || (u >= 0xff00 && u <= 0xffef);
}

const Turn *lastUserTurn(const std::vector<Turn> &turns)
{
    const auto last = std::find_if(turns.rbegin(), turns.rend(), [](const Turn &turn) { return turn.role == u"user"; });
    return last == turns.rend() ? nullptr : &*last;
}

QString shortened(const QString &text, qsizetype max)
{
    QString line = text.simplified();
    if (line.size() <= max)
        return line;
    line.truncate(line.at(max - 1).isHighSurrogate() ? max - 1 : max);
    const qsizetype blank = line.lastIndexOf(u' ');
    return (blank > max / 2 ? line.left(blank) : line) + u'…';
}

QStringList keywordsOf(const QStringList &words)
{
    static const QStringList common =
        u"the and for with that this what which how why when where who are was were you your can "
        "could would should please write tell give make about from into have has its out some than "
        "then them they there their will just like also very more most each words tokens answer "
        "explain describe show using between compare comparison table list code example examples long "
        "longer short brief detailed thorough essay"_s.split(u' ');
    QStringList keywords;
    for (const QString &word : words) {
        if (word.size() >= 3 && !common.contains(word) && !keywords.contains(word) && !word.at(0).isDigit())
            keywords << shortened(word, 40);
    }
    std::stable_sort(keywords.begin(), keywords.end(),
                     [](const QString &l, const QString &r) { return l.size() > r.size(); });
    return keywords.mid(0, 8);
}

Subject subjectOf(const QString &prompt)
{
    static const QRegularExpression asking(
        u"^(please|can you|could you|would you|write|tell me|give me|show me|explain|describe|what is|what "
        u"are|what's|how do i|how do|"
        "how does|how to|compare|list|summari[sz]e|translate|implement|create|build|make|help me|i need|i want|why is|why are|why do|why does|a|an|the|about|me|long|short|brief|detailed|thorough|essay|text|answer|in|\\d+|words|tokens|on|of)\\s+"_s,
        QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression separators(u"[^\\w+#]+"_s, QRegularExpression::UseUnicodePropertiesOption);
    Subject subject;
    subject.prompt = prompt;
    subject.words = prompt.left(20'000).toLower().split(separators, Qt::SkipEmptyParts);
    subject.keywords = keywordsOf(subject.words);
    subject.ownKeywords = static_cast<int>(subject.keywords.size());
    if (subject.ownKeywords < 3)
        subject.keywords << u"question"_s << u"answer"_s << u"time"_s;
    static const QRegularExpression sentenceEnd(u"[.?!:;,]\\s|[.?!:;]$|[。，？！]|\\n"_s);
    QString topic = prompt.left(400).trimmed();
    if (const qsizetype end = topic.indexOf(sentenceEnd); end > 0)
        topic.truncate(end);
    for (auto match = asking.match(topic); match.hasMatch(); match = asking.match(topic))
        topic.remove(0, match.capturedLength());
    static const QRegularExpression marks(u"[*_`|<>\\[\\]#~]"_s); // they would be read as markdown
    topic = shortened(topic.remove(marks), 48);
    subject.topic = topic.isEmpty() ? u"your question"_s : topic;
    return subject;
}

QString filled(const char *markdown, const Subject &subject, int round)
{
    QString text = QString::fromUtf8(markdown);
    const auto keyword = [&](int i) { return subject.keywords[(i + round) % subject.keywords.size()]; };
    text.replace(u"%topic%"_s, subject.topic);
    text.replace(u"%a%"_s, keyword(0));
    text.replace(u"%b%"_s, keyword(1));
    text.replace(u"%c%"_s, keyword(2));
    return text;
}

/// How much is asked for.
struct Length {
    int words = 0;
    int tokens = 0;
    int sections = 4;
};

Length lengthOf(const Subject &subject, const TextRequest &request)
{
    static const QRegularExpression counted(u"(\\d[\\d,.']*)\\s*-?\\s*(words?|tokens?)\\b"_s,
                                            QRegularExpression::CaseInsensitiveOption);
    static const QStringList longWords { u"long"_s,     u"longer"_s, u"detailed"_s,      u"detail"_s,
                                         u"in-depth"_s, u"essay"_s,  u"comprehensive"_s, u"thorough"_s };
    static const QStringList shortWords { u"short"_s, u"brief"_s, u"briefly"_s, u"concise"_s, u"tersely"_s };
    const auto mentions = [&](const QStringList &list) {
        return std::any_of(list.begin(), list.end(), [&](const QString &word) { return subject.words.contains(word); });
    };
    Length length;
    length.tokens = request.tokens;
    length.sections = request.sections;
    if (const auto match = counted.match(subject.prompt.left(4000)); match.hasMatch()) {
        QString digits = match.captured(1);
        digits.remove(QRegularExpression(u"\\D"_s));
        const int count = static_cast<int>(std::min<qint64>(digits.toLongLong(), maxAsked));
        const bool tokens = match.captured(2).startsWith(u't', Qt::CaseInsensitive);
        if (tokens && length.tokens == 0)
            length.tokens = count;
        else if (!tokens)
            length.words = count;
    } else if (mentions(longWords)) {
        length.sections = static_cast<int>(textBlocks().size()) + 4;
    } else if (mentions(shortWords)) {
        length.sections = 0;
    }
    return length;
}

std::optional<QString> smallTalk(const Subject &subject, const TextRequest &request)
{
    static const QStringList greetings { u"hi"_s,    u"hello"_s, u"hey"_s,  u"hallo"_s, u"moin"_s,       u"yo"_s,
                                         u"salut"_s, u"hola"_s,  u"ping"_s, u"test"_s,  u"こんにちは"_s, u"你好"_s };
    static const QStringList thanks { u"thanks"_s, u"thank"_s, u"thx"_s, u"danke"_s, u"merci"_s, u"谢谢"_s };
    if (subject.words.size() > 3)
        return std::nullopt;
    const QString first = subject.words.isEmpty() ? QString() : subject.words.first();
    if (first.isEmpty() && subject.prompt.isEmpty())
        return u"Your message is empty, so this answer is short: I'm **%1**, a simulation. Ask me something!"_s.arg(
            request.model);
    if (greetings.contains(first)) {
        return u"Hello! 👋 I'm **%1**, a *simulated* model: nothing is thought here, but the stream, its tokens and its "
               u"timings "
               "are real.\n\nAsk me anything, or try “a long answer with a table and some Rust”."_s.arg(request.model);
    }
    if (thanks.contains(first))
        return u"You're welcome! 😊 I'm only a simulation, but a polite one."_s;
    return std::nullopt;
}

/// What came back from the tools since the question.
QString toolsSaid(const std::vector<Turn> &turns)
{
    QString text;
    for (auto turn = turns.rbegin(); turn != turns.rend() && turn->role != u"user"; ++turn) {
        if (turn->role == u"tool")
            text.prepend(u"\n\nThe tool's answer was:\n\n    "_s + shortened(turn->text, 240));
    }
    return text;
}

QString opening(const Subject &subject, const TextRequest &request, int images, Random &random)
{
    static const QStringList leads {
        u"That is a good thing to ask. Here is how I would look at **%1**."_s,
        u"Let's take **%1** from the beginning."_s,
        u"There is more to **%1** than one sentence can hold, so here it is in pieces."_s,
        u"**%1**: a short answer first, then the details."_s,
    };
    QString text = u"> "_s + shortened(subject.prompt, 240) + u"\n\n"_s;
    text += leads[random.below(static_cast<int>(leads.size()))].arg(subject.topic);
    if (subject.words.size() > 1 && subject.ownKeywords > 0) {
        QStringList marked;
        for (const QString &word : subject.keywords.mid(0, std::min(subject.ownKeywords, 3)))
            marked << u'`' + word + u'`';
        text += u" Of your %1 words these carry the most: %2."_s.arg(subject.words.size()).arg(marked.join(u", "_s));
    }
    if (images > 0)
        text += u" You also attached %1 image%2, which a simulation can't see."_s.arg(images).arg(images == 1 ? u""_s
                                                                                                              : u"s"_s);
    text += toolsSaid(request.turns);
    std::vector<const Turn *> earlier;
    for (const Turn &turn : request.turns) {
        if (turn.role == u"user")
            earlier.push_back(&turn);
    }
    if (earlier.size() > 1) {
        text += u"\n\nThis is turn %1 of our conversation. Before this you asked “%2”, and it all began with “%3”."_s
                    .arg(earlier.size())
                    .arg(shortened(earlier[earlier.size() - 2]->text, 80), shortened(earlier.front()->text, 80));
    }
    return text
        + u"\n\n*(This is %1, a simulation: the words are canned, the timings are real.)*\n\n"_s.arg(request.model);
}

/// The order of a round's sections: those the prompt asks for, then one of each kind, then the rest.
std::vector<const TextBlock *> sectionOrder(const Subject &subject, Random &random)
{
    std::vector<const TextBlock *> rest;
    for (const TextBlock &block : textBlocks())
        rest.push_back(&block);
    for (std::size_t i = rest.size(); i > 1; --i)
        std::swap(rest[i - 1], rest[static_cast<std::size_t>(random.below(static_cast<int>(i)))]);
    const auto asked = [&](const TextBlock *block) {
        const QString triggers = QString::fromLatin1(block->triggers);
        return std::count_if(subject.words.begin(), subject.words.end(),
                             [&](const QString &word) { return triggers.contains(u' ' + word + u' '); });
    };
    std::stable_sort(rest.begin(), rest.end(), [&](const auto *l, const auto *r) { return asked(l) > asked(r); });
    std::vector<const TextBlock *> order;
    for (const auto kind :
         { TextBlock::Kind::List, TextBlock::Kind::Code, TextBlock::Kind::Table, TextBlock::Kind::Prose }) {
        const auto it = std::find_if(rest.begin(), rest.end(), [&](const auto *block) { return block->kind == kind; });
        order.push_back(*it);
        rest.erase(it);
    }
    std::stable_sort(order.begin(), order.end(), [&](const auto *l, const auto *r) { return asked(l) > asked(r); });
    const auto split =
        std::stable_partition(rest.begin(), rest.end(), [&](const auto *block) { return asked(block) > 0; });
    order.insert(order.begin(), rest.begin(), split);
    order.insert(order.end(), split, rest.end());
    return order;
}

qsizetype countWords(const QString &text)
{
    return text.split(u' ', Qt::SkipEmptyParts).size() + text.count(u'\n');
}

/// Cuts after so many words, and closes a code block that this leaves open.
QString firstWords(const QString &text, int words)
{
    static const QRegularExpression word(u"\\S+"_s);
    int left = words;
    qsizetype end = 0;
    for (auto it = word.globalMatch(text); it.hasNext() && left > 0; --left)
        end = it.next().capturedEnd();
    const QString cut = text.left(end);
    return cut.count(u"```"_s) % 2 == 0 ? cut : cut + u"\n```"_s;
}

QString composeLong(const Subject &subject, const Length &length, const QString &start, Random &random)
{
    QString text = start;
    qsizetype words = countWords(start);
    qsizetype tokens = length.tokens > 0 ? tokenize(start).size() : 0;
    const bool counted = length.tokens > 0 || length.words > 0;
    const auto enough = [&](int sections) {
        return counted ? tokens >= length.tokens && words >= 2 * length.words : sections >= length.sections;
    };
    int sections = 0;
    for (int round = 0; !enough(sections); ++round) {
        if (round > 0)
            text += u"# Part %1\n\n"_s.arg(round + 1);
        for (const TextBlock *block : sectionOrder(subject, random)) {
            if (enough(sections))
                break;
            const QString section = filled(block->markdown, subject, round) + u'\n';
            words += countWords(section);
            if (length.tokens > 0)
                tokens += tokenize(section).size();
            text += section;
            ++sections;
        }
    }
    if (!counted && sections > 0)
        text += u"---\n\nIf one thing should stay from this about **%1**: look first, then decide. ✨\n"_s.arg(
            subject.topic);
    return text;
}

QString asJson(const Subject &subject, const QString &model)
{
    return QString::fromUtf8(QJsonDocument(QJsonObject {
                                               { u"simulation"_s, true },
                                               { u"model"_s, model },
                                               { u"topic"_s, subject.topic },
                                               { u"keywords"_s, QJsonArray::fromStringList(subject.keywords) },
                                               { u"answer"_s, u"Look first, then decide."_s },
                                           })
                                 .toJson(QJsonDocument::Indented));
}

Random randomFor(const TextRequest &request, const QString &prompt)
{
    return Random(request.seed * 0x9e3779b97f4a7c15ULL ^ hashOf(prompt) ^ hashOf(request.model));
}

} // namespace

QString composeText(const TextRequest &request)
{
    const Turn *asked = lastUserTurn(request.turns);
    const int images = asked ? asked->images : 0;
    const Subject subject = subjectOf(lastUserText(request.turns));
    if (request.json)
        return asJson(subject, request.model);
    Random random = randomFor(request, subject.prompt);
    const Length length = lengthOf(subject, request);
    const bool toolSpoke = !request.turns.empty() && request.turns.back().role == u"tool";
    const auto talk = toolSpoke ? std::nullopt : smallTalk(subject, request);
    if (talk && length.tokens == 0)
        return *talk;
    const QString text =
        composeLong(subject, length, talk ? *talk + u"\n\n"_s : opening(subject, request, images, random), random);
    if (length.words > 0 && request.tokens == 0)
        return firstWords(text, length.words);
    if (length.tokens > 0)
        return tokenize(text).mid(0, length.tokens).join(QString());
    return text.trimmed();
}

QString composeReasoning(const TextRequest &request, int tokens)
{
    const Subject subject = subjectOf(lastUserText(request.turns));
    const auto sentences = reasoningSentences();
    QString text;
    qsizetype count = 0;
    for (int i = 0; count < tokens; ++i) {
        const auto at = static_cast<std::size_t>(i) % sentences.size();
        const QString sentence = filled(sentences[at], subject, i / static_cast<int>(sentences.size()));
        count += tokenize(sentence).size();
        text += sentence;
    }
    return text;
}

QStringList tokenize(const QString &text)
{
    constexpr qsizetype longest = 7;
    const auto isWord = [](QChar c) { return (c.isLetterOrNumber() || c.isMark()) && !isCjk(c); };
    QStringList tokens;
    tokens.reserve(text.size() / 4);
    const qsizetype size = text.size();
    for (qsizetype start = 0; start < size;) {
        qsizetype end = start;
        if (text[end] == u' ' && end + 1 < size && !text[end + 1].isSpace())
            ++end;
        const QChar first = text[end];
        const qsizetype limit = std::min(size, end + longest);
        if (first.isHighSurrogate() && end + 1 < size)
            end += 2;
        else if (isWord(first))
            while (end < limit && isWord(text[end]))
                ++end;
        else if (first.isSpace() || first.isPunct() || first.isSymbol())
            while (end < limit && text[end] == first)
                ++end;
        else
            ++end;
        tokens << text.mid(start, std::max(end, start + 1) - start);
        start += tokens.last().size();
    }
    return tokens;
}

QString lastUserText(const std::vector<Turn> &turns)
{
    const Turn *turn = lastUserTurn(turns);
    return turn ? turn->text.trimmed() : QString();
}

int countPromptTokens(const std::vector<Turn> &turns)
{
    qsizetype tokens = 0;
    for (const Turn &turn : turns)
        tokens += tokenize(turn.text).size() + turnTokens + qsizetype(turn.images) * imageTokens;
    return static_cast<int>(std::min<qsizetype>(tokens, std::numeric_limits<int>::max()));
}

} // namespace talkbench::simulator
