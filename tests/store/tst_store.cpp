#include "storefixtures.h"

#include "core/profile/runrecord.h"
#include "core/store/database.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>
#include <QSqlError>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>
#include <QUuid>

#include <memory>
#include <numeric>

using namespace talkbench;
using namespace talkbench::store;
using namespace Qt::StringLiterals;

namespace {

/// A connection of the test's own to look at, or lock, the file behind the store's back.
class Peek final {
public:
    explicit Peek(const QString &path) : m_name(QUuid::createUuid().toString())
    {
        m_database = QSqlDatabase::addDatabase(u"QSQLITE"_s, m_name);
        m_database.setDatabaseName(path);
        m_database.open();
    }

    ~Peek()
    {
        m_database.close();
        m_database = {};
        QSqlDatabase::removeDatabase(m_name);
    }

    QVariant ask(const QString &statement)
    {
        QSqlQuery query(m_database);
        if (!query.exec(statement))
            qWarning("%s: %s", qPrintable(statement), qPrintable(query.lastError().text()));
        return query.next() ? query.value(0) : QVariant();
    }

private:
    QString m_name;
    QSqlDatabase m_database;
};

} // namespace

class TestStore final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        m_store = std::make_unique<Store>(m_folder->path());
    }

    void cleanup()
    {
        m_store.reset();
        m_folder.reset();
    }

    void nothingIsMadeBeforeOpen()
    {
        QVERIFY(!QFile::exists(path()));
        const auto opened = wait(m_store->open());
        QVERIFY(opened);
        QVERIFY(opened->keptAside.isEmpty());
        QVERIFY(QFile::exists(path()));
        QVERIFY(!(QFile::permissions(path()) & (QFile::ReadGroup | QFile::ReadOther)));
        QVERIFY(wait(m_store->conversations())->isEmpty());
        QVERIFY(wait(m_store->runs(0))->isEmpty());
        QVERIFY(wait(m_store->messages(u"none"_s))->isEmpty());
    }

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

    void runsAreRewritten()
    {
        QVERIFY(wait(m_store->open()));
        constexpr int count = 450; // three pages
        for (int i = 0; i < count; ++i)
            m_store->saveRun(runRecord(QString::number(i), u"c"_s, i));
        profile::RunRecord other = runRecord(u"other"_s, u"c"_s, 100);
        other.model = u"another"_s;
        m_store->saveRun(other);
        QSignalSpy rewritten(m_store.get(), &Store::runsRewritten);
        QStringList seen;
        const auto look = [&seen](const profile::RunRecord &run) {
            seen << run.id;
            return std::optional<profile::RunRecord>();
        };
        QVERIFY(wait(m_store->rewriteRuns({}, look)));
        QCOMPARE(seen.size(), count + 1);
        QCoreApplication::processEvents();
        QCOMPARE(rewritten.size(), 0); // nothing has changed
        seen.clear();
        QVERIFY(wait(m_store->rewriteRuns({ 10, 20, u"sim-1"_s }, look)));
        QCOMPARE(seen.size(), 10);
        QCOMPARE(seen.first(), u"10"_s);
        QVERIFY(wait(m_store->rewriteRuns({ 0, 300, u"sim-1"_s }, [](profile::RunRecord run) {
            run.costUsd = 1;
            return std::optional(run);
        })));
        QTRY_COMPARE(rewritten.size(), 1);
        restart();
        const auto runs = wait(m_store->runs(0));
        QCOMPARE(runs->size(), count + 1);
        for (const profile::RunRecord &run : *runs)
            QCOMPARE(run.costUsd, std::optional(run.startedWallMs < 300 && run.id != u"other"_s ? 1.0 : 0.125));
        const auto spent = wait(m_store->spending({ u"c"_s, 0, 0 }));
        QCOMPARE(spent->first().conversationUsd, 300 + 151 * 0.125);
    }

    void rewritingFailsWhereTheFileIsLocked()
    {
        QVERIFY(wait(m_store->open()));
        QVERIFY(wait(m_store->saveRun(runRecord(u"r"_s, u"c"_s, 1))));
        Peek other(path());
        other.ask(u"BEGIN IMMEDIATE"_s);
        const auto done = wait(m_store->rewriteRuns({}, [](profile::RunRecord run) {
            run.costUsd = 1;
            return std::optional(run);
        }));
        QVERIFY(!done);
        QCOMPARE(done.error().kind, base::ErrorKind::Storage);
        other.ask(u"ROLLBACK"_s);
        QCOMPARE(wait(m_store->runs(0))->first().costUsd, std::optional(0.125)); // not held either
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

    void runsKeepEverything()
    {
        QVERIFY(wait(m_store->open()));
        profile::RunRecord failed = runRecord(u"r2"_s, {}, 200);
        failed.answer.error = base::Error { base::ErrorKind::RateLimited, u"slow down"_s, u"{\"raw\":1}"_s, 429, 2000 };
        failed.answer.usage.reset();
        failed.costUsd.reset();
        failed.trace.firstContentNs = 0;
        failed.earlierAttempts = { { failed.trace, failed.answer.error } };
        profile::RunRecord big = runRecord(u"r3"_s, u"c"_s, 300);
        for (qint64 i = 0; i < 5000; ++i)
            big.trace.chunks.append(
                { .ns = 3'000'000'000 + i * 7, .characters = 3, .kind = profile::ChunkKind::Reasoning });
        m_store->saveRun(runRecord(u"r1"_s, u"c"_s, 100));
        m_store->saveRun(big);
        m_store->saveRun(failed);
        restart();
        const auto runs = wait(m_store->runs(0));
        QCOMPARE(runs->size(), 3);
        QCOMPARE(profile::toJson(runs->at(0)), profile::toJson(big));
        QCOMPARE(profile::toJson(runs->at(1)), profile::toJson(failed));
        QCOMPARE(profile::toJson(runs->at(2)), profile::toJson(runRecord(u"r1"_s, u"c"_s, 100)));
        QCOMPARE(runs->at(0).trace, big.trace);
        QCOMPARE(wait(m_store->runs(1))->value(0).id, u"r3"_s);
        QCOMPARE(wait(m_store->runs(0, {}, runs->value(0).startedWallMs))->size(), 1);
        QCOMPARE(wait(m_store->runs(0, {}, runs->value(0).startedWallMs + 1))->size(), 0);
        const auto ofConversation = wait(m_store->runs(0, u"c"_s));
        QCOMPARE(ofConversation->size(), 2);
        QCOMPARE(ofConversation->at(1).id, u"r1"_s);

        m_store.reset();
        Peek peek(path());
        const QString ofRun = u"SELECT %1 FROM runs WHERE id = '%2'"_s;
        QCOMPARE(peek.ask(ofRun.arg(u"ttft_ms"_s, u"r1"_s)).toDouble(), 100.0);
        QCOMPARE(peek.ask(ofRun.arg(u"response_ms"_s, u"r1"_s)).toDouble(), 1000.0);
        QCOMPARE(peek.ask(ofRun.arg(u"input_tokens"_s, u"r1"_s)).toInt(), 13);
        QCOMPARE(peek.ask(ofRun.arg(u"output_tokens"_s, u"r1"_s)).toInt(), 10);
        QCOMPARE(peek.ask(ofRun.arg(u"cost_usd"_s, u"r1"_s)).toDouble(), 0.125);
        QVERIFY(peek.ask(ofRun.arg(u"error_kind"_s, u"r1"_s)).isNull());
        QCOMPARE(peek.ask(ofRun.arg(u"ok"_s, u"r2"_s)).toInt(), 0);
        QCOMPARE(peek.ask(ofRun.arg(u"error_kind"_s, u"r2"_s)).toString(), u"rate_limited"_s);
        QVERIFY(peek.ask(ofRun.arg(u"cost_usd"_s, u"r2"_s)).isNull());
        QVERIFY(peek.ask(ofRun.arg(u"ttft_ms"_s, u"r2"_s)).isNull());
        QCOMPARE(peek.ask(ofRun.arg(u"typeof(record)"_s, u"r3"_s)).toString(), u"blob"_s); // compressed
    }

    void spendingIsOfItsPeriodAndConversation()
    {
        QVERIFY(wait(m_store->open()));
        const auto save = [this](const QString &id, const QString &conversation, qint64 ms, std::optional<double> usd,
                                 bool cached = false) {
            profile::RunRecord record = runRecord(id, conversation, ms);
            record.costUsd = usd;
            record.cached = cached;
            m_store->saveRun(record);
        };
        save(u"before"_s, u"c"_s, 99, 1.0);
        save(u"long before"_s, u"d"_s, 99, 1000.0);
        save(u"month"_s, u"d"_s, 100, 2.0);
        save(u"day"_s, u"c"_s, 200, 4.0);
        save(u"unknown"_s, u"c"_s, 201, {});
        save(u"cached"_s, u"c"_s, 202, 8.0, true);
        profile::RunRecord other = runRecord(u"other"_s, {}, 203);
        other.providerId = u"b"_s;
        other.costUsd = 16;
        m_store->saveRun(other);
        const auto spending = wait(m_store->spending({ u"c"_s, 200, 100 }));
        QVERIFY(spending);
        QCOMPARE(spending->size(), 2);
        const qsizetype b = spending->at(0).providerId == u"b"_s ? 0 : 1;
        QCOMPARE(spending->at(b), (Spending { u"b"_s, 0, 16, 16 }));
        QCOMPARE(spending->at(1 - b), (Spending { u"simulator"_s, 5, 4, 6 }));
        QCOMPARE(wait(m_store->spending({ {}, 1000, 1000 }))->size(), 0);
        const auto all = wait(m_store->spending({ {}, 200, 100 }));
        for (const Spending &row : *all)
            QCOMPARE(row.conversationUsd, 0.0);
    }

    void removingAConversationKeepsTheFiguresOfItsRuns()
    {
        QVERIFY(wait(m_store->open()));
        for (const auto &id : { u"c"_s, u"d"_s }) {
            m_store->saveConversation(conversation(id));
            m_store->saveMessage(message(u"m"_s + id, id));
            profile::RunRecord record = runRecord(u"r"_s + id, id, 1);
            record.validation = { { u"contains ‘secret’"_s, profile::Verdict::Outcome::Failed, u"No ‘secret’."_s } };
            record.earlierAttempts = { profile::Attempt { .trace = record.trace,
                                                          .model = u"m"_s,
                                                          .text = u"the secret"_s,
                                                          .validation = record.validation,
                                                          .costUsd = 0.5 } };
            record.judgements = record.earlierAttempts;
            m_store->saveRun(record);
        }
        QVERIFY(wait(m_store->removeConversation(u"c"_s)));
        restart();
        QCOMPARE(wait(m_store->conversations())->size(), 1);
        QVERIFY(wait(m_store->messages(u"c"_s))->isEmpty());
        QCOMPARE(wait(m_store->messages(u"d"_s))->size(), 1);
        QVERIFY(wait(m_store->runs(0, u"c"_s))->isEmpty());
        const auto runs = wait(m_store->runs(0));
        QCOMPARE(runs->size(), 2);
        for (const profile::RunRecord &record : *runs) {
            QCOMPARE(record.answer.text.isEmpty(), record.id == u"rc");
            QCOMPARE(QJsonDocument(profile::toJson(record)).toJson().contains("secret"), record.id == u"rd");
            QCOMPARE(record.validation[0].outcome, profile::Verdict::Outcome::Failed);
            QCOMPARE(record.earlierAttempts[0].costUsd, std::optional(0.5));
            QCOMPARE(record.costUsd, std::optional(0.125));
            QCOMPARE(record.trace.chunks.size(), 5);
        }
        QVERIFY(wait(m_store->removeConversation(u"never was"_s)));
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

    void theSchemaIsMadeFromNothing()
    {
        QVERIFY(wait(m_store->open()));
        m_store.reset();
        Peek peek(path());
        QCOMPARE(peek.ask(u"PRAGMA user_version"_s).toInt(), migrations().back().version);
        QCOMPARE(peek.ask(u"PRAGMA journal_mode"_s).toString(), u"wal"_s);
        QCOMPARE(peek.ask(u"SELECT count(*) FROM sqlite_master WHERE type = 'table'"_s).toInt(), 5);
        QVERIFY(QDir(m_folder->path()).entryList({ u"talkbench.db.v*"_s }).isEmpty()); // nothing to copy
    }

    void aMigrationCopiesFirst()
    {
        QVERIFY(wait(m_store->open()));
        m_store->saveConversation(conversation(u"c"_s));
        m_store.reset();
        constexpr std::array<const char *, 2> statements {
            "ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0",
            "UPDATE conversations SET title = 'migrated'"
        };
        const int newest = migrations().back().version;
        std::vector<Migration> steps(migrations().begin(), migrations().end());
        steps.push_back({ newest + 1, statements });
        {
            Database database(path(), steps);
            QVERIFY(database.open());
        }
        const QStringList copies = QDir(m_folder->path()).entryList({ u"talkbench.db.v%1-*"_s.arg(newest) });
        QCOMPARE(copies.size(), 1);
        Peek migrated(path());
        QCOMPARE(migrated.ask(u"PRAGMA user_version"_s).toInt(), newest + 1);
        QCOMPARE(migrated.ask(u"SELECT title FROM conversations"_s).toString(), u"migrated"_s);
        QCOMPARE(migrated.ask(u"SELECT pinned FROM conversations"_s).toInt(), 0);
        Peek copy(m_folder->filePath(copies.first()));
        QCOMPARE(copy.ask(u"PRAGMA user_version"_s).toInt(), newest);
        QCOMPARE(copy.ask(u"SELECT title FROM conversations"_s).toString(), u"Title of c"_s);
    }

    void aMigrationThatFailsChangesNothing()
    {
        QVERIFY(wait(m_store->open()));
        m_store->saveConversation(conversation(u"c"_s));
        m_store.reset();
        constexpr std::array<const char *, 2> statements { "UPDATE conversations SET title = 'half'",
                                                           "UPDATE nothing SET x = 1" };
        const int newest = migrations().back().version;
        std::vector<Migration> steps(migrations().begin(), migrations().end());
        steps.push_back({ newest + 1, statements });
        {
            Database database(path(), steps);
            QVERIFY(!database.open());
            QVERIFY(!database.isOpen());
        }
        Peek peek(path());
        QCOMPARE(peek.ask(u"PRAGMA user_version"_s).toInt(), newest);
        QCOMPARE(peek.ask(u"SELECT title FROM conversations"_s).toString(), u"Title of c"_s);
    }

    void aNewerDatabaseIsNotTouched()
    {
        QVERIFY(wait(m_store->open()));
        m_store.reset();
        {
            Peek peek(path());
            peek.ask(u"PRAGMA user_version = 99"_s);
            peek.ask(u"PRAGMA wal_checkpoint(TRUNCATE)"_s);
        }
        const QByteArray before = contentOf(path());
        m_store = std::make_unique<Store>(m_folder->path());
        const auto opened = wait(m_store->open());
        QVERIFY(!opened);
        QCOMPARE(opened.error().kind, base::ErrorKind::Storage);
        QVERIFY2(opened.error().message.contains(u"newer Talkbench"_s), qPrintable(opened.error().message));
        const auto saved = wait(m_store->saveConversation(conversation(u"c"_s)));
        QVERIFY(!saved);
        QCOMPARE(wait(m_store->conversations())->size(), 1); // held in memory
        m_store.reset();
        QCOMPARE(contentOf(path()), before);
        QVERIFY(QDir(m_folder->path()).entryList({ u"*unreadable*"_s }).isEmpty());
    }

private:
    QString path() const { return Store::databasePath(m_folder->path()); }

    void restart()
    {
        m_store.reset();
        m_store = std::make_unique<Store>(m_folder->path());
        QVERIFY(wait(m_store->open()));
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Store> m_store;
};

QTEST_GUILESS_MAIN(TestStore)
#include "tst_store.moc"
