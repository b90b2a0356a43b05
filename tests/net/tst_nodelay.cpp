#include "core/net/nodelay.h"

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

class TestNoDelay : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void setsWhatWasMeant_data();
    void setsWhatWasMeant();
};

void TestNoDelay::setsWhatWasMeant_data()
{
    QTest::addColumn<QString>("address");
    QTest::newRow("IPv4") << QStringLiteral("127.0.0.1");
    QTest::newRow("IPv6") << QStringLiteral("::1");
}

void TestNoDelay::setsWhatWasMeant()
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

QTEST_GUILESS_MAIN(TestNoDelay)
#include "tst_nodelay.moc"
