#include "ui/chat/composer.h"

#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QInputMethodEvent>
#include <QLabel>
#include <QMimeData>
#include <QSignalSpy>
#include <QTemporaryDir>
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
    void aPressBesideTheTextFocusesIt();
    void picturesAreAddedRemovedAndSent();
    void picturesKeepTheOrderOfChoosing();
    void pastedPicturesAreTaken();
    void pastedEndlessWordsDontFreeze();
    void whatIsNoPictureIsSaid();
    void wordsThatComeWithAPictureStayWords();

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
        QVERIFY2(!button->accessibleName().isEmpty() && !button->toolTip().isEmpty(), qPrintable(button->objectName()));
    QVERIFY(!prompt()->accessibleName().isEmpty());
}

void TestComposer::aPressBesideTheTextFocusesIt()
{
    QVERIFY(QTest::qWaitForWindowActive(m_composer.get()));
    auto *hint = m_composer->findChild<QLabel *>(u"composerHint"_s);
    QWidget *card = hint->parentWidget();
    const auto *send = m_composer->findChild<QToolButton *>(u"send"_s);
    const QPoint free((hint->geometry().right() + send->x()) / 2, card->height() - 3);
    for (const auto &[pressed, where] : { std::pair<QWidget *, QPoint>(hint, hint->rect().center()), { card, free } }) {
        prompt()->clearFocus();
        QVERIFY(!prompt()->hasFocus());
        QTest::mouseClick(pressed, Qt::LeftButton, {}, where);
        QVERIFY(prompt()->hasFocus());
    }
}

namespace {

QString writePicture(const QTemporaryDir &dir, const QString &name)
{
    QImage image(40, 30, QImage::Format_RGB32);
    image.fill(Qt::red);
    const QString path = dir.filePath(name);
    return image.save(path) ? path : QString();
}

} // namespace

void TestComposer::picturesAreAddedRemovedAndSent()
{
    QTemporaryDir dir;
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QMimeData dropped;
    dropped.setUrls({ QUrl::fromLocalFile(writePicture(dir, u"a.png"_s)),
                      QUrl::fromLocalFile(writePicture(dir, u"b.jpg"_s)),
                      QUrl::fromLocalFile(writePicture(dir, u"c.bmp"_s)) });
    QVERIFY(Composer::canTake(dropped));
    m_composer->take(dropped);
    QTRY_COMPARE(m_composer->pictures().size(), 3);
    auto *strip = m_composer->findChild<QWidget *>(u"pictures"_s);
    QVERIFY(strip->isVisible());
    // By mouse and by key.
    QTest::mouseClick(strip->findChildren<QToolButton *>(u"removePicture"_s).last(), Qt::LeftButton);
    QCOMPARE(m_composer->pictures().size(), 2);
    QTest::keyClick(strip->findChildren<QAbstractButton *>(u"picture"_s, Qt::FindDirectChildrenOnly).last(),
                    Qt::Key_Delete);
    QCOMPARE(m_composer->pictures().size(), 1);
    QVERIFY(m_composer->findChild<QToolButton *>(u"send"_s)->isEnabled());
    QTest::keyClick(prompt(), Qt::Key_Return);
    QCOMPARE(sent.count(), 1);
    const auto pictures = sent.first().at(1).value<QList<Picture>>();
    QCOMPARE(pictures.size(), 1);
    QVERIFY(pictures.first().part.mediaType.startsWith(u"image/"_s));
    QVERIFY(!pictures.first().part.data.isEmpty());
    QVERIFY(m_composer->pictures().isEmpty());
    QVERIFY(!strip->isVisible());
}

/// The first one takes far longer to read than those after it.
void TestComposer::picturesKeepTheOrderOfChoosing()
{
    QTemporaryDir dir;
    QImage large(3000, 3000, QImage::Format_RGB32);
    large.fill(Qt::blue);
    const QString first = dir.filePath(u"first.bmp"_s);
    QVERIFY(large.save(first));
    m_composer->addFiles(
        { first, dir.filePath(u"none.png"_s), writePicture(dir, u"second.png"_s), writePicture(dir, u"third.png"_s) });
    QTRY_COMPARE(m_composer->pictures().size(), 3);
    QStringList names;
    for (const Picture &picture : m_composer->pictures())
        names << picture.name;
    QCOMPARE(names, (QStringList { u"first.bmp"_s, u"second.png"_s, u"third.png"_s }));
    QVERIFY(m_composer->findChild<QLabel *>(u"composerNoteText"_s)->text().contains(u"none.png"_s));
    QVERIFY(m_composer->findChild<QToolButton *>(u"send"_s)->isEnabled());
}

void TestComposer::pastedPicturesAreTaken()
{
    QImage image(20, 20, QImage::Format_RGB32);
    image.fill(Qt::blue);
    QApplication::clipboard()->setImage(image);
    QTest::keyClick(prompt(), Qt::Key_V, Qt::ControlModifier);
    QTRY_COMPARE(m_composer->pictures().size(), 1);
    QCOMPARE(m_composer->pictures().first().part.mediaType, u"image/png"_s);
    QVERIFY(!m_composer->pictures().first().thumbnail.isNull());
}

void TestComposer::pastedEndlessWordsDontFreeze()
{
    const auto cost = [this](const QString &text) {
        QApplication::clipboard()->setText(text);
        prompt()->clear();
        QElapsedTimer timer;
        timer.start();
        QTest::keyClick(prompt(), Qt::Key_V, Qt::ControlModifier);
        return timer.nsecsElapsed();
    };
    const qint64 prose = cost(u"prose reads "_s.repeated(20'000));
    QCOMPARE(m_composer->text().size(), 240'000);
    const qint64 word = cost(u"a1b2c3d4e5f6"_s.repeated(20'000));
    QCOMPARE(m_composer->text().size(), 240'000);
    QVERIFY2(word < 12 * prose, qPrintable(u"%1 ns, prose %2 ns"_s.arg(word).arg(prose)));
}

void TestComposer::whatIsNoPictureIsSaid()
{
    QTemporaryDir dir;
    const auto write = [&dir](const QString &name, const QByteArray &bytes) {
        QFile file(dir.filePath(name));
        return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() ? file.fileName() : QString();
    };
    auto *note = m_composer->findChild<QLabel *>(u"composerNoteText"_s);
    const QList<std::pair<QString, QString>> wrong {
        { write(u"notes.png"_s, "these are words"), u"no picture"_s },
        { write(u"damaged.png"_s, "\x89PNG\r\n\x1a\n and then nothing of use"), u"damaged"_s },
        { write(u"large.jpg"_s, "\xff\xd8\xff" + QByteArray(5'000'000, 'x')), u"MB"_s },
        { dir.filePath(u"gone.png"_s), u"can't be read"_s },
        { dir.path(), u"no picture"_s },
    };
    for (const auto &[path, words] : wrong) {
        m_composer->addFiles({ path });
        QTRY_VERIFY2(note->isVisible() && note->text().contains(words), qPrintable(path + u": "_s + note->text()));
        QVERIFY(m_composer->pictures().isEmpty());
        QTest::mouseClick(m_composer->findChild<QToolButton *>(u"composerNoteClose"_s), Qt::LeftButton);
        QVERIFY(!note->isVisible());
    }
    m_composer->addFiles(QStringList(11, writePicture(dir, u"a.png"_s)));
    QVERIFY(note->isVisible());
    QTRY_COMPARE(m_composer->pictures().size(), picturelimits::count);
}

void TestComposer::wordsThatComeWithAPictureStayWords()
{
    auto *copied = new QMimeData;
    copied->setText(u"a cell"_s);
    copied->setImageData(QImage(10, 10, QImage::Format_RGB32));
    QApplication::clipboard()->setMimeData(copied);
    QTest::keyClick(prompt(), Qt::Key_V, Qt::ControlModifier);
    QCOMPARE(m_composer->text(), u"a cell"_s);
    QVERIFY(m_composer->pictures().isEmpty());
}

QTEST_MAIN(TestComposer)
#include "tst_composer.moc"
