#include "core/base/language.h"

#include <QTest>

using namespace talkbench;
using namespace Qt::StringLiterals;

class TestLanguage final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tells_data()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("text");
        const auto row = [](const char *language, const QString &text) {
            QTest::addRow("%s: %s", language, qPrintable(text.left(24).simplified()))
                << QString::fromLatin1(language) << text;
        };
        // Answers.
        row("en", u"The answer is that you have to do it with what is there."_s);
        row("de", u"Die Antwort ist, dass man es mit dem tun muss, was da ist, und nicht mehr."_s);
        row("fr", u"La réponse est que vous avez à le faire avec ce qui est dans les mains."_s);
        row("es", u"La respuesta es que lo tienes que hacer con lo que está en las manos y no más."_s);
        row("it", u"La risposta è che si deve fare con il poco che è nelle mani, anche se non è più di questo."_s);
        row("pt", u"A resposta é que você não tem de fazer mais do que está em suas mãos, como uma boa pessoa."_s);
        row("nl", u"Het antwoord is dat je het met de dingen moet doen die er zijn, en niet met meer."_s);
        row("sv", u"Svaret är att du måste göra det med det som finns, och inte med något annat."_s);
        row("da", u"Svaret er at du skal gøre det med det der er, og ikke med noget andet."_s);
        row("pl", u"To jest odpowiedź, która się nie zmienia, bo jak już wiemy, tak jest od dawna."_s);
        row("tr", u"Bu çok güzel bir soru ve cevap her zaman olduğu gibi kolay değil."_s);
        row("vi", u"Đây là một câu trả lời không có gì khó và được viết cho bạn."_s);
        row("ru", u"Ответ в том, что это не так просто, как он думал, и мы все это знаем."_s);
        row("uk", u"Відповідь у тому, що це не так просто, як він думав, і ми всі це знаємо."_s);
        row("bg", u"Отговорът е, че това не е толкова просто, както той мислеше, и ще се види."_s);
        row("ja", u"これは日本語の文章です。漢字も使われています。"_s);
        row("zh", u"这是一个用中文写的句子,没有别的文字。"_s);
        row("ko", u"이것은 한국어로 쓰인 문장입니다."_s);
        row("el", u"Αυτή είναι μια πρόταση στα ελληνικά."_s);
        // Questions, shorter.
        row("en", u"What is the capital of France and how do I get there?"_s);
        row("en", u"Who are you?"_s);
        row("de", u"Was ist die Hauptstadt von Frankreich und wie komme ich mit dem Zug hin?"_s);
        row("de", u"Wie geht es dir?"_s);
        row("fr", u"Quelle est la capitale de la France et comment y aller avec le train ?"_s);
        row("es", u"¿Cuál es la capital de Francia y cómo llego con el tren?"_s);
        row("ja", u"フランスの首都はどこですか"_s);
        row("zh", u"法国的首都是哪里"_s);
        row("ko", u"프랑스의 수도는 어디입니까"_s);
        row("ru", u"Какая столица Франции?"_s);
        row("uk", u"Яка столиця Франції?"_s);
        row("ar", u"ما هي عاصمة فرنسا؟"_s);
        row("fa", u"پایتخت فرانسه چیست؟"_s);
        // The prose tells, not the code.
        row("de", u"Das ist der Code:\n```\nfor the and of to is that\n```\nund er ist nicht lang."_s);
        // Nothing tells.
        row("", u"```\nthe and of to is that\n```\n1 2 3"_s);
        row("", u"OK"_s);
        row("", u"Zxqw"_s);
        row("", u"Људи"_s);
        row("", u"42"_s);
        row("", QString());
    }

    void tells()
    {
        QFETCH(QString, language);
        QFETCH(QString, text);
        QCOMPARE(base::languageOf(text), language);
        QVERIFY(language.isEmpty() || base::knownLanguages().contains(language));
    }

    void longTextsCostLittle()
    {
        QCOMPARE(base::languageOf(QString(5'000'000, u'`')), QString());
        QCOMPARE(base::languageOf(u"der die und das ist nicht "_s + QString(5'000'000, u'x')), u"de"_s);
    }
};

QTEST_GUILESS_MAIN(TestLanguage)
#include "tst_language.moc"
