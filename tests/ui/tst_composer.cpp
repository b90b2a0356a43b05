#include "ui/chat/composer.h"

#include <QInputMethodEvent>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class TestComposer final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void enterSends();
    void shiftEnterBreaks();
    void ctrlEnterWhereSoConfigured();
    void neverSendsWhileComposing();
    void emptyIsNotSent();
    void upInEmptyRecalls();
    void sendsNothingWhileGenerating();
    void growsWithItsLines();
    void everyControlHasItsName();

private:
    PromptEdit *prompt() const { return m_composer->findChild<PromptEdit *>(u"prompt"_s); }
    std::unique_ptr<Composer> m_composer;
};

void TestComposer::init()
{
    m_composer = std::make_unique<Composer>();
    m_composer->resize(700, 200);
    m_composer->show();
    prompt()->setFocus();
}

void TestComposer::cleanup()
{
    m_composer.reset();
}

void TestComposer::enterSends()
{
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QTest::keyClicks(prompt(), u"hello"_s);
    QTest::keyClick(prompt(), Qt::Key_Return);
    QCOMPARE(sent.count(), 1);
    QCOMPARE(sent.first().first().toString(), u"hello"_s);
    QVERIFY(m_composer->text().isEmpty());
}

void TestComposer::shiftEnterBreaks()
{
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QTest::keyClicks(prompt(), u"one"_s);
    QTest::keyClick(prompt(), Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClicks(prompt(), u"two"_s);
    QCOMPARE(sent.count(), 0);
    QCOMPARE(m_composer->text(), u"one\ntwo"_s);
}

void TestComposer::ctrlEnterWhereSoConfigured()
{
    m_composer->setSendKey(PromptEdit::SendKey::CtrlEnter);
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QTest::keyClicks(prompt(), u"one"_s);
    QTest::keyClick(prompt(), Qt::Key_Return);
    QCOMPARE(sent.count(), 0);
    QTest::keyClick(prompt(), Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(sent.count(), 1);
}

void TestComposer::neverSendsWhileComposing()
{
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QTest::keyClicks(prompt(), u"a"_s);
    QInputMethodEvent composing(u"にほ"_s, {});
    QCoreApplication::sendEvent(prompt(), &composing);
    QTest::keyClick(prompt(), Qt::Key_Return);
    QCOMPARE(sent.count(), 0);
    QInputMethodEvent committed(QString(), {});
    committed.setCommitString(u"日本"_s);
    QCoreApplication::sendEvent(prompt(), &committed);
    QTest::keyClick(prompt(), Qt::Key_Return);
    QCOMPARE(sent.count(), 1);
    QVERIFY(sent.first().first().toString().contains(u"日本"_s));
}

void TestComposer::emptyIsNotSent()
{
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QTest::keyClicks(prompt(), u"   "_s);
    QTest::keyClick(prompt(), Qt::Key_Return);
    QCOMPARE(sent.count(), 0);
    QVERIFY(!m_composer->findChild<QToolButton *>(u"send"_s)->isEnabled());
}

void TestComposer::upInEmptyRecalls()
{
    QSignalSpy recalled(m_composer.get(), &Composer::recallRequested);
    QTest::keyClick(prompt(), Qt::Key_Up);
    QCOMPARE(recalled.count(), 1);
    QTest::keyClicks(prompt(), u"x"_s);
    QTest::keyClick(prompt(), Qt::Key_Up);
    QCOMPARE(recalled.count(), 1);
}

void TestComposer::sendsNothingWhileGenerating()
{
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QSignalSpy stopped(m_composer.get(), &Composer::stopRequested);
    m_composer->setGenerating(true);
    QTest::keyClicks(prompt(), u"next"_s);
    QTest::keyClick(prompt(), Qt::Key_Return);
    QCOMPARE(sent.count(), 0);
    QCOMPARE(m_composer->text(), u"next"_s);
    QTest::mouseClick(m_composer->findChild<QToolButton *>(u"send"_s), Qt::LeftButton);
    QCOMPARE(stopped.count(), 1);
    QTest::keyClick(prompt(), Qt::Key_Escape);
    QCOMPARE(stopped.count(), 2);
}

void TestComposer::growsWithItsLines()
{
    const int one = prompt()->height();
    m_composer->setText(u"1\n2\n3\n4"_s);
    QVERIFY(prompt()->height() > one * 2);
    const int four = prompt()->height();
    m_composer->setText(u"x\n"_s.repeated(100));
    QVERIFY(prompt()->height() < four * 5);
    m_composer->setText({});
    QCOMPARE(prompt()->height(), one);
}

void TestComposer::everyControlHasItsName()
{
    const auto buttons = m_composer->findChildren<QToolButton *>();
    QVERIFY(!buttons.isEmpty());
    for (const QToolButton *button : buttons)
        QVERIFY(!button->accessibleName().isEmpty() && !button->toolTip().isEmpty());
    QVERIFY(!prompt()->accessibleName().isEmpty());
}

QTEST_MAIN(TestComposer)
#include "tst_composer.moc"
