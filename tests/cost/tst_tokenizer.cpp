#include "core/cost/tokenizer.h"

#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <thread>

using namespace talkbench;
using namespace talkbench::cost;
using namespace Qt::StringLiterals;

class TestTokenizer : public QObject {
    Q_OBJECT

private:
    const Tokenizers m_tokenizers;

private Q_SLOTS:
    void equalsTiktoken()
    {
        QFile file(QStringLiteral(SOURCE_DIR "/tests/cost/vectors.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonArray texts = QJsonDocument::fromJson(file.readAll()).object()["texts"_L1].toArray();
        QVERIFY(texts.size() > 20);
        for (const auto &value : texts) {
            const QString text = value.toObject()["text"_L1].toString();
            for (const Encoding encoding : { Encoding::O200k, Encoding::Cl100k }) {
                QList<quint32> expected;
                const QJsonArray ids = value.toObject()[encodingName(encoding)].toArray();
                for (const auto &id : ids)
                    expected.append(static_cast<quint32>(id.toInt()));
                const Tokenizer &tokenizer = m_tokenizers.get(encoding);
                QVERIFY2(tokenizer.encode(text) == expected, qPrintable(encodingName(encoding) + u": "_s + text));
                QCOMPARE(tokenizer.count(text), expected.size());
            }
        }
    }

    void readsALoneSurrogateAsAReplacementCharacter()
    {
        const Tokenizer &tokenizer = m_tokenizers.get(Encoding::O200k);
        const QString broken = u"a"_s + QChar(0xd83d) + u"b"_s + QChar(0xde00);
        QCOMPARE(tokenizer.encode(broken), tokenizer.encode(u"a\ufffdb\ufffd"));
    }

    /// What grows with the square would take minutes for each.
    void hostileTextsTakeNoMinutes_data()
    {
        QTest::addColumn<QString>("text");
        constexpr qsizetype size = 60'000;
        QTest::newRow("one letter") << QString(size, u'a');
        QTest::newRow("one capital") << QString(size, u'A');
        QTest::newRow("one ideograph") << QString(size, u'中');
        QTest::newRow("spaces") << QString(size, u' ');
        QTest::newRow("a line break, then spaces") << u"\n"_s + QString(size, u' ') + u"x"_s;
        QTest::newRow("line breaks") << QString(size, u'\n');
        QTest::newRow("a mark before capitals") << u"\u0301"_s + QString(size, u'Q');
        QTest::newRow("punctuation") << QString(size, u'!');
        QTest::newRow("apostrophes and capitals") << u"'A\u02b0"_s.repeated(size / 3);
    }

    void hostileTextsTakeNoMinutes()
    {
        QFETCH(QString, text);
        for (const Encoding encoding : { Encoding::O200k, Encoding::Cl100k }) {
            const Tokenizer &tokenizer = m_tokenizers.get(encoding);
            QElapsedTimer timer;
            timer.start();
            const qint64 tokens = tokenizer.count(text);
            QVERIFY(tokens > 0);
            QVERIFY(tokens <= text.size() * 3);
            QVERIFY2(timer.elapsed() < 20'000, qPrintable(u"%1 ms"_s.arg(timer.elapsed())));
        }
    }

    /// A long word is merged by another algorithm than a short one.
    void mergesLongWordsAsShortOnes()
    {
        const Tokenizer &tokenizer = m_tokenizers.get(Encoding::O200k);
        const QString word = u"qzxjvkwqpaeioubcdfgh"_s;
        QString text;
        while (text.size() < 400) {
            text += word.first(1 + text.size() % word.size());
            const QByteArray bytes = text.toLatin1();
            QCOMPARE(naive(bytes), tokenizer.encode(text).size());
        }
    }

    void loadsOnceForAllThreads()
    {
        const Tokenizers tokenizers;
        std::array<const Tokenizer *, 4> seen {};
        std::array<std::thread, 4> threads;
        for (std::size_t i = 0; i < threads.size(); ++i)
            threads[i] = std::thread([&, i] { seen[i] = &tokenizers.get(Encoding::Cl100k); });
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(std::count(seen.begin(), seen.end(), seen.front()), 4);
    }

    void namesAreTiktokens()
    {
        QCOMPARE(encodingNames(), QStringList({ u"o200k_base"_s, u"cl100k_base"_s }));
        QVERIFY(encodingFromName(u"cl100k_base"_s) == Encoding::Cl100k);
        QVERIFY(!encodingFromName(u"p50k_base"_s));
    }

private:
    /// Merging as its definition says it.
    qsizetype naive(const QByteArray &bytes) const
    {
        QFile file(u":/tokenizers/o200k_base.ranks"_s);
        static const QByteArray data = file.open(QIODevice::ReadOnly) ? qUncompress(file.readAll()) : QByteArray();
        static const Vocabulary vocabulary(data, 199'998);
        QByteArrayList parts;
        for (const char byte : bytes)
            parts.append(QByteArray(1, byte));
        for (;;) {
            qsizetype best = -1;
            Vocabulary::Rank lowest = Vocabulary::none;
            for (qsizetype i = 0; i + 1 < parts.size(); ++i) {
                if (const Vocabulary::Rank rank = vocabulary.find(parts[i] + parts[i + 1]); rank < lowest) {
                    lowest = rank;
                    best = i;
                }
            }
            if (best < 0)
                return parts.size();
            parts[best] += parts.takeAt(best + 1);
        }
    }
};

QTEST_GUILESS_MAIN(TestTokenizer)
#include "tst_tokenizer.moc"
