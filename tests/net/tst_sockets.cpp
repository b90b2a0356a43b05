#include "core/net/sockets.h"

#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>
#include <QUdpSocket>

namespace {

bool noDelay(QTcpSocket &socket)
{
    return socket.socketOption(QAbstractSocket::LowDelayOption).toInt() != 0;
}

} // namespace

class TestSockets : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void setsNoDelayWhereMeant_data();
    void setsNoDelayWhereMeant();
    void endsWhatIsMeant();
};

void TestSockets::setsNoDelayWhereMeant_data()
{
    QTest::addColumn<QString>("address");
    QTest::newRow("IPv4") << QStringLiteral("127.0.0.1");
    QTest::newRow("IPv6") << QStringLiteral("::1");
}

void TestSockets::setsNoDelayWhereMeant()
{
    QFETCH(QString, address);
    QTcpServer meant;
    QTcpServer other;
    if (!meant.listen(QHostAddress(address)))
        QSKIP("this address family is not here");
    QVERIFY(other.listen(QHostAddress(address)));
    QUdpSocket datagrams;
    QVERIFY(datagrams.bind(QHostAddress(address)));

    QTcpSocket toMeant;
    QTcpSocket toOther;
    toMeant.connectToHost(QHostAddress(address), meant.serverPort());
    toOther.connectToHost(QHostAddress(address), other.serverPort());
    QTRY_VERIFY(meant.hasPendingConnections() && other.hasPendingConnections());
    QTRY_COMPARE(toMeant.state(), QAbstractSocket::ConnectedState);
    QTRY_COMPARE(toOther.state(), QAbstractSocket::ConnectedState);
    QVERIFY(!noDelay(toMeant));

    talkbench::net::setNoDelay({ meant.serverPort(), datagrams.localPort() });
    QVERIFY(noDelay(toMeant));
    QVERIFY(!noDelay(toOther));
    QVERIFY(!noDelay(*meant.nextPendingConnection()));
}

void TestSockets::endsWhatIsMeant()
{
    QTcpServer meant;
    QTcpServer other;
    QVERIFY(meant.listen(QHostAddress::LocalHost) && other.listen(QHostAddress::LocalHost));
    QTcpSocket toMeant;
    QTcpSocket toOther;
    toMeant.connectToHost(QHostAddress::LocalHost, meant.serverPort());
    toOther.connectToHost(QHostAddress::LocalHost, other.serverPort());
    QTRY_VERIFY(meant.hasPendingConnections() && other.hasPendingConnections());
    QTRY_COMPARE(toMeant.state(), QAbstractSocket::ConnectedState);
    QTRY_COMPARE(toOther.state(), QAbstractSocket::ConnectedState);
    QTcpSocket *ended = meant.nextPendingConnection();
    QTcpSocket *kept = other.nextPendingConnection();

    talkbench::net::endConnections(meant.serverPort());
    QTRY_COMPARE(toMeant.state(), QAbstractSocket::UnconnectedState);
    QTRY_COMPARE(ended->state(), QAbstractSocket::UnconnectedState);
    kept->write("still there");
    QTRY_COMPARE(toOther.bytesAvailable(), 11);
}

QTEST_GUILESS_MAIN(TestSockets)
#include "tst_sockets.moc"
