#include "core/cost/promptfit.h"
#include "core/cost/sentences.h"

#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTest>
#include <QTextBoundaryFinder>

using namespace talkbench;
using namespace talkbench::cost;
using namespace Qt::StringLiterals;
using llm::Message;
using llm::Role;

/// What a prompt loses when it must fit. A token here is a character, and four for each message.
class TestPromptFit : public QObject {
    Q_OBJECT

private:
    static qint64 count(const Message &message) { return message.text().size() + 4; }

    static qint64 total(const QList<Message> &messages)
    {
        qint64 tokens = 0;
        for (const Message &message : messages)
            tokens += count(message);
        return tokens;
    }

    static QString prose(QRandomGenerator &random)
    {
        static const QStringList sentences { u"It rains. "_s,
                                             u"Does e.g. this end? "_s,
                                             u"今天天气很好。"_s,
                                             u"Family 👩‍👩‍👧‍👦 e\u0301!\r\n"_s,
                                             u"```cpp\nf(); // Stop. Go.\n```\n"_s,
                                             u"no end\n"_s };
        QString text;
        for (int i = random.bounded(1, 30); i > 0; --i)
            text += sentences[random.bounded(int(sentences.size()))];
        return text;
    }

    static QList<Message> conversation(QRandomGenerator &random)
    {
        QList<Message> messages { Message::fromText(Role::System, u"Be kind."_s) };
        for (int turn = 0; turn < 6; ++turn) {
            messages.append(Message::fromText(Role::User, prose(random)));
            if (random.bounded(2)) {
                Message call;
                call.role = Role::Assistant;
                call.toolCalls = { { u"call%1"_s.arg(turn), u"f"_s, u"{}"_s } };
                Message result = Message::fromText(Role::Tool, prose(random));
                result.toolCallId = call.toolCalls[0].id;
                messages << call << result;
            }
            messages.append(Message::fromText(Role::Assistant, prose(random)));
        }
        return messages << Message::fromText(Role::User, u"And now?"_s);
    }

    /// True if all that is kept stands in the original, in its order.
    static bool isSubsequence(const QString &kept, const QString &original)
    {
        static const QRegularExpression mark(u"\n\n\\[… [0-9,]+ characters left out …\\]\n\n"_s);
        qsizetype from = 0;
        for (const QString &piece : kept.split(mark)) {
            const qsizetype at = original.indexOf(piece, from);
            if (at < 0)
                return false;
            from = at + piece.size();
        }
        return true;
    }

private Q_SLOTS:
    void whatFitsStaysAsItIs()
    {
        QRandomGenerator random(1);
        const QList<Message> messages = conversation(random);
        for (const FitPolicy policy :
             { FitPolicy::DropOldestTurns, FitPolicy::CutLongestMessage, FitPolicy::SummariseOlder }) {
            const auto fit = fitPrompt(messages, { {}, total(messages), policy, 0 }, count);
            QVERIFY(fit.problem.isEmpty());
            QCOMPARE(fit.messages, messages);
            QVERIFY(fit.leftOut.isEmpty() && fit.reason.isEmpty() && !fit.wantsSummary);
        }
    }

    void holdsForAnyConversation_data()
    {
        QTest::addColumn<FitPolicy>("policy");
        QTest::newRow("drop") << FitPolicy::DropOldestTurns;
        QTest::newRow("cut") << FitPolicy::CutLongestMessage;
        QTest::newRow("summarise") << FitPolicy::SummariseOlder;
    }

    void holdsForAnyConversation()
    {
        QFETCH(FitPolicy, policy);
        int fitted = 0;
        for (quint32 seed = 0; seed < 300; ++seed) {
            QRandomGenerator random(seed);
            const QList<Message> messages = conversation(random);
            const qsizetype pin = random.bounded(int(messages.size()));
            const qint64 budget = random.bounded(int(total(messages)) + 1);
            const auto fit = fitPrompt(messages, { { pin }, budget, policy, 0 }, count);
            if (!fit.problem.isEmpty()) {
                QVERIFY(fit.tokens > budget);
                continue;
            }
            ++fitted;
            QVERIFY(fit.tokens <= budget);
            QCOMPARE(fit.tokens, total(fit.messages));
            QVERIFY(fit.messages.contains(messages[pin]));
            QCOMPARE(fit.messages.first(), messages.first());
            QCOMPARE(fit.messages.last(), messages.last());
            checkKept(messages, fit.messages);
            const auto again = fitPrompt(fit.messages, { {}, budget, policy, 0 }, count);
            QCOMPARE(again.messages, fit.messages);
            QVERIFY(again.leftOut.isEmpty());
            qint64 left = total(messages);
            for (const LeftOut &out : fit.leftOut)
                left -= out.tokens;
            QCOMPARE(left, fit.tokens);
        }
        QVERIFY(fitted > 30);
    }

    void dropsTheOldestTurnsWhole()
    {
        const QList<Message> messages {
            Message::fromText(Role::System, u"S"_s),      Message::fromText(Role::User, u"first"_s),
            Message::fromText(Role::Assistant, u"one"_s), Message::fromText(Role::User, u"second"_s),
            Message::fromText(Role::Assistant, u"two"_s), Message::fromText(Role::User, u"third"_s),
        };
        const auto fit = fitPrompt(messages, { {}, total(messages) - 1, FitPolicy::DropOldestTurns, 0 }, count);
        QVERIFY(fit.problem.isEmpty());
        QCOMPARE(fit.messages, QList<Message>({ messages[0], messages[3], messages[4], messages[5] }));
        QCOMPARE(fit.leftOut.size(), 2);
        QCOMPARE(fit.reason, u"To fit, the oldest turn was left out."_s);
        const auto pinned = fitPrompt(messages, { { 1 }, total(messages) - 1, FitPolicy::DropOldestTurns, 0 }, count);
        QCOMPARE(pinned.messages, QList<Message>({ messages[0], messages[1], messages[2], messages[5] }));
    }

    void whatCannotFitIsSaid()
    {
        const QList<Message> messages { Message::fromText(Role::User, u"One sentence, however long it may be."_s) };
        for (const FitPolicy policy :
             { FitPolicy::DropOldestTurns, FitPolicy::CutLongestMessage, FitPolicy::SummariseOlder }) {
            const auto fit = fitPrompt(messages, { {}, 10, policy, 0 }, count);
            QVERIFY(!fit.problem.isEmpty());
            QCOMPARE(fit.messages, messages);
        }
    }

    void cutsSentencesByteExactly()
    {
        const QString text = u"Alpha one! Beta two? "_s
            + u"Gamma (e.g. this) goes on and on and on and on. "_s.repeated(5) + u"Omega three"_s;
        const auto fit =
            fitPrompt({ Message::fromText(Role::User, text) }, { {}, 150, FitPolicy::CutLongestMessage, 0 }, count);
        QVERIFY(fit.problem.isEmpty());
        const QString kept = fit.messages[0].text();
        QVERIFY(kept.startsWith(u"Alpha one! Beta two? "_s));
        QVERIFY(kept.endsWith(u"Omega three"_s)); // without a full stop of ours
        QVERIFY(isSubsequence(kept, text));
        const LeftOut out = fit.leftOut[0];
        QVERIFY(kept.contains(u"[… %1 characters left out …]"_s.arg(out.length)));
    }

    void keepsWhatFitsAroundACodeBlock()
    {
        const QString code = u"```\n"_s + u"int x = 0;\n"_s.repeated(90) + u"```\n"_s;
        const QString words = u"Some words of it. "_s;
        for (const int before : { 1, 4, 12 }) {
            const QString text = words.repeated(before) + code + words.repeated(13 - before);
            const auto fit =
                fitPrompt({ Message::fromText(Role::User, text) }, { {}, 350, FitPolicy::CutLongestMessage, 0 }, count);
            QVERIFY(fit.problem.isEmpty());
            QVERIFY2(fit.tokens > 230, qPrintable(fit.messages[0].text()));
            QVERIFY(isSubsequence(fit.messages[0].text(), text));
        }
    }

    void abbreviationsEndNoSentence()
    {
        const QString text = u"See Dr. Who (e.g. Yes!) vs. Nobody, etc. Then go. I.e. Never.\nEnd etc.\nNew."_s;
        QStringList sentences;
        const QList<qsizetype> points = cutPoints(text);
        for (qsizetype i = 1; i < points.size(); ++i)
            sentences.append(text.mid(points[i - 1], points[i] - points[i - 1]));
        QCOMPARE(sentences,
                 QStringList({ u"See Dr. Who (e.g. Yes!) "_s, u"vs. Nobody, etc. Then go. "_s, u"I.e. Never.\n"_s,
                               u"End etc.\n"_s, u"New."_s }));
    }

    void neverCutsWithinCodeOrGraphemes()
    {
        const QString code = u"~~~~ text\nOne. Two.\n~~~\n```\nThree. Four.\n~~~~\n"_s;
        const QString text = u"Before.\n"_s + code + u"After 👩‍👩‍👧‍👦. 🇩🇪 end.\n"_s;
        const QList<qsizetype> points = cutPoints(text);
        QCOMPARE(points, QList<qsizetype>({ 0, 8, 8 + code.size(), text.size() }));
        QCOMPARE(cutPoints(u"```\nno end. At all."_s), QList<qsizetype>({ 0, 19 }));
        QVERIFY(cutPoints({}).isEmpty());
        QTextBoundaryFinder graphemes(QTextBoundaryFinder::Grapheme, text);
        for (const qsizetype point : points) {
            graphemes.setPosition(point);
            QVERIFY(graphemes.isAtBoundary());
        }
    }

    void aSummaryTakesTheirPlace()
    {
        QRandomGenerator random(7);
        const QList<Message> messages = conversation(random);
        const qint64 budget = total(messages) - 1;
        const auto fit = fitPrompt(messages, { {}, budget, FitPolicy::SummariseOlder, 60 }, count);
        QVERIFY(fit.problem.isEmpty() && fit.wantsSummary);
        QVERIFY(fit.tokens <= budget - 60);
        const QList<Message> sent = withSummary(fit, u"They met."_s);
        QCOMPARE(sent[0], messages[0]);
        QCOMPARE(sent[1].role, Role::System);
        QVERIFY(sent[1].text().endsWith(u"They met."_s));
        QCOMPARE(sent.mid(2), fit.messages.mid(1));
    }

private:
    static void checkKept(const QList<Message> &given, const QList<Message> &kept)
    {
        QSet<QString> calls;
        qsizetype at = 0;
        for (const Message &message : kept) {
            const auto isOrigin = [&](const Message &origin) {
                return origin.role == message.role && origin.toolCalls == message.toolCalls
                    && isSubsequence(message.text(), origin.text());
            };
            while (at < given.size() && !isOrigin(given[at]))
                ++at;
            QVERIFY2(at++ < given.size(), qPrintable(message.text()));
            for (const llm::ToolCall &call : message.toolCalls)
                calls.insert(call.id);
            if (message.role == Role::Tool)
                QVERIFY(calls.contains(message.toolCallId));
        }
    }
};

QTEST_GUILESS_MAIN(TestPromptFit)
#include "tst_promptfit.moc"
