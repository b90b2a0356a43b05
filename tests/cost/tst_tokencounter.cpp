#include "core/cost/tokencounter.h"
#include "core/cost/tokensoftyping.h"
#include "tests/support/tokencounter.h"

#include <QJsonArray>
#include <QRandomGenerator>
#include <QTest>

using namespace talkbench;
using namespace talkbench::cost;
using namespace Qt::StringLiterals;
using llm::Message;
using llm::Role;

class TestTokenCounter : public QObject {
    Q_OBJECT

private:
    const std::shared_ptr<const Tokenizers> m_tokenizers = std::make_shared<Tokenizers>();

    TokenCounter counter() const { return test::shippedTokenCounter(m_tokenizers); }

private Q_SLOTS:
    void takesTheModelsRow_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("why");
        for (const auto *model :
             { "gpt-4o-mini", "gpt-4.1", "gpt-5.2-codex", "o3", "o4-mini", "openai/gpt-oss-120b", "codex-mini-latest" })
            QTest::newRow(model) << QString::fromLatin1(model) << u"o200k_base"_s;
        for (const auto *model : { "gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "ft:gpt-4:x" })
            QTest::newRow(model) << QString::fromLatin1(model) << u"cl100k_base"_s;
        QTest::newRow("not listed") << u"gpt-6-turbo"_s << u"1 × o200k_base ± 10 %"_s;
        QTest::newRow("claude") << u"anthropic/claude-opus-4-8"_s << u"1.55 × o200k_base ± 12 %"_s;
        QTest::newRow("mistral") << u"mistral-large-latest"_s << u"1.08 × o200k_base ± 15 %"_s;
        QTest::newRow("unknown") << u"olmo-7b"_s << u"1.1 × o200k_base ± 40 %"_s;
    }

    void takesTheModelsRow()
    {
        QFETCH(QString, model);
        QFETCH(QString, why);
        const TokenCount count = counter().countText(u"p"_s, model, u"Hello world, how are you? "_s.repeated(20));
        QVERIFY2(count.why.startsWith(why), qPrintable(count.why));
        QCOMPARE(count.exact, !why.contains(u'×'));
        QCOMPARE(count.low == count.tokens && count.high == count.tokens, count.exact);
        QVERIFY(count.low <= count.tokens && count.tokens <= count.high);
    }

    void learnsFromWhatIsReported()
    {
        TokenCounter counter = this->counter();
        const QString model = u"some-model"_s;
        const QList<Message> prompt { Message::fromText(Role::User, u"Tell me of the sea. "_s.repeated(50)) };
        const qint64 counted = counter.countPrompt(u"p"_s, u"gpt-4o"_s, prompt).tokens;
        const TokenCount before = counter.countPrompt(u"p"_s, model, prompt);
        for (const double ratio : { 1.9, 2.0, 2.1 })
            counter.learn(u"p"_s, model, before.counted, qRound64(double(counted) * ratio));
        const TokenCount after = counter.countPrompt(u"p"_s, model, prompt);
        QVERIFY(std::abs(double(after.tokens) / double(counted) - 2) < 0.03);
        QVERIFY(after.high - after.low < before.high - before.low);
        QVERIFY(after.low < counted * 2 && after.high > counted * 2);
        QVERIFY2(after.why.contains(u"learned from 3 answers"_s), qPrintable(after.why));
        QCOMPARE(counter.countPrompt(u"another"_s, model, prompt), before);
        QCOMPARE(LearnedCounts::fromJson(counter.learned().toJson()), counter.learned());
        for (int i = 0; i < 60; ++i)
            counter.learn(u"p"_s, model, before.counted, counted * 3);
        QVERIFY(std::abs(double(counter.countPrompt(u"p"_s, model, prompt).tokens) / double(counted) - 3) < 0.03);
    }

    void shortPromptsMultiplyNothing()
    {
        TokenCounter counter = this->counter();
        const QList<Message> hi { Message::fromText(Role::User, u"hi"_s) };
        const QList<Message> text { Message::fromText(Role::User, u"Tell me of the sea. "_s.repeated(600)) };
        for (const auto &model : { u"gpt-4.1"_s, u"claude-opus-4-6"_s }) {
            const qint64 shortCount = counter.countPrompt(u"p"_s, model, hi).counted;
            const qint64 before = counter.countPrompt(u"p"_s, model, text).tokens;
            QCOMPARE(shortCount, 8);
            for (int i = 0; i < 5; ++i)
                counter.learn(u"p"_s, model, shortCount, 30);
            counter.learn(u"p"_s, model, shortCount, 9'000); // once something else went along
            QVERIFY(std::abs(counter.countPrompt(u"p"_s, model, hi).tokens - 30) <= 4);
            const TokenCount after = counter.countPrompt(u"p"_s, model, text);
            QVERIFY2(std::abs(after.tokens - before - 21) <= 5, qPrintable(after.why));
            QVERIFY2(after.why.contains(u"learned from 6 answers"_s), qPrintable(after.why));
        }
        QVERIFY(counter.countText(u"p"_s, u"gpt-4.1"_s, u"hi"_s).exact);
    }

    void anExactFamilyNeverMultiplies()
    {
        TokenCounter counter = this->counter();
        for (const qint64 counted : { 8, 400, 3'000 })
            counter.learn(u"p"_s, u"gpt-4o"_s, counted, counted * 3);
        const TokenCount prompt = counter.promptOf(u"p"_s, u"gpt-4o"_s, 100'000, 1);
        QVERIFY2(prompt.tokens < 110'000, qPrintable(prompt.why));
        QVERIFY(prompt.high - prompt.low > 1'000); // it doesn't fit, and the range says so
    }

    void tellsTheSlopeFromTheOverhead()
    {
        TokenCounter counter = this->counter();
        for (const qint64 counted : { 10, 12, 300, 1'000, 4'000, 9'000 })
            counter.learn(u"p"_s, u"claude-3-opus"_s, counted, qRound64(1.5 * double(counted) + 40));
        const TokenCount large = counter.promptOf(u"p"_s, u"claude-3-opus"_s, 20'000 - 7, 1);
        QVERIFY2(std::abs(large.tokens - 30'040) < 300, qPrintable(large.why));
        QVERIFY(large.low <= 30'040 && 30'040 <= large.high);
        QVERIFY(std::abs(counter.promptOf(u"p"_s, u"claude-3-opus"_s, 3, 1).tokens - 55) <= 3);
        QVERIFY(std::abs(counter.textOf(u"p"_s, u"claude-3-opus"_s, 10'000).tokens - 15'000) < 150);
        for (int i = 0; i < 100; ++i)
            counter.learn(u"p"_s, u"claude-3-opus"_s, 10, 55); // many short ones push out no long one
        QVERIFY(std::abs(counter.textOf(u"p"_s, u"claude-3-opus"_s, 10'000).tokens - 15'000) < 150);
        for (int i = 0; i < 30; ++i)
            counter.learn(u"p"_s, u"mad"_s, 1'000, 90'000);
        QVERIFY(counter.textOf(u"p"_s, u"mad"_s, 1'000).tokens <= 3'000);
    }

    void learnsNothingOfWhatItCannotCount()
    {
        TokenCounter counter = this->counter();
        Message picture = Message::fromText(Role::User, u"What is it?"_s);
        picture.parts.append({ llm::ContentPart::Kind::Image, {}, u"image/png"_s, "x" });
        QCOMPARE(counter.countPrompt(u"p"_s, u"m"_s, { picture }).counted, 0);
        QCOMPARE(counter.countPrompt(u"p"_s, u"m"_s, {}, { llm::Tool { u"t"_s, {}, {} } }).counted, 0);
        counter.learn(u"p"_s, u"m"_s, 0, 900);
        counter.learn(u"p"_s, u"m"_s, 7, 0);
        QCOMPARE(counter.learned(), LearnedCounts());
        QCOMPARE(counter.countPrompt(u"p"_s, u"m"_s, { picture }).imagesNotCounted, 1);
    }

    void hostileJsonTeachesNothing()
    {
        const QJsonObject json {
            { u"p"_s,
              QJsonObject {
                  { u"a"_s, QJsonObject { { u"mean"_s, -1 }, { u"samples"_s, 9 } } },
                  { u"b"_s, u"text"_s },
                  { u"d"_s, QJsonArray { QJsonArray { 5, -3 }, QJsonArray { 1e300, 4 }, 7, QJsonArray {} } },
                  { u"c"_s, QJsonObject { { u"mean"_s, 1e300 }, { u"variance"_s, 0 }, { u"samples"_s, 5 } } } } },
            { u"q"_s, 7 }
        };
        QCOMPARE(LearnedCounts::fromJson(json), LearnedCounts());
        QVERIFY(!TokenCounter::fromJson("{", m_tokenizers));
        QVERIFY(!TokenCounter::fromJson(R"({"models": [{"match": "a", "factor": 1}]})", m_tokenizers));
        QVERIFY(!TokenCounter::fromJson(R"({"models": [{"match": "", "encoding": "no_such"}]})", m_tokenizers));
    }

    void typingCountsAsTheWholeTextDoes()
    {
        static const QStringList pieces { u"word"_s,  u" "_s,  u"  "_s,  u"\n"_s,    u"\r\n"_s,        u"//"_s,
                                          u"!"_s,     u"'s"_s, u"123"_s, u"中"_s,    u"👩‍👧"_s, u"\u0301"_s,
                                          u"CaMel"_s, u"\t"_s, u"\n/"_s, u"\u00a0"_s };
        QRandomGenerator random(3);
        for (const Encoding encoding : { Encoding::O200k, Encoding::Cl100k }) {
            const Tokenizer &tokenizer = m_tokenizers->get(encoding);
            TokensOfTyping typing(tokenizer);
            QString text;
            while (text.size() < 9'000)
                text += pieces[random.bounded(int(pieces.size()))];
            for (int edit = 0; edit < 200; ++edit) {
                const int at = random.bounded(int(text.size()));
                text.replace(at, random.bounded(2) * random.bounded(600), pieces[random.bounded(int(pieces.size()))]);
                text.insert(random.bounded(int(text.size())), pieces[random.bounded(int(pieces.size()))].repeated(40));
                QCOMPARE(typing.count(text), tokenizer.count(text));
            }
            QCOMPARE(typing.count({}), 0);
        }
    }

    void aBorderAddsUp()
    {
        QRandomGenerator random(5);
        const QString alphabet = u"aB1 \n\r/!'\t中\u0301\u00a0s"_s;
        int borders = 0;
        for (const Encoding encoding : { Encoding::O200k, Encoding::Cl100k }) {
            const Tokenizer &tokenizer = m_tokenizers->get(encoding);
            for (int round = 0; round < 2'000; ++round) {
                QString text;
                for (int i = 0; i < 12; ++i)
                    text += alphabet[random.bounded(int(alphabet.size()))];
                for (qsizetype at = 1; at < text.size(); ++at) {
                    if (!tokenizer.isBorder(text, at))
                        continue;
                    ++borders;
                    const QStringView view(text);
                    QCOMPARE(tokenizer.encode(view.first(at)) + tokenizer.encode(view.sliced(at)),
                             tokenizer.encode(text));
                }
            }
        }
        QVERIFY(borders > 1'000);
    }

    void aKeyCountsOnlyWhatIsNear()
    {
        TokensOfTyping typing(m_tokenizers->get(Encoding::O200k));
        QString text = u"Some words of a long prompt. "_s.repeated(10'000);
        typing.count(text);
        QCOMPARE(typing.charactersCounted(), text.size());
        for (const qsizetype at : { text.size(), text.size() / 2, qsizetype(0) }) {
            text.insert(at, u'x');
            typing.count(text);
            QVERIFY2(typing.charactersCounted() < 10'000, qPrintable(QString::number(typing.charactersCounted())));
        }
    }
};

QTEST_GUILESS_MAIN(TestTokenCounter)
#include "tst_tokencounter.moc"
