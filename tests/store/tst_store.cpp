#include "peek.h"
#include "storetest.h"

#include <QSignalSpy>

#include <numeric>

using namespace talkbench;
using namespace talkbench::store;
using namespace Qt::StringLiterals;

/// What is asked of the store, in whatever order: conversations, messages, drafts, lists.
class TestStore final : public StoreTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { end(); }

    void draftsAreKeptUntilTheyAreSent()
    {
        QVERIFY(wait(m_store->open()));
        m_store->saveConversation(conversation(u"a"_s, 10));
        m_store->saveDraft({ {}, u"of a new chat"_s });
        m_store->saveDraft({ u"a"_s, u"first"_s });
        QVERIFY(wait(m_store->saveDraft({ u"a"_s, u"second\n😀"_s })));
        restart();
        const QList<Draft> both { { {}, u"of a new chat"_s }, { u"a"_s, u"second\n😀"_s } };
        QCOMPARE(*wait(m_store->drafts()), both);
        QVERIFY(wait(m_store->saveDraft({ {}, {} })));
        QVERIFY(wait(m_store->removeConversation(u"a"_s)));
        QVERIFY(wait(m_store->drafts())->isEmpty());
    }

    void conversationsAreNewestFirstAfterARestart()
    {
        QVERIFY(wait(m_store->open()));
        m_store->saveConversation(conversation(u"a"_s, 10));
        m_store->saveConversation(conversation(u"b"_s, 30));
        m_store->saveConversation(conversation(u"c"_s, 20));
        Conversation renamed = conversation(u"a"_s, 40);
        renamed.validation.validators = { { u"regex"_s, { { u"pattern"_s, u"^a"_s } } }, { u"json"_s, {}, false } };
        renamed.validation.onFailure = llm::Validation::OnFailure::Retry;
        renamed.quality = u"high"_s;
        renamed.tags = QStringList { u"work"_s, u"two words"_s };
        renamed.title = u"Ünï 🚀 'quoted'; DROP TABLE runs; --"_s;
        QVERIFY(wait(m_store->saveConversation(renamed)));
        restart();
        const QList<Conversation> expected { renamed, conversation(u"b"_s, 30), conversation(u"c"_s, 20) };
        QCOMPARE(*wait(m_store->conversations()), expected);
    }

    void messagesFormATree()
    {
        QVERIFY(wait(m_store->open()));
        m_store->saveConversation(conversation(u"c"_s));
        StoredMessage answer = message(u"m2"_s, u"c"_s, u"m1"_s);
        answer.message.role = llm::Role::Assistant;
        answer.message.reasoning = u"because"_s;
        answer.message.toolCalls = { { u"t1"_s, u"f"_s, u"{\"a\":"_s } };
        answer.message.parts.append({ .kind = llm::ContentPart::Kind::Image,
                                      .text = {},
                                      .mediaType = u"image/png"_s,
                                      .data = QByteArray("\x89PNG\0\xff", 6) });
        answer.providerId = u"simulator"_s;
        answer.model = u"sim-1"_s;
        answer.runId = u"r1"_s;
        const QList<StoredMessage> tree { message(u"m1"_s, u"c"_s), answer,
                                          message(u"m3"_s, u"c"_s, u"m1"_s, u"again"_s),
                                          message(u"m4"_s, u"c"_s, u"m2"_s),
                                          message(u"m5"_s, u"c"_s, {}, u"another root"_s) };
        for (const StoredMessage &row : tree)
            m_store->saveMessage(row);
        restart();
        QCOMPARE(*wait(m_store->messages(u"c"_s)), tree);
    }

    void modelListsAreKept()
    {
        QVERIFY(wait(m_store->open()));
        QVERIFY(wait(m_store->modelLists())->isEmpty());
        ModelList list { u"ollama"_s, 1'700'000'000'000, {} };
        for (int i = 0; i < 300; ++i) {
            llm::ModelInfo model;
            model.id = u"model-%1"_s.arg(i);
            model.displayName = u"Model “%1”"_s.arg(i);
            if (i % 2 == 0)
                model.contextTokens = 4096 * (i + 1);
            model.inputPrice = 0.25;
            list.models.append(model);
        }
        m_store->saveModelList(list);
        m_store->saveModelList({ u"openai"_s, 5, {} });
        restart();
        auto lists = *wait(m_store->modelLists());
        QCOMPARE(lists.size(), 2);
        QVERIFY(lists.contains(list));
        list.fetchedMs += 1;
        list.models.resize(1);
        QVERIFY(wait(m_store->saveModelList(list)));
        lists = *wait(m_store->modelLists());
        QCOMPARE(lists.size(), 2);
        QVERIFY(lists.contains(list));
    }

    void savingAgainKeepsThePlace()
    {
        QVERIFY(wait(m_store->open()));
        m_store->saveConversation(conversation(u"c"_s));
        for (int i = 0; i < 5; ++i)
            m_store->saveMessage(message(u"m%1"_s.arg(i), u"c"_s));
        m_store->saveMessage(message(u"m2"_s, u"c"_s, {}, u"longer by now"_s));
        m_store->saveConversation(conversation(u"c"_s, 99)); // must not take its messages away
        const auto messages = wait(m_store->messages(u"c"_s));
        QCOMPARE(messages->size(), 5);
        QCOMPARE(messages->at(2).message.text(), u"longer by now"_s);
    }

    void hostileTextsComeBackAsTheyWere_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("empty") << u""_s;
        QTest::newRow("every script")
            << u"é ß 中文 עברית العربية हिन्दी 🧑‍🚀 \u202e\u0000 end"_s;
        QTest::newRow("nul") << QString(QChar(u'\0')) + u"after"_s;
        QTest::newRow("sql") << u"'; DROP TABLE messages; -- \" ? :a @b"_s;
        QTest::newRow("newlines") << u"a\r\nb\n\n\tc\u2028d"_s;
        QTest::newRow("huge") << QString(5'000'000, u'x') + u"🚀"_s;
    }

    void hostileTextsComeBackAsTheyWere()
    {
        QFETCH(QString, text);
        QVERIFY(wait(m_store->open()));
        Conversation titled = conversation(u"c"_s);
        titled.title = text.left(1000);
        m_store->saveConversation(titled);
        m_store->saveMessage(message(u"m"_s, u"c"_s, {}, text));
        profile::RunRecord record = runRecord(u"r"_s, u"c"_s, 1);
        record.answer.text = text;
        QVERIFY(wait(m_store->saveRun(record)));
        restart();
        QCOMPARE(wait(m_store->conversations())->value(0).title, titled.title);
        QVERIFY(wait(m_store->messages(u"c"_s))->value(0).message.text() == text);
        QVERIFY(wait(m_store->runs(0))->value(0).answer.text == text);
    }

    void aRefusedValueTakesNothingElseWithIt()
    {
        QVERIFY(wait(m_store->open()));
        QSignalSpy failed(m_store.get(), &Store::writeFailed);
        m_store->saveConversation(conversation(u"c"_s));
        auto orphan = m_store->saveMessage(message(u"orphan"_s, u"unknown"_s));
        auto noParent = m_store->saveMessage(message(u"noparent"_s, u"c"_s, u"unknown"_s));
        QVERIFY(wait(m_store->saveMessage(message(u"m"_s, u"c"_s))));
        QVERIFY(!wait(orphan));
        QCOMPARE(wait(orphan).error().kind, base::ErrorKind::Storage);
        QVERIFY(!wait(noParent));
        QCOMPARE(wait(m_store->messages(u"c"_s))->size(), 1);
        QCoreApplication::processEvents();
        QCOMPARE(failed.size(), 0);
    }

    void writesThatComeTogetherShareATransaction()
    {
        QVERIFY(wait(m_store->open()));
        QSignalSpy committed(m_store.get(), &Store::committed);
        QVERIFY(wait(m_store->saveConversation(conversation(u"c"_s))));
        QTRY_COMPARE(committed.size(), 1); // told after the reply
        committed.clear();
        QFuture<base::Result<void>> last;
        {
            // While another process writes, the first transaction waits for its turn, and all the rest behind it.
            Peek other(path());
            other.ask(u"BEGIN IMMEDIATE"_s);
            for (int i = 0; i < 500; ++i)
                last = m_store->saveMessage(message(u"m%1"_s.arg(i), u"c"_s));
            QVERIFY(!last.isFinished());
            other.ask(u"COMMIT"_s);
        }
        QVERIFY(wait(last));
        const auto writes = [&committed] {
            return std::accumulate(committed.cbegin(), committed.cend(), 0,
                                   [](int sum, const auto &signal) { return sum + signal.first().toInt(); });
        };
        QTRY_COMPARE(writes(), 500);
        QVERIFY2(committed.size() <= 2, qPrintable(QString::number(committed.size())));
        const auto messages = wait(m_store->messages(u"c"_s));
        for (int i = 0; i < 500; ++i)
            QCOMPARE(messages->at(i).id, u"m%1"_s.arg(i));
    }

    void aReadSeesTheWritesBeforeIt()
    {
        QVERIFY(wait(m_store->open()));
        m_store->saveConversation(conversation(u"c"_s));
        for (int i = 0; i < 100; ++i) {
            m_store->saveMessage(message(u"m%1"_s.arg(i), u"c"_s));
            QCOMPARE(wait(m_store->messages(u"c"_s))->size(), i + 1);
        }
    }

    void theEndWaitsForTheDisk()
    {
        m_store->saveConversation(conversation(u"c"_s));
        for (int i = 0; i < 1000; ++i)
            m_store->saveMessage(message(u"m%1"_s.arg(i), u"c"_s));
        restart();
        QCOMPARE(wait(m_store->messages(u"c"_s))->size(), 1000);
    }

    void aLongConversation()
    {
        // each the child of the one before: a chain ten times as long as SQLite's limit on nested triggers
        constexpr int count = 10'000;
        QVERIFY(wait(m_store->open()));
        m_store->saveConversation(conversation(u"c"_s));
        QString parent;
        for (int i = 0; i < count; ++i) {
            const QString id = u"m%1"_s.arg(i);
            m_store->saveMessage(message(id, u"c"_s, parent));
            parent = id;
        }
        restart();
        const auto messages = wait(m_store->messages(u"c"_s));
        QCOMPARE(messages->size(), count);
        for (int i = 1; i < count; ++i)
            QCOMPARE(messages->at(i).parentId, messages->at(i - 1).id);
        QVERIFY(wait(m_store->removeConversation(u"c"_s)));
        QVERIFY(wait(m_store->messages(u"c"_s))->isEmpty());
    }

    void twoStoresShareAFolder()
    {
        Store second(m_folder->path());
        auto opened = m_store->open(); // both make the database at once
        QVERIFY(wait(second.open()));
        QVERIFY(wait(opened));
        QVERIFY(wait(opened)->keptAside.isEmpty());
        QFuture<base::Result<void>> a;
        QFuture<base::Result<void>> b;
        for (int i = 0; i < 200; ++i) {
            a = m_store->saveRun(runRecord(u"a%1"_s.arg(i), {}, i));
            b = second.saveRun(runRecord(u"b%1"_s.arg(i), {}, i));
        }
        QVERIFY(wait(a));
        QVERIFY(wait(b));
        QCOMPARE(wait(second.runs(0))->size(), 400);
        QCOMPARE(wait(m_store->runs(0))->size(), 400);
    }
};

QTEST_GUILESS_MAIN(TestStore)
#include "tst_store.moc"
