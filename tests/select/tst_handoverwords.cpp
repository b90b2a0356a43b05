#include "core/select/handoverwords.h"

#include <QTest>

using namespace talkbench;
using namespace talkbench::select;
using namespace Qt::StringLiterals;
using base::ErrorKind;
using profile::Decision;
using profile::Handover;

namespace {

QString nameOf(const QString &id)
{
    return id == u"openai-2"_s ? u"OpenAI"_s : id == u"anthropic"_s ? u"Anthropic"_s : id;
}

Decision fallback(ErrorKind kind, const QString &to = {}, const QString &reason = {})
{
    return { u"fallback"_s, reason, Handover { u"openai-2/gpt"_s, to, kind } };
}

} // namespace

class TestHandoverWords final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void says_data()
    {
        QTest::addColumn<Decision>("step");
        QTest::addColumn<QString>("words");
        const QString next = u"anthropic/claude/x"_s;
        QTest::newRow("the next is asked") << fallback(ErrorKind::RateLimited, next)
                                           << u"gpt of OpenAI is rate limited: asking claude/x of Anthropic instead"_s;
        QTest::newRow("beside it") << Decision {
            u"hedge"_s, {}, Handover { u"openai-2/gpt"_s, next, {}, 1200 }
        } << u"gpt of OpenAI has said nothing for 1.2 s: asking claude/x of Anthropic beside it"_s;
        QTest::newRow("nobody is left") << fallback(ErrorKind::Overloaded)
                                        << u"gpt of OpenAI is overloaded: no other model is left to ask"_s;
        QTest::newRow("no longer one")
            << fallback(ErrorKind::ContextTooLong)
            << u"the prompt is too long for gpt of OpenAI: no model with a longer context is left"_s;
        QTest::newRow("a key")
            << fallback(ErrorKind::Auth)
            << u"gpt of OpenAI refuses the key: no other provider is left to ask, the key needs mending"_s;
        QTest::newRow("no use") << fallback(ErrorKind::InvalidRequest)
                                << u"gpt of OpenAI does not accept the request: another model would not mend that"_s;
        QTest::newRow("not to be reached") << fallback(ErrorKind::Config, {}, u"There is no such provider."_s)
                                           << u"gpt of OpenAI can't be asked: There is no such provider."_s;
        QTest::newRow("kept as words") << Decision { u"fallback"_s, u"server at p/m: trying q/n"_s }
                                       << u"server at p/m: trying q/n"_s;
    }

    void says()
    {
        QFETCH(Decision, step);
        QTEST(inWords(step, nameOf), "words");
    }

    void withoutNamesTheIdsStand()
    {
        QCOMPARE(inWords(fallback(ErrorKind::Server, u"q/n"_s)),
                 u"openai-2/gpt has trouble on its side: asking q/n instead"_s);
    }

    void onlyHandoversAreTold()
    {
        const QList<Decision> decisions { { u"cache"_s, u"miss"_s }, fallback(ErrorKind::Server, u"q/n"_s) };
        QCOMPARE(handoversInWords(decisions).size(), 1);
        QVERIFY(handoversInWords({ { u"retry"_s, u"again"_s } }).isEmpty());
    }

    /// No kind falls back on "can't be asked" but those of this machine.
    void everyKindHasWords()
    {
        for (int i = 0; i < static_cast<int>(ErrorKind::Cancelled); ++i) {
            const auto kind = static_cast<ErrorKind>(i);
            const QString words = inWords(fallback(kind, u"q/n"_s));
            QVERIFY2(!words.contains(u"can't be asked"_s) && words.contains(u"openai-2/gpt"_s), qPrintable(words));
        }
    }
};

QTEST_GUILESS_MAIN(TestHandoverWords)
#include "tst_handoverwords.moc"
