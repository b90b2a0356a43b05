#include "app/commands/lineinput.h"

#include <QTest>

#include <array>
#include <fcntl.h>

using namespace talkbench;
using namespace talkbench::app;
using namespace Qt::StringLiterals;

class TestLineInput : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QCOMPARE(::pipe(m_pipe.data()), 0);
        QVERIFY(::fcntl(m_pipe[0], F_SETFL, O_NONBLOCK) != -1);
        m_input = std::make_unique<LineInput>(bench::PromptFormat::Text, m_pattern, m_pipe[0]);
    }
    void cleanup()
    {
        ::close(m_pipe[0]);
        closeWriter();
    }

    /// A pipe that somebody set not to block says so by an error.
    void nothingYetIsNoEnd()
    {
        QVERIFY(m_input->read().isEmpty());
        QVERIFY(!m_input->ended());
        say("first\nsec");
        QCOMPARE(texts(), QStringList(u"first"_s));
        QVERIFY(m_input->read().isEmpty());
        QVERIFY(!m_input->ended());
        say("ond\n\nthird");
        QCOMPARE(texts(), QStringList(u"second"_s));
        closeWriter();
        QCOMPARE(texts(), QStringList(u"third"_s));
        QVERIFY(m_input->ended());
        QVERIFY(!m_input->error());
    }

    void aReadThatFailsIsAnError()
    {
        LineInput closed(bench::PromptFormat::Text, m_pattern, -1);
        QVERIFY(closed.read().isEmpty());
        QVERIFY(closed.ended());
        QVERIFY(closed.error());
    }

    void aLineIsBounded()
    {
        const QByteArray piece(4096, 'x');
        for (qsizetype size = 0; size <= LineInput::longestLine; size += piece.size()) {
            QVERIFY(!m_input->ended());
            say(piece);
            QVERIFY(m_input->read().isEmpty());
        }
        QVERIFY(m_input->ended());
        QVERIFY(m_input->error()->message.contains(u"Line 1"_s));
    }

private:
    void say(const QByteArray &bytes)
    {
        QCOMPARE(::write(m_pipe[1], bytes.constData(), static_cast<std::size_t>(bytes.size())), bytes.size());
    }
    void closeWriter()
    {
        if (m_pipe[1] >= 0)
            ::close(std::exchange(m_pipe[1], -1));
    }
    QStringList texts()
    {
        QStringList texts;
        const QList<bench::BatchPrompt> prompts = m_input->read();
        for (const bench::BatchPrompt &prompt : prompts)
            texts << prompt.text;
        return texts;
    }

    const bench::PromptTemplate m_pattern { QString() };
    std::array<int, 2> m_pipe {};
    std::unique_ptr<LineInput> m_input;
};

QTEST_GUILESS_MAIN(TestLineInput)

#include "tst_lineinput.moc"
